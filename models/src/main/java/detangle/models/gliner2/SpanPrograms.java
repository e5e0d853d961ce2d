package detangle.models.gliner2;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import detangle.models.gliner.SpanLayers;
import detangle.models.gliner.SpanMode;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of GLiNER2's span architecture (gliner2/models/span/model.py, layers.py). Of the states of tokens that
 * mark groups, {@link #counts} tells how many instances there are; {@link #step} is one step of the GRU that makes
 * states of instances, and {@link #instances} makes vectors of them; {@link #spans} scores spans of words against
 * those. H is the encoder's width.
 */
public final class SpanPrograms {
    /**
     * The GRU's states: {@code f32[M,H]} of fields in {@link #step}, {@code f32[I,M,H]} of instances in
     * {@link #instances}.
     */
    public static final String STATES = "states";

    /** The number of the step, from 0, {@code i64[1]}. */
    public static final String POSITION = "position";

    /** The GRU's next states, {@code f32[M,H]}. */
    public static final String NEXT = "next";

    /** The states of the fields' marks, {@code f32[I,M,H]}, the same for each instance. */
    public static final String FIELDS = "fields";

    /**
     * Vectors of fields of instances: {@code f32[I,M,H]} of {@link #instances}, {@code f32[R,H]} for {@link #spans}.
     */
    public static final String VECTORS = "vectors";

    /** States of words, {@code f32[W,H]}. */
    public static final String WORDS = "words";

    /** The first word of each span, {@code i64[N]}. */
    public static final String STARTS = "starts";

    /** The last word of each span, {@code i64[N]}. */
    public static final String ENDS = "ends";

    /** Logits of spans, {@code f32[N,R]}. */
    public static final String SCORES = "scores";

    /** The name of the program {@link #counts}. */
    public static final String COUNTS_OF_GROUPS = "gliner2_counts";

    /** The name of the program {@link #step}. */
    public static final String STEP = "gliner2_step";

    /** The name of the program {@link #instances}. */
    public static final String INSTANCES = "gliner2_instances";

    /** The name of the program {@link #spans}. */
    public static final String SPANS = "gliner2_spans";

    /** One more than the most instances of a group. */
    public static final int INSTANCE_COUNTS = 20;

    /** The width of the small transformer of count_lstm_v2, its heads and its layers. */
    private static final int SMALL_WIDTH = 128;

    private static final int SMALL_HEADS = 4;
    private static final int SMALL_LAYERS = 2;
    private static final double SMALL_EPSILON = 1e-5;
    private static final int EXPERTS = 4;
    private static final String COUNT_EMBED = "count_embed";

    /** The parameter with a row for each instance, which {@link #step} reads, {@code f32[20,H]}. */
    public static final String POSITIONS = COUNT_EMBED + ".pos_embedding.weight";

    private static final String COUNTER = "count_pred";

    /** The parameter that is added to the logits of {@link #counts}, {@code f32[20]}. */
    public static final String COUNT_BIAS = COUNTER + ".2.bias";

    private SpanPrograms() {}

    /** The name of a parameter of the GRU, such as {@code weight_ih}. */
    public static String gru(String part) {
        return COUNT_EMBED + ".gru." + part + "_l0";
    }

    /** All programs of the architecture; their names are constants of this class. */
    static List<Program> all(Gliner2Config config, SpanHead head) {
        return List.of(counts(config), step(config), instances(config, head), spans(config));
    }

    /** {@link Gliner2Programs#MARKS} of groups to {@link Gliner2Programs#LOGITS} of the numbers of their instances. */
    public static Program counts(Gliner2Config config) {
        return Gliner2Programs.logits(COUNTS_OF_GROUPS, COUNTER, config, 2, INSTANCE_COUNTS);
    }

    /**
     * {@link #STATES} of fields and the {@link #POSITION} of an instance to the {@link #NEXT} states (PyTorch's GRU).
     */
    public static Program step(Gliner2Config config) {
        Builder b = new Builder();
        long width = config.encoder().hiddenSize();
        Node states = b.input(STATES, TensorType.of(DType.F32, Dim.symbol("M"), Dim.of(width)));
        Node position = b.input(POSITION, TensorType.of(DType.I64, Dim.of(1)));
        Layers layers = Layers.of(b).scope(COUNT_EMBED);
        Node input = b.gather(layers.param("pos_embedding.weight", INSTANCE_COUNTS, width), position);
        Layers gru = layers.scope("gru");
        Node ofInput = gates(gru, "ih", input, width);
        Node ofState = gates(gru, "hh", states, width);
        Node reset = sigmoid(gru, b.add(part(b, ofInput, 0, width), part(b, ofState, 0, width)));
        Node update = sigmoid(gru, b.add(part(b, ofInput, 1, width), part(b, ofState, 1, width)));
        Node candidate = b.unary(
                UnaryFunction.TANH, b.add(part(b, ofInput, 2, width), b.mul(reset, part(b, ofState, 2, width))));
        Node next = b.add(b.mul(b.sub(b.constant(DType.F32, 1), update), candidate), b.mul(update, states));
        return program(STEP, List.of(states, position), new Output(NEXT, next));
    }

    private static Node gates(Layers gru, String what, Node x, long width) {
        Node product = gru.builder().dotTransposed(x, gru.param("weight_" + what + "_l0", 3 * width, width));
        return gru.builder().add(product, gru.param("bias_" + what + "_l0", 3 * width));
    }

    /** A gate of three. */
    private static Node part(Builder b, Node gates, int index, long width) {
        return b.slice(gates, -1, index * width, (index + 1) * width);
    }

    private static Node sigmoid(Layers layers, Node x) {
        return layers.activation(HiddenActivation.SIGMOID, x);
    }

    /** {@link #STATES} of instances, and {@link #FIELDS} where they are read, to {@link #VECTORS}. */
    public static Program instances(Gliner2Config config, SpanHead head) {
        Builder b = new Builder();
        long width = config.encoder().hiddenSize();
        TensorType type = TensorType.of(DType.F32, Dim.symbol("I"), Dim.symbol("M"), Dim.of(width));
        Node states = b.input(STATES, type);
        List<Node> inputs = new ArrayList<>(List.of(states));
        if (head.counting().readsFields()) {
            inputs.add(b.input(FIELDS, type));
        }
        Layers layers = Layers.of(b).scope(COUNT_EMBED);
        Node vectors = switch (head.counting()) {
            case COUNT_LSTM -> mlp(layers.scope("projector"), b.concat(2, inputs), 2 * width, 4 * width, width);
            case COUNT_LSTM_V2 -> smallTransformer(layers.scope("transformer"), b.add(states, inputs.getLast()), width);
            case COUNT_LSTM_MOE -> experts(layers, states, width);
        };
        return program(INSTANCES, inputs, new Output(VECTORS, vectors));
    }

    /** A transformer over the fields of each instance (DownscaledTransformer). */
    private static Node smallTransformer(Layers layers, Node x, long width) {
        Builder b = layers.builder();
        Node small = layers.linear("in_projector", x, width, SMALL_WIDTH);
        for (int i = 0; i < SMALL_LAYERS; i++) {
            Layers layer = layers.scope("transformer.layers." + i);
            Node attended = b.add(small, SmallAttention.of(layer.scope("self_attn"), small, SMALL_WIDTH, SMALL_HEADS));
            Node normal = layer.layerNorm("norm1", attended, SMALL_WIDTH, SMALL_EPSILON);
            Node inner = relu(layer, layer.linear("linear1", normal, SMALL_WIDTH, 2 * SMALL_WIDTH));
            Node sum = b.add(normal, layer.linear("linear2", inner, 2 * SMALL_WIDTH, SMALL_WIDTH));
            small = layer.layerNorm("norm2", sum, SMALL_WIDTH, SMALL_EPSILON);
        }
        Layers out = layers.scope("out_projector");
        Node first = relu(out, out.linear("0", b.concat(2, List.of(small, x)), SMALL_WIDTH + width, width));
        return out.linear("4", relu(out, out.linear("2", first, width, width)), width, width);
    }

    /** Every expert's two matrices, and the sum of what they make, weighted by a router. */
    private static Node experts(Layers layers, Node states, long width) {
        Builder b = layers.builder();
        long inner = 2 * width;
        Layers router = layers.scope("router");
        Node hidden = router.activation(HiddenActivation.GELU, router.linear("0", states, width, width));
        Node gates = SmallAttention.softmax(b, router.linear("2", hidden, width, EXPERTS));
        Node first = layers.param("w1", EXPERTS, width, inner);
        Node firstBias = layers.param("b1", EXPERTS, inner);
        Node second = layers.param("w2", EXPERTS, inner, width);
        Node secondBias = layers.param("b2", EXPERTS, width);
        List<Node> weighted = new ArrayList<>();
        for (int i = 0; i < EXPERTS; i++) {
            Node w1 = b.reshape(b.slice(first, 0, i, i + 1), Dim.of(width), Dim.of(inner));
            Node w2 = b.reshape(b.slice(second, 0, i, i + 1), Dim.of(inner), Dim.of(width));
            Node b1 = b.reshape(b.slice(firstBias, 0, i, i + 1), Dim.of(inner));
            Node b2 = b.reshape(b.slice(secondBias, 0, i, i + 1), Dim.of(width));
            Node wide = layers.activation(HiddenActivation.GELU, b.add(b.dot(states, w1), b1));
            weighted.add(b.mul(b.slice(gates, -1, i, i + 1), b.add(b.dot(wide, w2), b2)));
        }
        return weighted.stream().reduce(b::add).orElseThrow();
    }

    /**
     * {@link #WORDS}, {@link #STARTS}, {@link #ENDS} and {@link #VECTORS} to {@link #SCORES}, of which a sigmoid is a
     * probability. The matrices of spans are applied to words and to vectors, of which there are fewer; see {@link
     * SpanLayers}.
     */
    public static Program spans(Gliner2Config config) {
        return spans(
                config,
                (layers, words, starts, ends, vectors) -> layers.scores(layers.inner(words, starts, ends), vectors));
    }

    /**
     * Writes {@link #spans} with each layer where the original has it. The scores are the same, for many times the
     * arithmetic; a measurement of both says what is saved.
     */
    public static Program spansAsWritten(Gliner2Config config) {
        return spans(config, SpanLayers::scoresAsWritten);
    }

    /** Computes the scores of spans. */
    @FunctionalInterface
    private interface SpanScores {
        Node of(SpanLayers layers, Node words, Node starts, Node ends, Node vectors);
    }

    private static Program spans(Gliner2Config config, SpanScores scores) {
        Builder b = new Builder();
        int width = config.encoder().hiddenSize();
        Dim count = Dim.symbol("N");
        Node words = b.input(WORDS, TensorType.of(DType.F32, Dim.symbol("W"), Dim.of(width)));
        Node starts = b.input(STARTS, TensorType.of(DType.I64, count));
        Node ends = b.input(ENDS, TensorType.of(DType.I64, count));
        Node vectors = b.input(VECTORS, TensorType.of(DType.F32, Dim.symbol("R"), Dim.of(width)));
        SpanLayers layers = new SpanLayers(Layers.of(b).scope("span_rep.span_rep_layer"), width, SpanMode.MARKER_V0);
        return program(
                SPANS,
                List.of(words, starts, ends, vectors),
                new Output(SCORES, scores.of(layers, words, starts, ends, vectors)));
    }

    private static Node mlp(Layers layers, Node x, long in, long inner, long out) {
        return Gliner2Programs.mlp(layers, x, in, inner, 2, out);
    }

    private static Node relu(Layers layers, Node x) {
        return layers.activation(HiddenActivation.RELU, x);
    }

    private static Program program(String name, List<Node> inputs, Output output) {
        return Gliner2Programs.program(name, inputs, List.of(output));
    }
}
