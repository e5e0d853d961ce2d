package detangle.models.gliner;

import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.models.bert.InnerEncoder;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** The tensors of GLiNER's own layers, which stand beside the encoder's in a checkpoint. */
public final class GlinerCheckpoint {
    /**
     * What torch.compile puts before the names of a model's tensors; gliner removes it when it saves one
     * (model.py:624-637).
     */
    private static final String COMPILED = "_orig_mod.";

    /** What the names of its own layers begin with. */
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

    /** As many as any vocabulary may have. */
    private static final int MOST_ROWS = 1 << 24;

    private GlinerCheckpoint() {}

    /**
     * Opens the weights of a folder, with the names that gliner gives them.
     *
     * @throws WeightsException if there are none, or two tensors have one name
     */
    public static Weights open(Path folder) {
        Weights weights = Weights.open(folder);
        if (weights.names().stream().noneMatch(name -> name.contains(COMPILED))) {
            return weights;
        }
        SequencedMap<String, String> names = new LinkedHashMap<>();
        for (String name : weights.names()) {
            String plain = name.replace(COMPILED, "");
            String other = names.put(plain, name);
            if (other != null) {
                weights.close();
                throw new WeightsException(
                        weights.origin(),
                        "holds " + other + " and " + name + ", which are both " + plain + ": keep one of them");
            }
        }
        return weights.named(names);
    }

    /**
     * The weights of the text's encoder and of GLiNER's own layers: all but those of an encoder of labels. Takes the
     * others over.
     */
    public static Weights ofText(Weights weights) {
        SequencedMap<String, String> names = new LinkedHashMap<>();
        weights.names().stream()
                .filter(name -> !name.startsWith(GlinerModel.LABELS_ENCODER))
                .forEach(name -> names.put(name, name));
        return names.size() == weights.names().size() ? weights : weights.named(names);
    }

    /** The weights of the encoder of labels, by the names of DeBERTa's. Takes the others over. */
    public static Weights ofLabels(Weights weights) {
        return InnerEncoder.weights(weights, GlinerModel.LABELS_ENCODER + "model.");
    }

    /**
     * Rows of the encoder's word table in a checkpoint.
     *
     * @throws WeightsException if there is no such table
     */
    public static int wordRows(Weights weights) {
        String name = weights.names().stream()
                .filter(n -> n.startsWith(GlinerModel.ENCODER + "bert_layer.") && n.endsWith(".word_embeddings.weight"))
                .findFirst()
                .orElseThrow(() -> new WeightsException(
                        weights.origin(),
                        "has no " + GlinerModel.ENCODER + "bert_layer with word_embeddings, as GLiNER models have"));
        long[] shape = weights.shape(name);
        if (shape.length != 2 || shape[0] < 1 || shape[0] > MOST_ROWS) {
            throw new WeightsException(
                    weights.source(name),
                    name + " has the shape " + Arrays.toString(shape) + ", and a table of words has two sizes");
        }
        return (int) shape[0];
    }

    /**
     * Holds GLiNER's own layers against a checkpoint, before programs of their sizes are run.
     *
     * @param ignoreUnused whether tensors of its layers may be left over, such as an LSTM where gliner_config.json says
     *     that there is none
     * @throws WeightsException that names a tensor that is lacking, of another shape, not of finite numbers, or left
     *     over
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
                .filter(name -> !isNeverRun(config, name))
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

    /**
     * A bi-encoder is saved with an LSTM that it does not run, and has no use for layers behind an encoder that is not
     * supported.
     */
    private static boolean isNeverRun(GlinerConfig config, String name) {
        return config.labels() instanceof LabelSource.OwnEncoder own
                && (name.startsWith(GlinerModel.LSTM_LAYER)
                        || name.startsWith(GlinerModel.LABELS_PROJECTION)
                                && own.encoder().isEmpty());
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

    /** The parameters beside the encoder's, by the names of their tensors. */
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
            for (String suffix : GlinerModel.SUFFIXES) {
                String lstm = GlinerModel.LSTM_LAYER + "lstm.";
                parameters.put(lstm + "weight_ih" + suffix, TensorType.of(DType.F32, 2 * width, width));
                parameters.put(lstm + "weight_hh" + suffix, TensorType.of(DType.F32, 2 * width, width / 2));
                parameters.put(lstm + "bias_ih" + suffix, TensorType.of(DType.F32, 2 * width));
                parameters.put(lstm + "bias_hh" + suffix, TensorType.of(DType.F32, 2 * width));
            }
        }
        for (Program program : GlinerPrograms.all(config)) {
            for (Node node : program.nodes()) {
                if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                    parameters.put(name, type);
                }
            }
        }
        return parameters;
    }

    private static void linear(Map<String, TensorType> parameters, String name, long in, long out) {
        parameters.put(name + ".weight", TensorType.of(DType.F32, out, in));
        parameters.put(name + ".bias", TensorType.of(DType.F32, out));
    }
}
