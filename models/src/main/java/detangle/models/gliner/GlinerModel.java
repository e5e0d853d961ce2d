package detangle.models.gliner;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.deberta.EncoderOutput;
import detangle.models.deberta.Head;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The two programs of a GLiNER model (gliner/modeling/base.py, span_rep.py). The first encodes labels and words; between them
 * {@link BiLstm} runs over the words, if the model has one; the second scores spans of words against labels.
 */
public final class GlinerModel {
    /** Output of {@link #encoder}: states of tokens, {@code f32[B,S,D]}. */
    public static final String STATES = "states";

    /** Outputs of {@link #encoder}: what the states contribute to an LSTM's gates in a direction, {@code f32[B,S,2D]}. */
    public static final List<String> GATES = List.of("gates", "gates_reverse");

    /** Where parameters of the encoder and its projection stand. */
    static final String ENCODER = "token_rep_layer.";

    private static final String LSTM = "rnn.lstm.";
    private static final List<String> SUFFIXES = List.of("_l0", "_l0_reverse");

    private static final String PROJECTION = ENCODER + "projection";

    /**
     * Inputs of {@link #spans}: the words' vectors, the first and the last word of each span, and the labels' vectors.
     */
    public static final String WORDS = "words";

    public static final String STARTS = "starts";
    public static final String ENDS = "ends";
    public static final String LABELS = "labels";

    /** The output of {@link #spans}. */
    public static final String SCORES = "scores";

    /** What the names of its own layers begin with. */
    private static final List<String> ROOTS = List.of("rnn.", "span_rep_layer.", "prompt_rep_layer.", PROJECTION + ".");

    /** As many as any vocabulary may have. */
    private static final int MOST_ROWS = 1 << 24;

    private GlinerModel() {}

    /**
     * Rows of the encoder's word table in a checkpoint.
     *
     * @throws WeightsException if there is no such table
     */
    public static int wordRows(Weights weights) {
        String name = weights.names().stream()
                .filter(n -> n.startsWith(ENCODER + "bert_layer.") && n.endsWith(".word_embeddings.weight"))
                .findFirst()
                .orElseThrow(() -> new WeightsException(
                        weights.origin(),
                        "has no " + ENCODER + "bert_layer with word_embeddings, as GLiNER models have"));
        long[] shape = weights.shape(name);
        if (shape.length != 2 || shape[0] < 1 || shape[0] > MOST_ROWS) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has the shape " + Arrays.toString(shape) + ", and a table of words has two sizes");
        }
        return (int) shape[0];
    }

    /**
     * Holds GLiNER's own layers against a checkpoint, before programs of their sizes are built.
     *
     * @param ignoreUnused whether tensors of its layers may be left over, such as an LSTM where gliner_config.json says that there is none
     * @throws WeightsException that names a tensor that is lacking, of another shape, not of finite numbers, or left over
     */
    public static void check(GlinerConfig config, Weights weights, boolean ignoreUnused) {
        SequencedMap<String, TensorType> parameters = parameters(config);
        Map<String, Tensor> tensors = new HashMap<>();
        parameters.forEach((name, type) -> {
            // Nothing of a tensor of another type or shape is read.
            if (weights.contains(name) && weights.isReadable(name)) {
                checkType(config, weights, name, type);
            }
            tensors.put(name, weights.get(name));
        });
        FiniteWeights.check(weights, tensors);
        List<String> unused = weights.names().stream()
                .filter(name -> ROOTS.stream().anyMatch(name::startsWith))
                .filter(name -> !parameters.containsKey(name) && weights.isFloat(name))
                .toList();
        if (!unused.isEmpty() && !ignoreUnused) {
            throw new WeightsException(
                    weights.origin(),
                    "holds " + unused.getFirst()
                            + (unused.size() == 1 ? "" : " and " + (unused.size() - 1) + " more tensors")
                            + " of the model that no parameter takes: " + GlinerConfig.FILE
                            + " describes another model; --ignore-unused passes over them");
        }
    }

    private static void checkType(GlinerConfig config, Weights weights, String name, TensorType type) {
        if (!weights.isFloat(name)) {
            throw new WeightsException(
                    weights.origin(),
                    name + " has dtype " + weights.type(name) + ", and a parameter is a floating-point number");
        }
        Shape shape = Shape.of(weights.shape(name));
        if (!shape.equals(type.shape())) {
            throw new WeightsException(
                    weights.origin(),
                    name + " has shape " + shape + ", and hidden_size " + config.hiddenSize() + " of "
                            + GlinerConfig.FILE + " asks for " + type.shape()
                            + ": correct it, or choose the weights that belong to it");
        }
    }

    /** The parameters beside the encoder's. */
    private static SequencedMap<String, TensorType> parameters(GlinerConfig config) {
        SequencedMap<String, TensorType> parameters = new LinkedHashMap<>();
        long width = config.hiddenSize();
        if (config.encoder().hiddenSize() != width) {
            parameters.put(
                    PROJECTION + ".weight",
                    TensorType.of(DType.F32, width, config.encoder().hiddenSize()));
            parameters.put(PROJECTION + ".bias", TensorType.of(DType.F32, width));
        }
        if (config.lstm()) {
            for (String suffix : SUFFIXES) {
                parameters.put(LSTM + "weight_ih" + suffix, TensorType.of(DType.F32, 2 * width, width));
                parameters.put(LSTM + "weight_hh" + suffix, TensorType.of(DType.F32, 2 * width, width / 2));
                parameters.put(LSTM + "bias_ih" + suffix, TensorType.of(DType.F32, 2 * width));
                parameters.put(LSTM + "bias_hh" + suffix, TensorType.of(DType.F32, 2 * width));
            }
        }
        for (Node node : spans(config).nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.put(name, type);
            }
        }
        return parameters;
    }

    /** What stands on the encoder. */
    public static Head encoder(GlinerConfig config) {
        return encoder -> {
            List<Output> outputs = new ArrayList<>();
            Node states = encoder.lastHiddenState();
            int width = config.hiddenSize();
            if (config.encoder().hiddenSize() != width) {
                states = encoder.layers()
                        .linear(PROJECTION, states, config.encoder().hiddenSize(), width);
            }
            outputs.add(new Output(STATES, encoder.zeroPadding(states)));
            if (config.lstm()) {
                for (int direction = 0; direction < 2; direction++) {
                    outputs.add(new Output(GATES.get(direction), gates(encoder, states, width, direction)));
                }
            }
            return outputs;
        };
    }

    private static Node gates(EncoderOutput encoder, Node states, int width, int direction) {
        Builder b = encoder.builder();
        Layers layers = encoder.layers();
        // Four gates of half the width, as the other half is the other direction's.
        int gates = 2 * width;
        String suffix = SUFFIXES.get(direction);
        Node product = b.dotTransposed(states, layers.param(LSTM + "weight_ih" + suffix, gates, width));
        Node bias =
                b.add(layers.param(LSTM + "bias_ih" + suffix, gates), layers.param(LSTM + "bias_hh" + suffix, gates));
        return encoder.zeroPadding(b.add(product, bias));
    }

    /** The recurrent matrix of a direction, {@code f32[2D,D/2]}. */
    static String recurrent(int direction) {
        return LSTM + "weight_hh" + SUFFIXES.get(direction);
    }

    /**
     * Scores spans. Inputs: {@link #WORDS} {@code f32[W,D]}, {@link #STARTS} and {@link #ENDS} {@code i64[N]}, the
     * first and the last word of each span, and {@link #LABELS} {@code f32[C,D]}. Output: {@link #SCORES}
     * {@code f32[N,C]}, of which a sigmoid is a probability.
     */
    public static Program spans(GlinerConfig config) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Dim spans = Dim.symbol("N");
        Node words = b.input(WORDS, TensorType.of(DType.F32, Dim.symbol("W"), Dim.of(width)));
        Node starts = b.input(STARTS, TensorType.of(DType.I64, spans));
        Node ends = b.input(ENDS, TensorType.of(DType.I64, spans));
        Node labels = b.input(LABELS, TensorType.of(DType.F32, Dim.symbol("C"), Dim.of(width)));

        Layers layers = Layers.of(b);
        Layers span = layers.scope("span_rep_layer.span_rep_layer");
        boolean v0 = config.spanMode() == SpanMode.MARKER_V0;
        int inner = (v0 ? 4 : 2) * width;
        Node first = b.gather(projection(span.scope("project_start"), words, width, inner, width), starts);
        Node last = b.gather(projection(span.scope("project_end"), words, width, inner, width), ends);
        Node both = span.activation(HiddenActivation.RELU, b.concat(1, List.of(first, last)));
        Node represented = v0
                ? projection(span.scope("out_project"), both, 2 * width, inner, width)
                : span.linear("out_project", both, 2 * width, width);
        Node asked = projection(layers.scope("prompt_rep_layer"), labels, width, 4 * width, width);
        Program program = new Program(
                "gliner_spans",
                List.of(words, starts, ends, labels),
                List.of(new Output(SCORES, b.dotTransposed(represented, asked))),
                Map.of());
        Level.MODEL.check(program);
        return program;
    }

    /** Two matrices with a ReLU between them. */
    private static Node projection(Layers layers, Node x, int in, int inner, int out) {
        Node wide = layers.activation(HiddenActivation.RELU, layers.linear("0", x, in, inner));
        return layers.linear("3", wide, inner, out);
    }
}
