package detangle.runtime;

import detangle.backend.InputException;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.ProblemType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The losses of {@link BatchLoss} as loops over doubles, written independently of it: what a test compares it with. */
final class LossLoops {
    /** PyTorch's cross entropy passes over this label. */
    private static final long IGNORED = -100;

    private LossLoops() {}

    /**
     * The losses of a batch; empty if the labels that the head needs are not there. There is always {@code loss}, a
     * scalar; not a number where no position counts, as in PyTorch, but for sequence classification, where it is 0.
     *
     * <p>With {@link Architecture#MASKED_LM_EMD}, whose labels count where they are above 0, there are also
     * {@code emd_logits_at_labels [M,V]} and {@code loss_per_label [M]} for the M positions that count, row by row;
     * with {@link Architecture#REPLACED_TOKEN_DETECTION}, whose labels are the original tokens, {@code loss_per_token}
     * for the positions that are not padding.
     *
     * @param outputs of the head
     * @param inputs of the run that gave them
     * @param labels {@code labels}, or {@code start_positions} and {@code end_positions}
     * @throws InputException if labels do not go with the outputs
     */
    static SequencedMap<String, Tensor> of(
            Architecture head,
            DebertaConfig config,
            Map<String, Tensor> outputs,
            Map<String, Tensor> inputs,
            Map<String, Tensor> labels) {
        if (head == Architecture.QUESTION_ANSWERING) {
            Optional<Tensor> starts = Optional.ofNullable(labels.get("start_positions"));
            Optional<Tensor> ends = Optional.ofNullable(labels.get("end_positions"));
            return starts.isPresent() && ends.isPresent()
                    ? only(questionAnswering(outputs, starts.get(), ends.get()))
                    : new LinkedHashMap<>();
        }
        Optional<Tensor> given = Optional.ofNullable(labels.get("labels"));
        Optional<Tensor> scores = Optional.ofNullable(outputs.get("logits"));
        if (given.isEmpty() || scores.isEmpty()) {
            return new LinkedHashMap<>();
        }
        Tensor logits = scores.get();
        return switch (head) {
            case ENCODER, QUESTION_ANSWERING -> new LinkedHashMap<>();
            case SEQUENCE_CLASSIFICATION -> only(sequenceClassification(logits, given.get(), config.problemType()));
            case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE, MASKED_LM ->
                only(mean(crossEntropies(logits, classes(logits, given.get()), label -> label != IGNORED)));
            case MASKED_LM_EMD -> enhancedMaskDecoder(logits, given.get());
            case REPLACED_TOKEN_DETECTION -> replacedTokenDetection(logits, given.get(), inputs);
        };
    }

    private static SequencedMap<String, Tensor> only(double loss) {
        SequencedMap<String, Tensor> losses = new LinkedHashMap<>();
        losses.put("loss", Tensor.of(new float[] {(float) loss}));
        return losses;
    }

    private static double mean(double[] losses) {
        return Arrays.stream(losses).average().orElse(Double.NaN);
    }

    private static Tensor floats(double[] values, long... shape) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return Tensor.of(floats, shape);
    }

    /** A label for each row of the logits. */
    private static long[] classes(Tensor logits, Tensor labels) {
        if (labels.elements() * logits.dim(-1) != logits.elements()) {
            throw mismatch(logits, labels);
        }
        return whole(labels);
    }

    /** Class indices, which have no fractions. */
    private static long[] whole(Tensor labels) {
        for (long i = 0; i < labels.elements(); i++) {
            if (labels.getDouble(i) != labels.getLong(i)) {
                throw new InputException(
                        "label " + labels.getDouble(i) + " is not a whole number, so it is not a class");
            }
        }
        return labels.toLongs();
    }

    private static InputException mismatch(Tensor logits, Tensor labels) {
        return new InputException("labels are " + labels.type() + ", but the logits are " + logits.type());
    }

    /**
     * The loss of sequence classification: mean squared error for regression, cross entropy over the labels that are
     * not negative, or over soft labels, or binary cross entropy for several labels at once.
     *
     * @param logits {@code [B,L]}
     * @param labels {@code [B]}, class indices or values; or {@code [B,L]}, a distribution or values for each label
     */
    private static double sequenceClassification(Tensor logits, Tensor labels, ProblemType type) {
        int batch = Math.toIntExact(logits.dim(0));
        int classes = Math.toIntExact(logits.dim(1));
        boolean perClass = labels.elements() == (long) batch * classes && (labels.rank() == 2 || classes == 1);
        if (!perClass && (labels.elements() != batch || type == ProblemType.MULTI_LABEL_CLASSIFICATION)) {
            throw mismatch(logits, labels);
        }
        return switch (type) {
            case REGRESSION -> meanSquaredError(logits, labels);
            case SINGLE_LABEL_CLASSIFICATION -> {
                if (perClass && classes > 1) {
                    yield softCrossEntropy(logits, labels, batch, classes);
                }
                double[] counted = crossEntropies(logits, whole(labels), label -> label >= 0);
                yield counted.length == 0 ? 0 : mean(counted);
            }
            case MULTI_LABEL_CLASSIFICATION ->
                mean(IntStream.range(0, Math.toIntExact(logits.elements()))
                        .mapToDouble(i -> binaryCrossEntropy(logits.getDouble(i), labels.getDouble(i)))
                        .toArray());
        };
    }

    private static double meanSquaredError(Tensor logits, Tensor labels) {
        double sum = 0;
        for (int i = 0; i < logits.elements(); i++) {
            double d = logits.getDouble(i) - labels.getDouble(i);
            sum += d * d;
        }
        return sum / logits.elements();
    }

    private static double logSumExp(Tensor logits, long row, int classes) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < classes; i++) {
            max = Math.max(max, logits.getDouble(row * classes + i));
        }
        double sum = 0;
        for (int i = 0; i < classes; i++) {
            sum += Math.exp(logits.getDouble(row * classes + i) - max);
        }
        return max + Math.log(sum);
    }

    /** The cross entropy of each row whose label counts. */
    private static double[] crossEntropies(Tensor logits, long[] labels, LongPredicate counts) {
        int classes = Math.toIntExact(logits.dim(-1));
        return IntStream.range(0, labels.length)
                .filter(row -> counts.test(labels[row]))
                .mapToDouble(row -> {
                    long label = labels[row];
                    if (label < 0 || label >= classes) {
                        throw new InputException("label " + label + " is outside the " + classes + " labels");
                    }
                    return logSumExp(logits, row, classes) - logits.getDouble((long) row * classes + label);
                })
                .toArray();
    }

    private static double softCrossEntropy(Tensor logits, Tensor labels, int batch, int classes) {
        double sum = 0;
        for (int row = 0; row < batch; row++) {
            double normaliser = logSumExp(logits, row, classes);
            for (int i = 0; i < classes; i++) {
                long at = (long) row * classes + i;
                sum += labels.getDouble(at) * (normaliser - logits.getDouble(at));
            }
        }
        return sum / batch;
    }

    /** Of a logit and the probability wanted. */
    private static double binaryCrossEntropy(double x, double label) {
        return Math.max(x, 0) - x * label + Math.log1p(Math.exp(-Math.abs(x)));
    }

    /** Positions outside the sequence are moved to its ends; the one behind the last does not count. */
    private static double questionAnswering(Map<String, Tensor> outputs, Tensor starts, Tensor ends) {
        Tensor startLogits = outputs.get("start_logits");
        Tensor endLogits = outputs.get("end_logits");
        return (position(startLogits, starts) + position(endLogits, ends)) / 2;
    }

    private static double position(Tensor logits, Tensor positions) {
        long length = logits.dim(1);
        long[] clamped = LongStream.of(classes(logits, positions))
                .map(p -> Math.clamp(p, 0, length))
                .toArray();
        return mean(crossEntropies(logits, clamped, p -> p != length));
    }

    private static SequencedMap<String, Tensor> enhancedMaskDecoder(Tensor logits, Tensor labels) {
        long[] tokens = classes(logits, labels);
        int[] rows =
                IntStream.range(0, tokens.length).filter(i -> tokens[i] > 0).toArray();
        int vocabulary = Math.toIntExact(logits.dim(-1));
        double[] selected = new double[Math.multiplyExact(rows.length, vocabulary)];
        for (int row = 0; row < rows.length; row++) {
            for (int i = 0; i < vocabulary; i++) {
                selected[row * vocabulary + i] = logits.getDouble((long) rows[row] * vocabulary + i);
            }
        }
        double[] losses = crossEntropies(logits, tokens, token -> token > 0);
        SequencedMap<String, Tensor> all = only(mean(losses));
        all.put("emd_logits_at_labels", floats(selected, rows.length, vocabulary));
        all.put("loss_per_label", floats(losses, losses.length));
        return all;
    }

    private static SequencedMap<String, Tensor> replacedTokenDetection(
            Tensor logits, Tensor originals, Map<String, Tensor> inputs) {
        Tensor ids = inputs.get("input_ids");
        Tensor mask = inputs.get("attention_mask");
        if (originals.elements() != logits.elements() || mask.elements() != logits.elements()) {
            throw mismatch(logits, originals);
        }
        double[] losses = IntStream.range(0, Math.toIntExact(logits.elements()))
                .filter(i -> mask.getLong(i) != 0)
                .mapToDouble(i -> {
                    boolean replaced = originals.getLong(i) > 0 && originals.getLong(i) != ids.getLong(i);
                    return binaryCrossEntropy(logits.getDouble(i), replaced ? 1 : 0);
                })
                .toArray();
        SequencedMap<String, Tensor> all = only(mean(losses));
        all.put("loss_per_token", floats(losses, losses.length));
        return all;
    }
}
