package detangle.models.gliner;

import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.TensorType;
import detangle.models.bert.InnerEncoder;
import detangle.models.weights.OwnParameters;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** The tensors of GLiNER's own layers in a checkpoint, beside those of the encoder. */
public final class GlinerCheckpoint {
    /**
     * The prefix that torch.compile puts before the names of a model's tensors; gliner removes it when it saves a model
     * (model.py:624-637).
     */
    private static final String COMPILED = "_orig_mod.";

    /** The prefixes of the names of GLiNER's own layers. */
    private static final List<String> ROOTS = List.of(
            GlinerModel.LSTM_LAYER,
            "span_rep_layer.",
            "prompt_rep_layer.",
            "scorer.",
            "pair_rep_layer.",
            "relations_rep_layer.",
            "triples_score_layer.",
            "cross_fuser.",
            GlinerModel.PROJECTION + ".",
            GlinerModel.LABELS_PROJECTION + ".",
            GlinerModel.FUSER + ".");

    private GlinerCheckpoint() {}

    /**
     * Opens the weights of a folder, under the names that gliner gives them.
     *
     * @throws WeightsException if there are none, or two tensors have one name
     */
    public static Weights open(Path folder) {
        return Weights.open(folder).renamed(name -> Optional.of(name.replace(COMPILED, "")));
    }

    /**
     * Returns the weights of the encoder of texts and of GLiNER's own layers: all except those of an encoder of labels.
     * The result takes over the given weights.
     */
    public static Weights ofText(Weights weights) {
        return weights.renamed(name -> Optional.of(name).filter(n -> !n.startsWith(GlinerModel.LABELS_ENCODER)));
    }

    /** Returns the weights of the encoder of labels, under DeBERTa's names. The result takes over the given weights. */
    public static Weights ofLabels(Weights weights) {
        return InnerEncoder.weights(weights, GlinerModel.LABELS_ENCODER + "model.");
    }

    /**
     * Returns the number of rows of the encoder's table of words in a checkpoint.
     *
     * @throws WeightsException if there is no such table
     */
    public static int wordRows(Weights weights) {
        Optional<String> table = weights.names().stream()
                .filter(n -> n.startsWith(GlinerModel.ENCODER + "bert_layer.") && n.endsWith(".word_embeddings.weight"))
                .findFirst();
        return OwnParameters.wordRows(
                weights, table, GlinerModel.ENCODER + "bert_layer with word_embeddings, as GLiNER models have");
    }

    /**
     * Compares GLiNER's own layers with a checkpoint, before programs of their sizes are run.
     *
     * @param ignoreUnused whether tensors of its layers may be left over, such as an LSTM where gliner_config.json says
     *     that there is none
     * @throws WeightsException if a tensor is missing, has another shape, is not finite, or is left over; the message
     *     names it
     */
    public static void check(GlinerConfig config, Weights weights, boolean ignoreUnused) {
        SequencedMap<String, TensorType> parameters = parameters(config);
        OwnParameters.read(weights, parameters, "hidden_size " + config.hiddenSize() + " of " + GlinerConfig.FILE);
        if (!ignoreUnused) {
            OwnParameters.refuseUnused(
                    weights,
                    name -> ROOTS.stream().anyMatch(name::startsWith)
                            && !parameters.containsKey(name)
                            && weights.isFloat(name)
                            && !isNeverRun(config, name),
                    GlinerConfig.FILE);
        }
    }

    /**
     * Returns whether a tensor belongs to layers that never run. A bi-encoder is saved with an LSTM that it does not
     * run, and layers behind an unsupported encoder of labels are not used.
     */
    private static boolean isNeverRun(GlinerConfig config, String name) {
        return config.labels() instanceof LabelSource.OwnEncoder own
                && (name.startsWith(GlinerModel.LSTM_LAYER)
                        || name.startsWith(GlinerModel.LABELS_PROJECTION)
                                && own.encoder().isEmpty());
    }

    /** Returns the parameters beside the encoder's, by the names of their tensors. */
    public static SequencedMap<String, TensorType> parameters(GlinerConfig config) {
        SequencedMap<String, TensorType> parameters = new LinkedHashMap<>();
        long width = config.hiddenSize();
        long states = config.encoder().hiddenSize();
        if (config.fuseLayers()) {
            long layers = config.encoder().numHiddenLayers();
            linear(parameters, GlinerModel.FUSER + ".squeeze", states, 1);
            linear(parameters, GlinerModel.FUSER + ".W1", layers, layers / 2);
            linear(parameters, GlinerModel.FUSER + ".W2", layers / 2, layers);
            linear(parameters, GlinerModel.FUSER + ".output_projection", states, states);
        }
        if (states != width) {
            linear(parameters, GlinerModel.PROJECTION, states, width);
        }
        if (config.labels() instanceof LabelSource.OwnEncoder own
                && own.encoder().isPresent()) {
            long labels = own.encoder().get().hiddenSize();
            if (labels != width) {
                linear(parameters, GlinerModel.LABELS_PROJECTION, labels, width);
            }
        }
        if (config.lstm()) {
            OwnParameters.addLstm(parameters, GlinerModel.LSTM_LAYER + "lstm.", GlinerModel.SUFFIXES, width);
        }
        for (Program program : GlinerPrograms.all(config)) {
            OwnParameters.add(parameters, program);
        }
        return parameters;
    }

    private static void linear(Map<String, TensorType> parameters, String name, long in, long out) {
        parameters.put(name + ".weight", TensorType.of(DType.F32, out, in));
        parameters.put(name + ".bias", TensorType.of(DType.F32, out));
    }
}
