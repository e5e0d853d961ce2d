package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.ConfigFields;
import detangle.models.files.ModelFiles;
import detangle.models.sentence.ModuleWeights;
import detangle.models.sentence.SentenceDefaults;
import detangle.models.sentence.SentenceModules;
import detangle.models.sentence.SentenceModules.Module;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Reads the modules that stand behind the encoder of a sentence-transformers model, in the files of old and new
 * versions.
 */
final class SentenceModuleReader {
    /** The greatest width of a module: that of the widest encoder that is read. */
    private static final int MAX_FEATURES = 1 << 16;

    private static final Set<String> VECTOR_LAYERS = Set.of("Dense", "LayerNorm", "Normalize");

    /** The most poolings that a module may name, which is more than there are kinds of them. */
    private static final int MAX_POOLINGS = 16;

    private static final String VECTOR = "sentence_embedding";

    private final Path model;
    private final SentenceModules modules;
    private final int hiddenSize;
    private final List<VectorLayer> layers = new ArrayList<>();
    private List<Pooling> pooling = List.of();
    private boolean includePrompt = true;

    /** Vectors are so wide at the module that is read next. */
    private int width;

    SentenceModuleReader(Path model, SentenceModules modules, int hiddenSize) {
        this.model = model;
        this.modules = modules;
        this.hiddenSize = hiddenSize;
    }

    SentenceVectors read(SentenceDefaults defaults) {
        if (modules.transformer().isEmpty()
                || modules.modules().indexOf(modules.transformer().get()) != 0) {
            throw new ConfigException(modules.file(), "its first module is not a Transformer");
        }
        if (modules.behind().size() + 1 < modules.modules().size()) {
            throw new ConfigException(modules.file(), "has two modules of type Transformer");
        }
        for (Module module : modules.behind()) {
            if (VECTOR_LAYERS.contains(module.name())) {
                requirePooling(module);
            }
            switch (module.name()) {
                case "Pooling" -> pooling(module);
                case "Dense" -> add(module, dense(module));
                case "LayerNorm" -> add(module, layerNorm(module));
                case "Normalize" -> add(module, normalize(module));
                case "Dropout" -> {
                    // It does something in training alone.
                }
                default ->
                    throw new ConfigException(
                            modules.file(),
                            "has a module of type " + module.type()
                                    + "; known are Transformer, Pooling, Dense, LayerNorm, Normalize and Dropout of"
                                    + " sentence-transformers");
            }
        }
        return new SentenceVectors(modules.file(), pooling, includePrompt, layers, defaults);
    }

    private void requirePooling(Module module) {
        if (pooling.isEmpty()) {
            throw new ConfigException(modules.file(), module.name() + " stands before Pooling, which is not supported");
        }
    }

    private void add(Module module, VectorLayer layer) {
        int input = width;
        width = layer.width(input)
                .orElseThrow(() -> new ConfigException(
                        modules.file(), module.path() + " does not take the " + input + " numbers that come to it"));
        layers.add(layer);
    }

    private ConfigFields config(Module module) {
        return ConfigFields.read(ModelFiles.root(model), module.file(SentenceModules.CONFIG));
    }

    private void pooling(Module module) {
        if (!pooling.isEmpty()) {
            throw new ConfigException(modules.file(), "has two modules of type Pooling");
        }
        ConfigFields fields = config(module);
        for (String name : List.of("word_embedding_dimension", "embedding_dimension")) {
            int dimension = fields.integer(name, hiddenSize);
            if (dimension != hiddenSize) {
                throw fields.fault(name, "is " + dimension + ", and the model's hidden_size is " + hiddenSize);
            }
        }
        Optional<JsonNode> named = fields.find("pooling_mode");
        pooling = named.isPresent() ? named(fields, named.get()) : flagged(fields);
        includePrompt = fields.flag("include_prompt", true);
        width = hiddenSize * pooling.size();
    }

    /**
     * Reads poolings as new versions write them: a name, or several in the order in which they are put side by side.
     */
    private static List<Pooling> named(ConfigFields fields, JsonNode value) {
        List<JsonNode> names = value.isArray() ? value.valueStream().toList() : List.of(value);
        if (names.isEmpty()) {
            throw fields.fault("pooling_mode", "names no pooling");
        }
        if (names.size() > MAX_POOLINGS) {
            throw fields.fault(
                    "pooling_mode", "names " + names.size() + " poolings; at most " + MAX_POOLINGS + " are read");
        }
        return names.stream()
                .map(name -> Pooling.named(name.asString(""))
                        .orElseThrow(() -> fields.fault(
                                "pooling_mode",
                                "is " + name + "; known are "
                                        + Arrays.stream(Pooling.values())
                                                .map(Pooling::text)
                                                .collect(Collectors.joining(", ")))))
                .toList();
    }

    /**
     * Reads poolings as old versions write them: a flag for each pooling, of which that of MEAN is true where it is
     * not stated. Those that are true are put side by side in the order of {@link Pooling}.
     */
    private static List<Pooling> flagged(ConfigFields fields) {
        List<String> known =
                Arrays.stream(Pooling.values()).map(SentenceModuleReader::flag).toList();
        fields.root().properties().stream()
                .filter(f -> f.getKey().startsWith("pooling_mode_") && !known.contains(f.getKey()))
                .filter(f -> f.getValue().asBoolean(true))
                .findFirst()
                .ifPresent(f -> {
                    throw fields.fault(f.getKey(), "is not a pooling that is known");
                });
        List<Pooling> set = Arrays.stream(Pooling.values())
                .filter(p -> fields.flag(flag(p), p == Pooling.MEAN))
                .toList();
        if (set.isEmpty()) {
            throw new ConfigException(
                    fields.file(), "sets every pooling_mode to false, so that nothing makes a vector: set one to true");
        }
        return set;
    }

    private static String flag(Pooling pooling) {
        return "pooling_mode_"
                + switch (pooling) {
                    case CLS -> "cls_token";
                    case MAX -> "max_tokens";
                    case MEAN -> "mean_tokens";
                    case WEIGHTEDMEAN -> "weightedmean_tokens";
                    case MEAN_SQRT_LEN_TOKENS, LASTTOKEN -> pooling.text();
                };
    }

    private VectorLayer normalize(Module module) {
        // Old versions have no such file.
        if (ModelFiles.root(model).has(module.file(SentenceModules.CONFIG))) {
            requireVectors(config(module));
        }
        return new VectorLayer.Normalize();
    }

    /** New versions have modules that work on something else than vectors of texts. */
    private static void requireVectors(ConfigFields fields) {
        for (String name : List.of("module_input_name", "module_output_name")) {
            fields.text(name).filter(value -> !value.equals(VECTOR)).ifPresent(value -> {
                throw fields.fault(name, "is " + value + "; supported is " + VECTOR);
            });
        }
    }

    private VectorLayer dense(Module module) {
        ConfigFields fields = config(module);
        requireVectors(fields);
        int in = fields.required("in_features", MAX_FEATURES);
        int out = fields.required("out_features", MAX_FEATURES);
        if (in != width) {
            throw fields.fault("in_features", "is " + in + ", and " + width + " numbers come to it");
        }
        boolean residual = fields.flag("use_residual", false);
        TorchActivation activation = fields.text("activation_function")
                .map(name -> TorchActivation.named(name)
                        .orElseThrow(() -> fields.fault(
                                "activation_function",
                                "is " + name + "; known are " + TorchActivation.names() + " of torch.nn")))
                .orElse(TorchActivation.TANH);
        boolean bias = fields.flag("bias", true);
        boolean projected = residual && in != out;
        try (Weights weights = ModuleWeights.open(model, module)) {
            Set<String> used = new HashSet<>(Set.of("linear.weight"));
            if (bias) {
                used.add("linear.bias");
            }
            if (projected) {
                used.add("residual.weight");
            }
            checkUsed(weights, fields, used);
            return weights.reading(() -> new VectorLayer.Dense(
                    matrix(weights, "linear.weight", out, in),
                    bias ? vector(weights, "linear.bias", out) : new float[out],
                    activation,
                    residual
                            ? Optional.of(projected ? matrix(weights, "residual.weight", out, in) : new float[0][])
                            : Optional.empty()));
        }
    }

    private VectorLayer layerNorm(Module module) {
        ConfigFields fields = config(module);
        int dimension = fields.required("dimension", MAX_FEATURES);
        try (Weights weights = ModuleWeights.open(model, module)) {
            checkUsed(weights, fields, Set.of("norm.weight", "norm.bias"));
            return weights.reading(() -> new VectorLayer.LayerNorm(
                    vector(weights, "norm.weight", dimension), vector(weights, "norm.bias", dimension)));
        }
    }

    /**
     * Refuses tensors that the module has no use for: without them it would compute something else than it was trained
     * for.
     */
    private static void checkUsed(Weights weights, ConfigFields fields, Set<String> used) {
        for (String name : weights.names()) {
            if (!used.contains(name)) {
                throw new ConfigException(
                        weights.origin(),
                        "holds " + name + ", which the module that " + fields.file()
                                + " describes does not have: correct the one that is wrong");
            }
        }
    }

    private static float[] vector(Weights weights, String name, int size) {
        return tensor(weights, name, size).toFloats();
    }

    private static float[][] matrix(Weights weights, String name, int rows, int columns) {
        float[] all = tensor(weights, name, rows, columns).toFloats();
        float[][] matrix = new float[rows][];
        for (int row = 0; row < rows; row++) {
            matrix[row] = Arrays.copyOfRange(all, row * columns, (row + 1) * columns);
        }
        return matrix;
    }

    private static Tensor tensor(Weights weights, String name, long... shape) {
        Tensor tensor = weights.get(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new ConfigException(
                    weights.origin(),
                    name + " has the shape " + Arrays.toString(tensor.shape()) + ", and config.json beside it says "
                            + Arrays.toString(shape));
        }
        FiniteWeights.check(weights, Map.of(name, tensor));
        return tensor;
    }
}
