package detangle.models.adapter;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.LabelNames;
import detangle.models.deberta.ProblemType;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/**
 * A LoRA or DoRA adapter in the files of HuggingFace's PEFT: {@code adapter_config.json}, and {@code
 * adapter_model.safetensors} or {@code adapter_model.bin}. It changes matrices of a model by products of low rank, and
 * replaces modules, mostly the head.
 */
public final class Adapter implements AutoCloseable {
    /** The names of the files, in the order in which a folder is searched. */
    private static final List<String> FILES = List.of("adapter_model.safetensors", "adapter_model.bin");

    private static final String CLASSIFIER = "classifier.weight";

    private final Path folder;
    private final AdapterConfig config;
    private final Weights weights;
    private final AdapterTensors tensors;

    private Adapter(Path folder, AdapterConfig config, Weights weights, AdapterTensors tensors) {
        this.folder = folder;
        this.config = config;
        this.weights = weights;
        this.tensors = tensors;
    }

    /**
     * Opens an adapter's folder.
     *
     * @throws ConfigException if its configuration is of something that is not supported
     * @throws WeightsException if its tensors are not those that the configuration describes, or not all finite
     */
    public static Adapter open(Path folder) {
        AdapterConfig config = AdapterConfig.read(folder);
        Path file = FILES.stream()
                .map(folder::resolve)
                .filter(f -> Files.exists(f, LinkOption.NOFOLLOW_LINKS))
                .findFirst()
                .orElseThrow(() -> new WeightsException(
                        folder, "no adapter: neither " + String.join(" nor ", FILES) + " is there"));
        Weights weights = Weights.open(file);
        try {
            AdapterTensors tensors = AdapterTensors.of(weights, config);
            weights.reading(() -> FiniteWeights.fault(weights)).ifPresent(fault -> {
                throw new WeightsException(file, fault);
            });
            return new Adapter(folder, config, weights, tensors);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** Returns what its configuration says. */
    public AdapterConfig config() {
        return config;
    }

    /**
     * Returns the configuration of a model with this adapter: the head is that of the adapter's task. Labels are those
     * of a config.json beside the adapter; without one, they are the model's if they are as many as the adapter's
     * classifier has rows, and have no names otherwise.
     */
    public DebertaConfig of(DebertaConfig model) {
        Optional<Architecture> head = config.head().or(model::architecture);
        Path own = folder.resolve("config.json");
        if (Files.exists(own, LinkOption.NOFOLLOW_LINKS)) {
            ConfigFields fields = ConfigFields.read(own);
            return model.withHead(head, LabelNames.of(fields), ProblemType.of(fields));
        }
        LabelNames labels = head.equals(Optional.of(Architecture.MULTIPLE_CHOICE))
                ? model.labelNames()
                : labelCount()
                        .filter(count -> count != model.labelNames().names().size())
                        .map(count -> LabelNames.numbered(count, true))
                        .orElse(model.labelNames());
        return model.withHead(head, labels, model.statedProblemType());
    }

    /**
     * Returns the rows of the classifier; one that has none or no known number of them is refused where parameters are
     * looked up.
     */
    private Optional<Integer> labelCount() {
        return Optional.ofNullable(tensors.whole().get(CLASSIFIER))
                .map(weights::shape)
                .filter(shape -> shape.length == 2 && shape[0] >= 1 && shape[0] <= LabelNames.MAX_LABELS)
                .map(shape -> (int) shape[0]);
    }

    /**
     * Returns a model's weights with this adapter in them. Matrices are merged when they are asked for, in the type in
     * which the model has them. The result takes over both the model's weights and the adapter: its owner closes it
     * alone.
     *
     * @throws WeightsException if the model does not have what the adapter changes, or has it in another shape
     */
    public Weights merged(Weights model) {
        UnaryOperator<String> names = Checkpoint.names(model);
        Map<String, UnaryOperator<Tensor>> changes = new LinkedHashMap<>();
        tensors.changes().forEach((parameter, change) -> {
            String name = names.apply(parameter);
            MergedMatrix.check(model, weights.origin(), name, parameter, change.shape(weights));
            changes.put(name, matrix -> change.read(weights).merged(matrix));
        });
        SequencedMap<String, String> taken = new LinkedHashMap<>();
        tensors.whole().forEach((parameter, own) -> taken.put(names.apply(parameter), own));
        checkComplete(model, names, changes);
        checkPooler(model, names, taken);
        return model.with(changes, weights, taken);
    }

    /**
     * Returns the weights of a model whose parts have names of their own, such as a GLiNER2 model, with the adapter in
     * a folder: one of PEFT, or one that GLiNER2 saved before it used PEFT. The result takes over both the model's
     * weights and the adapter.
     *
     * @throws ConfigException if the adapter's configuration is of something that is not supported
     * @throws WeightsException if the model does not have what the adapter changes, or has it in another shape
     */
    public static Weights mergedByName(Weights model, Path folder) {
        ConfigFields fields = ConfigFields.read(folder.resolve(AdapterConfig.NAME));
        if (LegacyAdapter.is(fields)) {
            return LegacyAdapter.merged(model, folder, fields);
        }
        Adapter adapter = open(folder);
        try {
            return adapter.mergedByName(model);
        } catch (RuntimeException | Error e) {
            adapter.close();
            throw e;
        }
    }

    private Weights mergedByName(Weights model) {
        Map<String, UnaryOperator<Tensor>> changes = new LinkedHashMap<>();
        tensors.changes().forEach((parameter, change) -> {
            String name = own(parameter);
            MergedMatrix.check(model, weights.origin(), name, name, change.shape(weights));
            changes.put(name, matrix -> change.read(weights).merged(matrix));
        });
        SequencedMap<String, String> taken = new LinkedHashMap<>();
        tensors.whole().forEach((parameter, own) -> taken.put(own(parameter), own));
        for (String name : model.names()) {
            String module = name.substring(0, Math.max(0, name.length() - AdapterTensors.WEIGHT.length()));
            if (name.endsWith(AdapterTensors.WEIGHT)
                    && !module.endsWith("embeddings")
                    && !module.endsWith("embedding")
                    && model.shape(name).length == 2
                    && !changes.containsKey(name)
                    && tensors.selects(module)
                    && !config.isSaved(module)) {
                throw incomplete(module);
            }
        }
        return model.with(changes, weights, taken);
    }

    /** Returns the name of a tensor as the adapter has it, without what a bare DeBERTa encoder's names get. */
    private static String own(String parameter) {
        return parameter.startsWith("deberta.") ? parameter.substring("deberta.".length()) : parameter;
    }

    /**
     * A layer of the model that the configuration selects and the adapter does not change would answer as if it had not
     * been trained.
     */
    private void checkComplete(Weights model, UnaryOperator<String> names, Map<String, UnaryOperator<Tensor>> changes) {
        String layers = names.apply(AdapterTensors.LAYERS);
        for (String name : model.names()) {
            if (!name.startsWith(layers)
                    || !name.endsWith(AdapterTensors.WEIGHT)
                    || changes.containsKey(name)
                    || model.shape(name).length != 2) {
                continue;
            }
            String module = AdapterTensors.LAYERS + name.substring(layers.length(), name.length() - ".weight".length());
            if (tensors.selects(module) && !config.isSaved(module)) {
                throw incomplete(module);
            }
        }
    }

    private WeightsException incomplete(String module) {
        return new WeightsException(
                weights.origin(),
                "does not change " + module + ", which target_modules in " + config.file()
                        + " selects: it is not complete, or one of another model");
    }

    private void checkPooler(Weights model, UnaryOperator<String> names, Map<String, String> taken) {
        String pooler = names.apply("pooler.dense.weight");
        if (config.head().equals(Optional.of(Architecture.SEQUENCE_CLASSIFICATION))
                && !model.contains(pooler)
                && !taken.containsKey(pooler)) {
            throw new WeightsException(
                    weights.origin(),
                    "holds no pooler, and neither does " + model.origin() + ": PEFT saves the pooler only where"
                            + " modules_to_save names it, so what this adapter was trained with is lost; train it again"
                            + " with pooler among modules_to_save");
        }
    }

    /** Unmaps the files; not to be called where {@link #merged} has taken them over. */
    @Override
    public void close() {
        weights.close();
    }
}
