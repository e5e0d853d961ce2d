package detangle.models.gliner;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.models.deberta.EncoderOutput;
import detangle.models.deberta.Head;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers on the encoder of a GLiNER model (gliner/modeling/base.py, encoder.py). It makes states of all tokens;
 * those of words pass through {@link BiLstm}, if the model has one, and are then scored by {@link GlinerPrograms}.
 */
public final class GlinerModel {
    /** The output with the states of tokens, {@code f32[B,S,D]}. */
    public static final String STATES = "states";

    /** The outputs with the contributions of the states to an LSTM's gates in a direction, {@code f32[B,S,2D]}. */
    public static final List<String> GATES = List.of("gates", "gates_reverse");

    /** The output of {@link #labels}: the vectors of labels, {@code f32[B,D]}. */
    public static final String VECTORS = "vectors";

    /** The prefix of the parameters of the encoder and its projection. */
    static final String ENCODER = "token_rep_layer.";

    static final String PROJECTION = ENCODER + "projection";
    static final String LABELS_ENCODER = ENCODER + "labels_encoder.";
    static final String LABELS_PROJECTION = ENCODER + "labels_projection";
    static final String FUSER = ENCODER + "bert_layer.layers_fuser";
    static final String LSTM_LAYER = "rnn.";
    static final List<String> SUFFIXES = List.of("_l0", "_l0_reverse");

    private static final String LSTM = LSTM_LAYER + "lstm.";

    private GlinerModel() {}

    /** Returns the head on the encoder. */
    public static Head encoder(GlinerConfig config) {
        return encoder -> {
            List<Output> outputs = new ArrayList<>();
            Node states = projected(config, encoder);
            outputs.add(new Output(STATES, encoder.zeroPadding(states)));
            if (config.lstm()) {
                for (int direction = 0; direction < 2; direction++) {
                    outputs.add(
                            new Output(GATES.get(direction), gates(encoder, states, config.hiddenSize(), direction)));
                }
            }
            return outputs;
        };
    }

    /** Returns the head on the encoder for a runtime with an LSTM of its own: its only output is {@link #STATES}. */
    public static Head states(GlinerConfig config) {
        return encoder -> List.of(new Output(STATES, encoder.zeroPadding(projected(config, encoder))));
    }

    private static Node projected(GlinerConfig config, EncoderOutput encoder) {
        Node states = config.fuseLayers() ? fused(encoder) : encoder.lastHiddenState();
        int own = config.encoder().hiddenSize();
        int width = config.hiddenSize();
        return own == width ? states : encoder.layers().linear(PROJECTION, states, own, width);
    }

    /**
     * Returns the head on an encoder of labels: the mean of the projected states of all tokens
     * (gliner/modeling/encoder.py:917-966).
     */
    public static Head labels(GlinerConfig config) {
        return encoder -> {
            Builder b = encoder.builder();
            int own = encoder.config().hiddenSize();
            int width = config.hiddenSize();
            Node states = encoder.lastHiddenState();
            Node projected = own == width ? states : encoder.layers().linear(LABELS_PROJECTION, states, own, width);
            Node sum = b.reduce(ReduceFunction.SUM, encoder.zeroPadding(projected), 1);
            Node tokens = b.reduce(ReduceFunction.SUM, b.convert(encoder.tokenMask(), DType.F32), 1);
            return List.of(
                    new Output(VECTORS, b.reshape(b.div(sum, tokens), Shape.of(encoder.batch(), Dim.of(width)))));
        };
    }

    /**
     * Returns the sum of all layers' outputs, each times a factor that follows from the text (LayersFuser of
     * gliner/modeling/layers.py, after Hu et al. 2018, squeeze and excitation). The original's means include padding,
     * so its answers depend on the other texts of a batch. These means are over the text's own tokens.
     */
    private static Node fused(EncoderOutput encoder) {
        Builder b = encoder.builder();
        Layers layers = encoder.layers().scope(FUSER);
        int count = encoder.config().numHiddenLayers();
        int width = encoder.config().hiddenSize();
        List<Node> states =
                encoder.hiddenStates().subList(1, encoder.hiddenStates().size());
        Node tokens = b.reduce(ReduceFunction.SUM, b.convert(encoder.tokenMask(), DType.F32), 1);
        List<Node> means = new ArrayList<>();
        for (Node state : states) {
            Node squeezed = encoder.zeroPadding(layers.linear("squeeze", state, width, 1));
            means.add(b.div(b.reduce(ReduceFunction.SUM, squeezed, 1), tokens));
        }
        // [B,1,K], so that a factor is multiplied with all of a layer's output.
        Node excited =
                layers.activation(HiddenActivation.RELU, layers.linear("W1", b.concat(2, means), count, count / 2));
        Node factors = layers.activation(HiddenActivation.SIGMOID, layers.linear("W2", excited, count / 2, count));
        Node sum = null;
        for (int i = 0; i < count; i++) {
            Node part = b.mul(states.get(i), b.slice(factors, 2, i, i + 1L));
            sum = sum == null ? part : b.add(sum, part);
        }
        return layers.linear("output_projection", sum, width, width);
    }

    private static Node gates(EncoderOutput encoder, Node states, int width, int direction) {
        Builder b = encoder.builder();
        Layers layers = encoder.layers();
        // Four gates of half the width: the other half belongs to the other direction.
        int gates = 2 * width;
        String suffix = SUFFIXES.get(direction);
        Node product = b.dotTransposed(states, layers.param(LSTM + "weight_ih" + suffix, gates, width));
        Node bias =
                b.add(layers.param(LSTM + "bias_ih" + suffix, gates), layers.param(LSTM + "bias_hh" + suffix, gates));
        return encoder.zeroPadding(b.add(product, bias));
    }

    /** Returns the recurrent matrix of a direction, {@code f32[2D,D/2]}. */
    static String recurrent(int direction) {
        return lstm("weight_hh", direction);
    }

    /**
     * Returns the name of a tensor of the LSTM.
     *
     * @param part PyTorch's name of the part: weight_ih, weight_hh, bias_ih or bias_hh
     * @param direction 0 forwards, 1 backwards
     */
    public static String lstm(String part, int direction) {
        return LSTM + part + SUFFIXES.get(direction);
    }
}
