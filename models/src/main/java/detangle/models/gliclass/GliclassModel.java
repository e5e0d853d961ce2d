package detangle.models.gliclass;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.EncoderOutput;
import detangle.models.deberta.Head;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.OwnParameters;
import detangle.models.weights.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The programs of a GLiClass model (gliclass/model.py, scorers.py, poolings.py). The first program encodes labels and
 * text together. Then an LSTM runs over the text, if the model has one. The second program makes vectors of the states
 * and scores each label.
 */
public final class GliclassModel {
    /** The output of {@link #encoder} with the states of tokens, {@code f32[B,S,H]}. */
    public static final String STATES = "states";

    /**
     * The outputs of {@link #encoder} with the contributions of the states to the LSTM's gates in a direction, {@code
     * f32[B,S,2H]}.
     */
    public static final List<String> GATES = List.of("gates", "gates_reverse");

    /** The inputs of {@link #scores}, which describes them. */
    public static final String TOKENS = "tokens";

    public static final String CHOICE = "choice";
    public static final String TEXT = "text";

    public static final String LABELS = "labels";

    /** The output of {@link #scores}. */
    public static final String SCORES = "scores";

    /** The output of {@link #labelEncoder}. */
    public static final String VECTOR = "vector";

    /** The prefix of the names of the model's tensors. */
    private static final String ROOT = "model.";

    /** The prefix of the names of the encoder's tensors; the encoder of labels has another one. */
    public static final String ENCODER = ROOT + "encoder_model.";

    public static final String LABEL_ENCODER = ROOT + "label_encoder.";

    /** The tensor of the segments' embeddings, and its name in an encoder. */
    public static final String SEGMENTS = ROOT + "segment_embeddings.weight";

    public static final String TOKEN_TYPES = ENCODER + "embeddings.token_type_embeddings.weight";

    private static final String LSTM = ROOT + "lstm.lstm.";
    private static final List<String> SUFFIXES = List.of("_l0", "_l0_reverse");
    private static final String LOGIT_SCALE = "logit_scale";

    /** The symbol of the number of labels. */
    private static final String LABEL_COUNT = "C";

    /** The width inside the networks of the scorers mlp and hopfield (scorers.py). */
    private static final int SCORER_WIDTH = 256;

    /** The factor of attention in the scorer hopfield. */
    private static final double HOPFIELD_BETA = 4;

    /** PyTorch's epsilon of a LayerNorm. */
    private static final double NORM_EPSILON = 1e-5;

    /**
     * The number that is added to the length of a vector. If labels have an encoder of their own, it is the least
     * length (model.py).
     */
    private static final double LENGTH_EPSILON = 1e-8;

    private GliclassModel() {}

    /**
     * Returns the name of a parameter of the LSTM.
     *
     * @param part such as {@code weight_ih}
     * @param direction 0 forwards, 1 backwards
     */
    public static String lstm(String part, int direction) {
        return LSTM + part + SUFFIXES.get(direction);
    }

    /** Returns the recurrent matrices of the LSTM, {@code f32[2H,H/2]}, by direction. */
    public static List<String> recurrent() {
        return SUFFIXES.stream().map(suffix -> LSTM + "weight_hh" + suffix).toList();
    }

    /**
     * Reads the parameters beside the encoder's and compares them with the configuration, before programs of their
     * sizes are built.
     *
     * @param ignoreUnused whether other tensors of the model may be left over
     * @throws detangle.models.weights.WeightsException if a tensor is missing, has another shape, is not finite, or is
     *     left over; the message names it
     */
    public static Map<String, Tensor> parameters(GliclassConfig config, Weights weights, boolean ignoreUnused) {
        SequencedMap<String, TensorType> types = types(config);
        Map<String, Tensor> tensors = OwnParameters.read(weights, types, GliclassConfig.FILE);
        if (!ignoreUnused) {
            OwnParameters.refuseUnused(
                    weights,
                    name -> name.startsWith(ROOT)
                            && !name.startsWith(ENCODER)
                            && (config.labels().isEmpty() || !isBeside(name))
                            && !types.containsKey(name)
                            && weights.isFloat(name)
                            // A model that does not scale its scores also has this number.
                            && !name.equals(ROOT + LOGIT_SCALE)
                            && (!name.equals(SEGMENTS) || !config.segments()),
                    GliclassConfig.FILE);
        }
        return tensors;
    }

    /**
     * Returns whether a tensor of a bi-encoder belongs to the other encoder, or is one that the original makes and
     * never reads.
     */
    private static boolean isBeside(String name) {
        return name.startsWith(LABEL_ENCODER) || name.startsWith(LSTM) || name.equals(SEGMENTS);
    }

    private static SequencedMap<String, TensorType> types(GliclassConfig config) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        long width = config.encoder().hiddenSize();
        if (config.lstm()) {
            OwnParameters.addLstm(types, LSTM, SUFFIXES, width);
        }
        OwnParameters.add(types, scores(config));
        if (config.labels().isPresent()) {
            OwnParameters.add(
                    types,
                    DebertaModel.build(
                            config.labels().get().config().withLayers(1), labelEncoder(config), ModelOptions.DEFAULT));
            types.keySet().removeIf(name -> !name.startsWith(ROOT));
        }
        return types;
    }

    /**
     * Returns the head on the encoder of texts, with the outputs {@link #STATES} and {@link #GATES}. If labels are
     * fused with the text, the program also has the input {@link #LABELS}, {@code f32[C,H]}; ids from vocab_size on are
     * its rows.
     */
    public static Head encoder(GliclassConfig config) {
        return config.fused() ? new FusedHead(config) : states(config);
    }

    /** Reads vectors of labels in the place of embeddings (GLiClassBiEncoderFused.encode_text of model.py). */
    private record FusedHead(GliclassConfig config) implements Head {
        @Override
        public List<Output> outputs(EncoderOutput encoder) {
            return states(config).outputs(encoder);
        }

        @Override
        public Node words(Builder b, Node table, Node ids) {
            Dim width = Dim.of(config.encoder().hiddenSize());
            Node labels = b.input(LABELS, TensorType.of(DType.F32, Dim.symbol(LABEL_COUNT), width));
            Node vocabulary = b.constant(DType.I64, config.encoder().vocabSize());
            Node first = b.constant(DType.I64, 0);
            Node isLabel = b.compare(Comparison.GE, ids, vocabulary);
            Node ofLabels = b.gather(labels, b.select(isLabel, b.sub(ids, vocabulary), first));
            Node ofWords = b.gather(table, b.select(isLabel, first, ids));
            Shape shape = ids.shape().concat(Shape.of(1));
            return b.select(b.reshape(isLabel, shape), ofLabels, ofWords);
        }
    }

    /**
     * Returns the head on the encoder of an exported model: its output is {@link #STATES}, and the graph computes the
     * rest.
     */
    public static Head exportedStates(GliclassConfig config) {
        return encoder -> List.of(readStates(config, encoder));
    }

    private static Output readStates(GliclassConfig config, EncoderOutput encoder) {
        return new Output(STATES, encoder.zeroPadding(encoder.hiddenStates().get(config.layer())));
    }

    private static Head states(GliclassConfig config) {
        return encoder -> {
            List<Output> outputs = new ArrayList<>(List.of(readStates(config, encoder)));
            if (config.lstm()) {
                Node states = encoder.hiddenStates().get(config.layer());
                for (int direction = 0; direction < 2; direction++) {
                    outputs.add(new Output(GATES.get(direction), gates(encoder, states, direction)));
                }
            }
            return outputs;
        };
    }

    /**
     * Returns the head on the encoder of labels: its output {@link #VECTOR} {@code f32[B,H]} is the vector of each
     * label. Poolings read padded positions, as in the original.
     */
    public static Head labelEncoder(GliclassConfig config) {
        return encoder -> {
            Scoring scoring = new Scoring(config, encoder.layers().scope("model"));
            int own = encoder.config().hiddenSize();
            Node pooled = encoder.builder()
                    .reshape(scoring.pooled(encoder.lastHiddenState(), 1), Shape.of(encoder.batch(), Dim.of(own)));
            Node projected = scoring.projected("biencoder_projector", pooled, own);
            return List.of(new Output(VECTOR, scoring.vectors("classes_projector", projected)));
        };
    }

    private static Node gates(EncoderOutput encoder, Node states, int direction) {
        Builder b = encoder.builder();
        int width = encoder.config().hiddenSize();
        // Four gates of half the width: the other half belongs to the other direction.
        int gates = 2 * width;
        String suffix = SUFFIXES.get(direction);
        Layers layers = encoder.layers();
        Node product = b.dotTransposed(states, layers.param(LSTM + "weight_ih" + suffix, gates, width));
        Node bias =
                b.add(layers.param(LSTM + "bias_ih" + suffix, gates), layers.param(LSTM + "bias_hh" + suffix, gates));
        return encoder.zeroPadding(b.add(product, bias));
    }

    /**
     * Scores labels for one text. If labels have an encoder of their own, the inputs are {@link #TEXT} and {@link
     * #LABELS} {@code f32[C,H]}: the {@link #VECTOR} of each label or, if labels are fused with the text, the state of
     * its marker. Otherwise these are the inputs: {@link #TOKENS} {@code f32[S,H]}, the states of all tokens; {@link
     * #CHOICE} {@code f32[C,S]}, the weight of each token in the vector of each label; {@link #TEXT} {@code f32[T,H]},
     * the states from which the text's vector is pooled. The output is {@link #SCORES} {@code f32[C]}; its sigmoid is a
     * probability.
     */
    public static Program scores(GliclassConfig config) {
        Builder b = new Builder();
        Dim width = Dim.of(config.encoder().hiddenSize());
        Dim labels = Dim.symbol(LABEL_COUNT);
        Dim tokens = Dim.symbol("S");
        Node text = b.input(TEXT, TensorType.of(DType.F32, Dim.symbol("T"), width));
        Scoring scoring = new Scoring(config, Layers.of(b).scope("model"));
        List<Node> inputs = new ArrayList<>(List.of(text));
        Node vectors;
        if (config.labels().isPresent()) {
            vectors = b.input(LABELS, TensorType.of(DType.F32, labels, width));
            inputs.add(vectors);
        } else {
            Node states = b.input(TOKENS, TensorType.of(DType.F32, tokens, width));
            Node choice = b.input(CHOICE, TensorType.of(DType.F32, labels, tokens));
            vectors = scoring.vectors("classes_projector", b.dot(choice, states));
            inputs.addAll(List.of(states, choice));
        }
        Node score = scoring.scores(scoring.vectors("text_projector", scoring.pooled(text, 0)), vectors);
        return checked("gliclass_scores", inputs, new Output(SCORES, b.reshape(score, labels)));
    }

    private static Program checked(String name, List<Node> inputs, Output output) {
        Program program = new Program(name, inputs, List.of(output), Map.of());
        Level.MODEL.check(program);
        return program;
    }

    /** Computes scores from the states of a text and the vectors of labels. */
    private static final class Scoring {
        private final GliclassConfig config;
        private final Layers layers;
        private final Builder b;
        private final Idioms idioms;
        private final int width;

        Scoring(GliclassConfig config, Layers layers) {
            this.config = config;
            this.layers = layers;
            this.b = layers.builder();
            this.idioms = new Idioms(b);
            this.width = config.encoder().hiddenSize();
        }

        /** Returns the projected and normalised vectors that are compared, {@code f32[N,H]}. */
        Node vectors(String projector, Node x) {
            return normalised(projected(projector, x, width));
        }

        /**
         * Returns the scores of labels, {@code f32[C,1]}.
         *
         * @param text {@code f32[1,H]}, or {@code f32[T,H]} of all its tokens
         * @param label {@code f32[C,H]}
         */
        Node scores(Node text, Node label) {
            Node scores = switch (config.scorer()) {
                case LabelScorer.Dot() -> b.dotTransposed(label, text);
                case LabelScorer.WeightedDot() -> weightedDot(text, label);
                case LabelScorer.Mlp() -> mlp(b.concat(1, List.of(ofEach(text, label), label)), 2 * width);
                case LabelScorer.Hopfield() -> mlp(hopfield(text, label), width);
                case LabelScorer.CrossAttention(int heads, int inner) -> crossAttention(text, label, heads, inner);
            };
            return config.scaled() ? b.mul(scores, layers.param(LOGIT_SCALE)) : scores;
        }

        /** @param axis the axis of the tokens, whose size becomes 1 */
        Node pooled(Node x, int axis) {
            return switch (config.textPooling()) {
                case FIRST -> b.slice(x, axis, 0, 1);
                case LAST -> {
                    Dim rows = x.type().dim(axis);
                    yield b.op(new TensorOp.Slice(axis, rows.plus(-1), rows), x);
                }
                case AVG -> idioms.mean(x, axis);
                case MAX -> b.reduce(ReduceFunction.MAX, x, axis);
                case SUM -> b.reduce(ReduceFunction.SUM, x, axis);
                case RMS -> b.unary(UnaryFunction.SQRT, idioms.mean(b.mul(x, x), axis));
                case ABS_MAX -> b.reduce(ReduceFunction.MAX, b.unary(UnaryFunction.ABS, x), axis);
                case ABS_AVG -> idioms.mean(b.unary(UnaryFunction.ABS, x), axis);
                case PASS -> x;
            };
        }

        Node projected(String name, Node x, int in) {
            Layers own = layers.scope(name);
            Node inner = own.activation(config.activation(), own.linear("linear_1", x, in, config.innerWidth()));
            return own.linear("linear_2", inner, config.innerWidth(), width);
        }

        private Node normalised(Node x) {
            if (!config.normalize()) {
                return x;
            }
            Node length = b.unary(UnaryFunction.SQRT, b.reduce(ReduceFunction.SUM, b.mul(x, x), -1));
            Node epsilon = b.constant(DType.F32, LENGTH_EPSILON);
            return b.div(x, config.labels().isPresent() ? b.max(length, epsilon) : b.add(length, epsilon));
        }

        /** Returns the text's vector {@code [1,N]} once for each label. */
        private Node ofEach(Node text, Node label) {
            return b.broadcast(text, Shape.of(label.type().dim(0), text.type().dim(1)));
        }

        private Node weightedDot(Node text, Node label) {
            Layers scorer = layers.scope("scorer");
            Node texts = scorer.linear("proj_text", text, width, 2L * width);
            Node labels = scorer.linear("proj_label", label, width, 2L * width);
            Node product = b.mul(b.slice(labels, 1, width, 2L * width), b.slice(texts, 1, width, 2L * width));
            Node all = b.concat(
                    1, List.of(ofEach(b.slice(texts, 1, 0, width), label), b.slice(labels, 1, 0, width), product));
            Layers out = scorer.scope("out_mlp");
            Node inner = out.activation(HiddenActivation.RELU, out.linear("0", all, 3L * width, 4L * width));
            return out.linear("3", inner, 4L * width, 1);
        }

        private Node mlp(Node x, int in) {
            return network(layers.scope("scorer.mlp"), HiddenActivation.RELU, x, in, SCORER_WIDTH);
        }

        private static Node network(Layers layers, HiddenActivation activation, Node x, int in, int inner) {
            Node first = layers.activation(activation, layers.linear("0", x, in, inner));
            Node second = layers.activation(activation, layers.linear("2", first, inner, inner / 2));
            return layers.linear("4", second, inner / 2, 1);
        }

        private Node hopfield(Node text, Node label) {
            Layers scorer = layers.scope("scorer");
            Node query = scorer.linearWithoutBias("q_proj", label, width, width);
            Node key = scorer.linearWithoutBias("k_proj", text, width, width);
            Node value = scorer.linearWithoutBias("v_proj", text, width, width);
            Node attention = b.mul(b.dotTransposed(query, key), b.constant(DType.F32, HOPFIELD_BETA));
            Node exponentials =
                    b.unary(UnaryFunction.EXP, b.sub(attention, b.reduce(ReduceFunction.MAX, attention, 0)));
            Node share = b.div(exponentials, b.reduce(ReduceFunction.SUM, exponentials, 0));
            return b.add(label, b.mul(share, value));
        }

        private Node crossAttention(Node text, Node label, int heads, int inner) {
            Layers scorer = layers.scope("scorer");
            int size = width / heads;
            Node query = heads(scorer.linear("q", norm(scorer, "q_norm", label), width, width), heads, size);
            Node key = heads(scorer.linear("k", norm(scorer, "kv_norm", text), width, width), heads, size);
            Node value = heads(scorer.linear("v", text, width, width), heads, size);
            Node scores = b.mul(b.dotTransposed(query, key), b.constant(DType.F32, 1 / Math.sqrt(size)));
            Node exponentials = b.unary(UnaryFunction.EXP, b.sub(scores, b.reduce(ReduceFunction.MAX, scores, -1)));
            Node share = b.div(exponentials, b.reduce(ReduceFunction.SUM, exponentials, -1));
            Node found = b.reshape(
                    b.transpose(b.dot(share, value), 1, 0, 2), label.type().dim(0), Dim.of(width));
            Node context = norm(scorer, "norm", scorer.linear("out", found, width, width));
            return network(
                    scorer.scope("score_mlp"),
                    HiddenActivation.GELU,
                    b.concat(1, List.of(context, label)),
                    2 * width,
                    inner);
        }

        /** Returns {@code [N,A*d]} as {@code [A,N,d]}. */
        private Node heads(Node x, int heads, int size) {
            return b.transpose(layers.splitHeads(x, heads, size), 1, 0, 2);
        }

        private Node norm(Layers scorer, String name, Node x) {
            return scorer.layerNorm(name, x, width, NORM_EPSILON);
        }
    }
}
