package detangle.runtime;

import detangle.backend.InputException;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.OutputNames;
import detangle.models.deberta.ProblemType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;

/**
 * The losses of a batch that a model has run, from the head's outputs and the labels that the caller gives. Labels are
 * checked here; what a loss is, {@link HeadLosses} says as a program, which is interpreted in double precision.
 */
public final class BatchLoss {
    private final Architecture head;
    private final DebertaConfig config;
    private final Map<String, Tensor> outputs;
    private final Map<String, Tensor> inputs;
    private final Map<String, Tensor> labels;

    private BatchLoss(
            Architecture head,
            DebertaConfig config,
            Map<String, Tensor> outputs,
            Map<String, Tensor> inputs,
            Map<String, Tensor> labels) {
        this.head = head;
        this.config = config;
        this.outputs = outputs;
        this.inputs = inputs;
        this.labels = labels;
    }

    /**
     * Returns the losses of a batch; empty if the labels that the head needs are not there. There is always {@code
     * loss}, a scalar; not a number where no position counts, as in PyTorch, but for sequence classification, where it
     * is 0.
     *
     * <p>With {@link Architecture#MASKED_LM_EMD}, whose labels count where they are above 0, there are also {@code
     * emd_logits_at_labels [M,V]} and {@code loss_per_label [M]} for the M positions that count, row by row; with
     * {@link Architecture#REPLACED_TOKEN_DETECTION}, whose labels are the original tokens, {@code loss_per_token} for
     * the positions that are not padding.
     *
     * @param outputs of the head
     * @param inputs of the run that gave them
     * @param labels {@code labels}, or {@code start_positions} and {@code end_positions}
     * @throws InputException if labels do not go with the outputs
     */
    public static SequencedMap<String, Tensor> of(
            Architecture head,
            DebertaConfig config,
            Map<String, Tensor> outputs,
            Map<String, Tensor> inputs,
            Map<String, Tensor> labels) {
        return new BatchLoss(head, config, outputs, inputs, labels).losses();
    }

    private SequencedMap<String, Tensor> losses() {
        boolean answers = head == Architecture.QUESTION_ANSWERING;
        boolean labelled = answers
                ? labels.containsKey(InputNames.START_POSITIONS) && labels.containsKey(InputNames.END_POSITIONS)
                : labels.containsKey(InputNames.LABELS) && outputs.containsKey(OutputNames.LOGITS);
        if (!labelled) {
            return new LinkedHashMap<>();
        }
        return switch (head) {
            case ENCODER -> new LinkedHashMap<>();
            case SEQUENCE_CLASSIFICATION -> only(sequences());
            case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE ->
                only(run(false, logits(), classes(label -> label != HeadLosses.IGNORED)));
            case MASKED_LM -> only(maskedLm(label -> label != HeadLosses.IGNORED));
            case MASKED_LM_EMD -> enhancedMaskDecoder();
            case QUESTION_ANSWERING -> only(answers());
            case REPLACED_TOKEN_DETECTION -> replacedTokens();
        };
    }

    private static SequencedMap<String, Tensor> only(Map<String, Tensor> losses) {
        SequencedMap<String, Tensor> results = new LinkedHashMap<>();
        results.put(HeadLosses.LOSS, losses.get(HeadLosses.LOSS));
        return results;
    }

    private Tensor logits() {
        return outputs.get(OutputNames.LOGITS);
    }

    private Map<String, Tensor> run(boolean perClass, Tensor logits, Tensor wanted) {
        return run(perClass, Map.of(OutputNames.LOGITS, logits, InputNames.LABELS, wanted));
    }

    private Map<String, Tensor> run(boolean perClass, Map<String, Tensor> values) {
        Program program = HeadLosses.program(head, config, perClass).orElseThrow();
        Map<String, Tensor> results = new HashMap<>();
        new Interpreter(Precision.F64)
                .run(program, values)
                .forEach((name, exact) ->
                        results.put(name, Tensor.ofDoubles(DType.F32, exact.toDoubles(), exact.shape())));
        return results;
    }

    private static InputException mismatch(Tensor logits, Tensor labels) {
        return new InputException("labels are " + labels.type() + ", but the logits are " + logits.type());
    }

    /** Returns labels without fractions, which have one less axis than the logits. */
    private static Tensor whole(Tensor labels, long[] shape) {
        for (long i = 0; i < labels.elements(); i++) {
            if (labels.getDouble(i) != labels.getLong(i)) {
                throw new InputException(
                        "label " + labels.getDouble(i) + " is not a whole number, so it is not a class");
            }
        }
        return Tensor.of(labels.toLongs(), shape);
    }

    private static long[] rows(Tensor logits) {
        return Arrays.copyOf(logits.shape(), logits.rank() - 1);
    }

    /** Returns a class for each row of the logits; those that count are classes that there are. */
    private Tensor classes(LongPredicate counts) {
        Tensor given = labels.get(InputNames.LABELS);
        Tensor logits = logits();
        long labelCount = logits.dim(-1);
        if (given.elements() * labelCount != logits.elements()) {
            throw mismatch(logits, given);
        }
        Tensor classes = whole(given, rows(logits));
        for (long i = 0; i < classes.elements(); i++) {
            long label = classes.getLong(i);
            if (counts.test(label) && (label < 0 || label >= labelCount)) {
                throw new InputException("label " + label + " is outside the " + labelCount + " labels");
            }
        }
        return classes;
    }

    private Map<String, Tensor> sequences() {
        Tensor logits = logits();
        Tensor given = labels.get(InputNames.LABELS);
        boolean oneClass = logits.dim(1) == 1;
        boolean perClass = given.elements() == logits.elements() && (given.rank() == 2 || oneClass);
        boolean single = config.problemType() == ProblemType.SINGLE_LABEL_CLASSIFICATION;
        if (single && (!perClass || oneClass)) {
            return run(false, logits, classes(label -> label >= 0));
        }
        if (!perClass) {
            throw mismatch(logits, given);
        }
        return run(true, logits, Tensor.ofDoubles(DType.F32, given.toDoubles(), logits.shape()));
    }

    private Map<String, Tensor> answers() {
        Tensor logits = outputs.get(OutputNames.START_LOGITS);
        Map<String, Tensor> values = new HashMap<>();
        for (String name : new String[] {InputNames.START_POSITIONS, InputNames.END_POSITIONS}) {
            Tensor positions = labels.get(name);
            if (positions.elements() != logits.dim(0)) {
                throw mismatch(logits, positions);
            }
            values.put(name, whole(positions, rows(logits)));
        }
        values.put(OutputNames.START_LOGITS, logits);
        values.put(OutputNames.END_LOGITS, outputs.get(OutputNames.END_LOGITS));
        return run(false, values);
    }

    /** Returns the rows that count alone: a vocabulary is large, and few positions are masked. */
    private Map<String, Tensor> maskedLm(LongPredicate counts) {
        Tensor classes = classes(counts);
        int[] rows = IntStream.range(0, Math.toIntExact(classes.elements()))
                .filter(i -> counts.test(classes.getLong(i)))
                .toArray();
        Tensor logits = logits();
        int vocabulary = Math.toIntExact(logits.dim(-1));
        float[] picked = new float[Math.multiplyExact(rows.length, vocabulary)];
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < vocabulary; i++) {
                picked[row * vocabulary + i] = (float) logits.getDouble((long) rows[row] * vocabulary + i);
            }
        }
        long[] wanted = Arrays.stream(rows).mapToLong(classes::getLong).toArray();
        Map<String, Tensor> values = new HashMap<>();
        values.put(OutputNames.LOGITS, Tensor.of(picked, rows.length, vocabulary));
        values.put(InputNames.LABELS, Tensor.of(wanted, rows.length));
        values.putAll(run(false, values));
        return values;
    }

    private SequencedMap<String, Tensor> enhancedMaskDecoder() {
        Map<String, Tensor> values = maskedLm(label -> label > 0);
        SequencedMap<String, Tensor> results = only(values);
        results.put("emd_logits_at_labels", values.get(OutputNames.LOGITS));
        results.put("loss_per_label", values.get(HeadLosses.LOSSES));
        return results;
    }

    private SequencedMap<String, Tensor> replacedTokens() {
        Tensor logits = logits();
        Tensor mask = inputs.get(InputNames.MASK);
        Tensor originals = labels.get(InputNames.LABELS);
        if (originals.elements() != logits.elements() || mask.elements() != logits.elements()) {
            throw mismatch(logits, originals);
        }
        Map<String, Tensor> losses = run(
                false,
                Map.of(
                        OutputNames.LOGITS,
                        logits,
                        InputNames.LABELS,
                        Tensor.of(originals.toLongs(), logits.shape()),
                        InputNames.IDS,
                        inputs.get(InputNames.IDS),
                        InputNames.MASK,
                        mask));
        Tensor all = losses.get(HeadLosses.LOSSES);
        double[] ofTokens = IntStream.range(0, Math.toIntExact(mask.elements()))
                .filter(i -> mask.getLong(i) != 0)
                .mapToDouble(all::getDouble)
                .toArray();
        SequencedMap<String, Tensor> results = only(losses);
        results.put("loss_per_token", Tensor.ofDoubles(DType.F32, ofTokens, ofTokens.length));
        return results;
    }
}
