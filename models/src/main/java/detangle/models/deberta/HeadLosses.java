package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Symbols;
import detangle.ir.TensorType;
import detangle.models.deberta.Losses.Rows;
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

    private final Builder b;
    private final LossOptions options;
    private final Map<String, Node> values;

    private HeadLosses(Builder builder, LossOptions options, Map<String, Node> values) {
        this.b = builder;
        this.options = options;
        this.values = values;
    }

    /**
     * Returns a program from what a head says, and from what it should have said, to the losses. Empty for {@link
     * Architecture#ENCODER}, which is trained for nothing.
     *
     * <p>Inputs: the outputs of the head, f32; then its {@link #labels}; and for
     * {@link Architecture#REPLACED_TOKEN_DETECTION} {@link InputNames#IDS} and {@link InputNames#MASK},
     * {@code i64[B,S]}, of the run. A masked LM's logits are those of N chosen rows, {@code [N,V]}. Outputs are those
     * of {@link #outputs}.
     *
     * @param perClass whether labels of sequence classification are a number for each class, {@code f32[B,L]}
     */
    public static Optional<Program> program(Architecture head, DebertaConfig config, boolean perClass) {
        Dim batch = Dim.symbol(Symbols.BATCH);
        Dim length = Dim.symbol(Symbols.LENGTH);
        Builder b = new Builder();
        SequencedMap<String, Node> inputs = new LinkedHashMap<>();
        switch (head) {
            case ENCODER -> {
                return Optional.empty();
            }
            case SEQUENCE_CLASSIFICATION -> add(b, inputs, OutputNames.LOGITS, batch, Dim.of(config.numLabels()));
            case TOKEN_CLASSIFICATION -> add(b, inputs, OutputNames.LOGITS, batch, length, Dim.of(config.numLabels()));
            case MULTIPLE_CHOICE -> add(b, inputs, OutputNames.LOGITS, batch, Dim.symbol(Symbols.CHOICES));
            case MASKED_LM, MASKED_LM_EMD ->
                add(b, inputs, OutputNames.LOGITS, Dim.symbol(Symbols.MASKED), Dim.of(config.vocabSize()));
            case REPLACED_TOKEN_DETECTION -> add(b, inputs, OutputNames.LOGITS, batch, length);
            case QUESTION_ANSWERING -> {
                add(b, inputs, OutputNames.START_LOGITS, batch, length);
                add(b, inputs, OutputNames.END_LOGITS, batch, length);
            }
        }
        inputs.putAll(labels(b, head, inputs, perClass));
        if (head == Architecture.REPLACED_TOKEN_DETECTION) {
            for (String name : List.of(InputNames.IDS, InputNames.MASK)) {
                inputs.put(name, b.input(name, TensorType.of(DType.I64, batch, length)));
            }
        }
        List<Output> outputs = outputs(b, head, config, inputs, LossOptions.DEFAULT);
        Program loss = new Program("loss", List.copyOf(inputs.values()), outputs, Map.of());
        Level.MODEL.check(loss);
        return Optional.of(loss);
    }

    private static void add(Builder b, Map<String, Node> inputs, String name, Dim... dims) {
        inputs.put(name, b.input(name, TensorType.of(DType.F32, dims)));
    }

    /**
     * Returns inputs for what a head should have said:
     * <ul>
     * <li>{@link InputNames#LABELS}, {@code i64}: a class for each row of the logits; or {@code f32} of the logits'
     *     shape, if {@code perClass};
     * <li>{@link InputNames#START_POSITIONS} and {@link InputNames#END_POSITIONS}, {@code i64[B]}, for
     *     {@link Architecture#QUESTION_ANSWERING} instead;
     * <li>for {@link Architecture#REPLACED_TOKEN_DETECTION} the original tokens, {@code i64[B,S]}.
     * </ul>
     *
     * @param outputs those of the head, by name
     * @param perClass whether labels of sequence classification are a number for each class, {@code f32[B,L]}
     */
    static SequencedMap<String, Node> labels(
            Builder b, Architecture head, Map<String, Node> outputs, boolean perClass) {
        SequencedMap<String, Node> labels = new LinkedHashMap<>();
        switch (head) {
            case ENCODER -> {}
            case QUESTION_ANSWERING -> {
                for (String name : List.of(InputNames.START_POSITIONS, InputNames.END_POSITIONS)) {
                    labels.put(name, b.input(name, rows(outputs.get(OutputNames.START_LOGITS))));
                }
            }
            case SEQUENCE_CLASSIFICATION -> {
                Node logits = outputs.get(OutputNames.LOGITS);
                TensorType type = perClass ? new TensorType(DType.F32, logits.shape()) : rows(logits);
                labels.put(InputNames.LABELS, b.input(InputNames.LABELS, type));
            }
            case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE, MASKED_LM, MASKED_LM_EMD ->
                labels.put(InputNames.LABELS, b.input(InputNames.LABELS, rows(outputs.get(OutputNames.LOGITS))));
            case REPLACED_TOKEN_DETECTION -> {
                Shape tokens = outputs.get(OutputNames.LOGITS).shape();
                labels.put(InputNames.LABELS, b.input(InputNames.LABELS, new TensorType(DType.I64, tokens)));
            }
        }
        return labels;
    }

    private static TensorType rows(Node logits) {
        return new TensorType(DType.I64, logits.shape().sub(0, logits.type().rank() - 1));
    }

    /**
     * {@link #LOSS}, a scalar: not a number where nothing counts, as in PyTorch, but for classes of sequences, where it
     * is 0. For masked LMs and replaced-token detection there is also {@link #LOSSES}, of the labels' shape.
     *
     * @param values the inputs of {@link #program}, by name. The shapes may be others where the ranks fit: logits of a
     *     masked LM may be {@code [B,S,V]}, as classes take any number of axes. With {@link InputNames#LOSS_DIVISOR}
     *     the sum of the rows' losses is divided by that. With {@link InputNames#MASK}, {@code i64[B,S]}, positions of
     *     padding do not count, whatever their labels, and no answer is looked for there
     * @throws LossException if the options are for classes, and the loss does not know classes
     */
    public static List<Output> outputs(
            Builder b, Architecture head, DebertaConfig config, Map<String, Node> values, LossOptions options) {
        HeadLosses losses = new HeadLosses(b, options, values);
        return switch (head) {
            case ENCODER -> List.of();
            case SEQUENCE_CLASSIFICATION -> only(losses.sequences(config.problemType()));
            case QUESTION_ANSWERING -> only(losses.answers());
            case TOKEN_CLASSIFICATION, MULTIPLE_CHOICE ->
                List.of(losses.classes(Comparison.NE, IGNORED).getFirst());
            case MASKED_LM -> losses.classes(Comparison.NE, IGNORED);
            case MASKED_LM_EMD -> losses.classes(Comparison.GT, 0);
            case REPLACED_TOKEN_DETECTION -> losses.replacedTokens();
        };
    }

    private static List<Output> only(Node loss) {
        return List.of(new Output(LOSS, loss));
    }

    private Node logits() {
        return values.get(OutputNames.LOGITS);
    }

    private Node labels() {
        return values.get(InputNames.LABELS);
    }

    private Optional<Node> divisor() {
        return Optional.ofNullable(values.get(InputNames.LOSS_DIVISOR));
    }

    private Node mean(Rows rows) {
        return divisor()
                .map(divisor -> b.div(Losses.sum(b, rows.losses()), divisor))
                .orElseGet(() -> Losses.mean(b, rows.losses(), rows.weights()));
    }

    /**
     * Mean squared error, cross entropy with a class or with a distribution, or binary cross entropy for each class.
     */
    private Node sequences(ProblemType type) {
        boolean perClass = labels().type().dtype().isFloat();
        return switch (type) {
            case REGRESSION -> ofClasses("regression", Losses.squaredErrors(b, logits(), labels()));
            case MULTI_LABEL_CLASSIFICATION ->
                ofClasses("several labels at once", Losses.binaryCrossEntropies(b, logits(), labels()));
            case SINGLE_LABEL_CLASSIFICATION -> {
                if (perClass) {
                    yield ofRows("labels that are distributions", Losses.softCrossEntropies(b, logits(), labels()));
                }
                Rows rows = classRows(Comparison.GE, 0);
                yield divisor().isPresent() ? mean(rows) : Losses.meanOrZero(b, rows.losses(), rows.weights());
            }
        };
    }

    /** Returns the mean of a loss for each class of each row; a row's loss is the mean of its classes'. */
    private Node ofClasses(String kind, Node losses) {
        if (divisor().isEmpty()) {
            refuseClasses(kind);
            return Losses.mean(b, losses);
        }
        return ofRows(kind, new Idioms(b).mean(losses, -1));
    }

    /** Returns the mean of a loss for each row, all of which count. */
    private Node ofRows(String kind, Node losses) {
        refuseClasses(kind);
        return divisor().map(divisor -> b.div(Losses.sum(b, losses), divisor)).orElseGet(() -> Losses.mean(b, losses));
    }

    private void refuseClasses(String kind) {
        if (options.needClasses()) {
            throw new LossException("label smoothing and class weights are for one class a row, and the loss of " + kind
                    + " has none: leave them out");
        }
    }

    /** Cross entropy of rows whose label compares so with a number. */
    private Rows classRows(Comparison comparison, long number) {
        Node counts = withoutPadding(b.compare(comparison, labels(), b.constant(DType.I64, number)));
        return new Rows(
                Losses.crossEntropies(b, logits(), labels(), counts, options),
                Losses.rowWeights(b, logits(), labels(), counts, options));
    }

    private Node withoutPadding(Node counts) {
        Optional<Node> mask = mask().filter(m -> m.shape().equals(counts.shape()));
        return mask.map(m -> b.and(counts, m)).orElse(counts);
    }

    /** {@code i1[B,S]}, true at tokens, if it is known. */
    private Optional<Node> mask() {
        return Optional.ofNullable(values.get(InputNames.MASK))
                .map(mask -> b.compare(Comparison.NE, mask, b.constant(DType.I64, 0)));
    }

    private List<Output> classes(Comparison comparison, long number) {
        return perPosition(classRows(comparison, number));
    }

    private List<Output> perPosition(Rows rows) {
        List<Output> outputs = new ArrayList<>(only(mean(rows)));
        outputs.add(new Output(LOSSES, rows.losses()));
        return outputs;
    }

    private Node answers() {
        refuseClasses("answers");
        Node start = mean(Losses.position(
                b, ofTokens(values.get(OutputNames.START_LOGITS)), values.get(InputNames.START_POSITIONS)));
        Node end = mean(
                Losses.position(b, ofTokens(values.get(OutputNames.END_LOGITS)), values.get(InputNames.END_POSITIONS)));
        return b.div(b.add(start, end), b.constant(DType.F32, 2));
    }

    /** Logits of positions, of which padding has no share if it is known. */
    private Node ofTokens(Node logits) {
        return mask().map(mask -> b.select(mask, logits, b.constant(DType.F32, Double.NEGATIVE_INFINITY)))
                .orElse(logits);
    }

    /**
     * Returns whether tokens differ from the originals, {@code i1[B,S]}. A token whose original is 0 counts as the
     * original.
     *
     * @param originals the original tokens, {@code i64[B,S]}
     * @param ids the tokens, {@code i64[B,S]}
     */
    static Node isReplaced(Builder b, Node originals, Node ids) {
        return b.and(
                b.compare(Comparison.GT, originals, b.constant(DType.I64, 0)),
                b.compare(Comparison.NE, originals, ids));
    }

    /** Returns the binary cross entropy of each token. A token is to be called replaced if it is not the original. */
    private List<Output> replacedTokens() {
        refuseClasses("replaced tokens");
        Node replaced = isReplaced(b, labels(), values.get(InputNames.IDS));
        Node counts = mask().orElseThrow();
        Node losses = Losses.binaryCrossEntropies(b, logits(), b.convert(replaced, DType.F32));
        return perPosition(new Rows(b.select(counts, losses, b.constant(DType.F32, 0)), b.convert(counts, DType.F32)));
    }
}
