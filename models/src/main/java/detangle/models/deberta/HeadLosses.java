package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Symbols;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The losses that the published heads are trained with, as HuggingFace's heads and microsoft's compute them. Sources:
 * transformers modeling_deberta_v2.py; microsoft's apps/models/sequence_classification.py, masked_language_model.py and
 * replaced_token_detection_model.py.
 */
public final class HeadLosses {
    /** HuggingFace's losses of classes pass over this label; microsoft's masked LM passes over 0 and what is below. */
    public static final long IGNORED = -100;

    /** Scalar: the loss of the batch. */
    public static final String LOSS = "loss";

    /** The loss of each position, where a head has one for each; 0 where none counts. */
    public static final String LOSSES = "losses";

    private HeadLosses() {}

    /**
     * A program from what a head says, and from what it should have said, to the losses. Empty for
     * {@link Architecture#ENCODER}, which is trained for nothing.
     *
     * <p>Inputs: the outputs of the head, f32; then
     * <ul>
     *   <li>{@link InputNames#LABELS}, {@code i64}: a class for each row of the logits; or {@code f32} of the logits'
     *       shape, if {@code perClass};
     *   <li>{@link InputNames#START_POSITIONS} and {@link InputNames#END_POSITIONS}, {@code i64[B]}, for
     *       {@link Architecture#QUESTION_ANSWERING} instead;
     *   <li>{@link InputNames#IDS} and {@link InputNames#MASK}, {@code i64[B,S]}, of the run for
     *       {@link Architecture#REPLACED_TOKEN_DETECTION}, whose labels are the original tokens, {@code i64[B,S]}.
     * </ul>
     * A masked LM's logits are those of N chosen rows, {@code [N,V]}. Outputs are those of {@link #outputs}.
     *
     * @param perClass whether labels of sequence classification are a number for each class, {@code f32[B,L]}
     */
    public static Optional<Program> program(Architecture head, DebertaConfig config, boolean perClass) {
        Dim batch = Dim.symbol(Symbols.BATCH);
        Dim length = Dim.symbol(Symbols.LENGTH);
        Dim labels = Dim.of(config.numLabels());
        Inputs inputs = new Inputs();
        switch (head) {
            case ENCODER -> {
                return Optional.empty();
            }
            case SEQUENCE_CLASSIFICATION -> {
                inputs.add(OutputNames.LOGITS, DType.F32, batch, labels);
                if (perClass) {
                    inputs.add(InputNames.LABELS, DType.F32, batch, labels);
                } else {
                    inputs.add(InputNames.LABELS, DType.I64, batch);
                }
            }
            case TOKEN_CLASSIFICATION -> inputs.classes(labels, batch, length);
            case MULTIPLE_CHOICE -> inputs.classes(Dim.symbol(Symbols.CHOICES), batch);
            case MASKED_LM, MASKED_LM_EMD -> inputs.classes(Dim.of(config.vocabSize()), Dim.symbol(Symbols.MASKED));
            case QUESTION_ANSWERING -> {
                inputs.add(OutputNames.START_LOGITS, DType.F32, batch, length);
                inputs.add(OutputNames.END_LOGITS, DType.F32, batch, length);
                inputs.add(InputNames.START_POSITIONS, DType.I64, batch);
                inputs.add(InputNames.END_POSITIONS, DType.I64, batch);
            }
            case REPLACED_TOKEN_DETECTION -> {
                inputs.add(OutputNames.LOGITS, DType.F32, batch, length);
                inputs.add(InputNames.LABELS, DType.I64, batch, length);
                inputs.add(InputNames.IDS, DType.I64, batch, length);
                inputs.add(InputNames.MASK, DType.I64, batch, length);
            }
        }
        List<Output> outputs = outputs(inputs.builder, head, config.problemType(), inputs.nodes);
        Program loss = new Program("loss", List.copyOf(inputs.nodes.values()), outputs, Map.of());
        Level.MODEL.check(loss);
        return Optional.of(loss);
    }

    /** The inputs of a program, by name and in order. */
    private static final class Inputs {
        private final Builder builder = new Builder();
        private final SequencedMap<String, Node> nodes = new LinkedHashMap<>();

        void add(String name, DType dtype, Dim... dims) {
            nodes.put(name, builder.input(name, TensorType.of(dtype, dims)));
        }

        /** Logits of some classes, and a class, for each row. */
        void classes(Dim classes, Dim... rows) {
            Shape logits = Shape.of(rows).concat(Shape.of(classes));
            nodes.put(OutputNames.LOGITS, builder.input(OutputNames.LOGITS, new TensorType(DType.F32, logits)));
            add(InputNames.LABELS, DType.I64, rows);
        }
    }

    /**
     * {@link #LOSS}, a scalar: not a number where nothing counts, as in PyTorch, but for classes of sequences, where it
     * is 0. For masked LMs and replaced-token detection there is also {@link #LOSSES}, of the labels' shape.
     *
     * @param values the inputs of {@link #program}, by name. The shapes may be others where the ranks fit: logits of a
     *     masked LM may be {@code [B,S,V]}, as classes take any number of axes
     */
    public static List<Output> outputs(
            Builder b, Architecture head, ProblemType problemType, Map<String, Node> values) {
        return switch (head) {
            case ENCODER -> List.of();
            case SEQUENCE_CLASSIFICATION ->
                only(sequences(b, values.get(OutputNames.LOGITS), values.get(InputNames.LABELS), problemType));
            case QUESTION_ANSWERING -> only(answers(b, values));
            case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE ->
                List.of(classes(b, values, Comparison.NE, IGNORED).getFirst());
            case MASKED_LM -> classes(b, values, Comparison.NE, IGNORED);
            case MASKED_LM_EMD -> classes(b, values, Comparison.GT, 0);
            case REPLACED_TOKEN_DETECTION -> replacedTokens(b, values);
        };
    }

    private static List<Output> only(Node loss) {
        return List.of(new Output(LOSS, loss));
    }

    /**
     * Mean squared error, cross entropy with a class or with a distribution, or binary cross entropy for each class.
     */
    private static Node sequences(Builder b, Node logits, Node labels, ProblemType type) {
        boolean perClass = labels.type().dtype().isFloat();
        return switch (type) {
            case REGRESSION -> Losses.mean(b, Losses.squaredErrors(b, logits, labels));
            case MULTI_LABEL_CLASSIFICATION -> Losses.mean(b, Losses.binaryCrossEntropies(b, logits, labels));
            case SINGLE_LABEL_CLASSIFICATION -> {
                if (perClass) {
                    yield Losses.mean(b, Losses.softCrossEntropies(b, logits, labels));
                }
                Node counts = b.compare(Comparison.GE, labels, b.constant(DType.I64, 0));
                yield Losses.meanOrZero(b, Losses.crossEntropies(b, logits, labels, counts), counts);
            }
        };
    }

    /** Cross entropy of rows whose label compares so with a number. */
    private static List<Output> classes(Builder b, Map<String, Node> values, Comparison comparison, long number) {
        Node labels = values.get(InputNames.LABELS);
        Node counts = b.compare(comparison, labels, b.constant(DType.I64, number));
        Node losses = Losses.crossEntropies(b, values.get(OutputNames.LOGITS), labels, counts);
        return perPosition(b, losses, counts);
    }

    private static List<Output> perPosition(Builder b, Node losses, Node counts) {
        List<Output> outputs = new ArrayList<>(only(Losses.mean(b, losses, counts)));
        outputs.add(new Output(LOSSES, losses));
        return outputs;
    }

    private static Node answers(Builder b, Map<String, Node> values) {
        Node start = Losses.position(b, values.get(OutputNames.START_LOGITS), values.get(InputNames.START_POSITIONS));
        Node end = Losses.position(b, values.get(OutputNames.END_LOGITS), values.get(InputNames.END_POSITIONS));
        return b.div(b.add(start, end), b.constant(DType.F32, 2));
    }

    /** A token is replaced if it is not the original. Where the original is 0, the token is taken for it. */
    private static List<Output> replacedTokens(Builder b, Map<String, Node> values) {
        Node originals = values.get(InputNames.LABELS);
        Node zero = b.constant(DType.I64, 0);
        Node replaced = b.and(
                b.compare(Comparison.GT, originals, zero),
                b.compare(Comparison.NE, originals, values.get(InputNames.IDS)));
        Node counts = b.compare(Comparison.NE, values.get(InputNames.MASK), zero);
        Node losses = Losses.binaryCrossEntropies(b, values.get(OutputNames.LOGITS), b.convert(replaced, DType.F32));
        return perPosition(b, b.select(counts, losses, b.constant(DType.F32, 0)), counts);
    }
}
