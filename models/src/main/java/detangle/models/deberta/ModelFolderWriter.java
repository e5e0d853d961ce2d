package detangle.models.deberta;

import detangle.ir.Tensor;
import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.files.WholeFiles;
import detangle.models.files.WholeFolder;
import detangle.models.text.Tokenizers;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model as HuggingFace's code does: config.json, the files of its tokenizer, and model.safetensors, whose
 * tensors have the names of HuggingFace's layout. The folder is read by {@code Session.load} and by transformers.
 */
public final class ModelFolderWriter {
    /** The name of the file with the parameters. */
    public static final String WEIGHTS = "model.safetensors";

    private static final String CONFIG = "config.json";
    private static final String FUSED = "in_proj.weight";
    private static final String QUERY = ".attention.self.query_proj.weight";

    /** The tensors that the layout of v1 has in the place of a projection for each. */
    private static final List<String> OF_V1 =
            List.of(FUSED, "q_bias", "v_bias", "pos_proj.weight", "pos_q_proj.weight", "pos_q_proj.bias");

    private static final JsonMapper MAPPER = JsonMapper.shared();

    private final Path source;
    private final ModelType type;
    private final ObjectNode config;
    private final List<ModelFile> tokenizer;

    /** @param source of the configuration, for messages */
    private ModelFolderWriter(Path source, ModelType type, ObjectNode config, List<ModelFile> tokenizer) {
        this.source = source;
        this.type = type;
        this.config = config;
        this.tokenizer = List.copyOf(tokenizer);
    }

    /**
     * Returns a writer of models with the configuration and the tokenizer of another model.
     *
     * @param model a folder or an artifact
     * @throws ConfigException if it has no config.json, or one of its files cannot be read
     */
    public static ModelFolderWriter like(Path model) {
        return of(ConfigFields.read(model, CONFIG), model);
    }

    /**
     * Returns a writer of models with a configuration, and with the tokenizer of a model.
     *
     * @param tokenizers a folder or an artifact, whose files of a tokenizer are copied
     * @throws ConfigException if one of the files cannot be read
     */
    public static ModelFolderWriter of(ConfigFields config, Path tokenizers) {
        ModelFiles files = ModelFiles.of(tokenizers);
        List<ModelFile> tokenizer = new ArrayList<>();
        for (String name : Tokenizers.FILES) {
            try {
                files.find(name).ifPresent(tokenizer::add);
            } catch (IOException e) {
                throw new ConfigException(files.path(name), "cannot be read: " + e.getMessage(), e);
            }
        }
        ModelType type = DebertaConfig.of(config).modelType();
        ObjectNode written = (ObjectNode) config.root().deepCopy();
        written.put("model_type", type.text());
        // Parameters are written in single precision, whatever they were read in.
        for (String field : List.of("torch_dtype", "dtype")) {
            if (written.has(field)) {
                written.put(field, "float32");
            }
        }
        // What microsoft's configurations call otherwise than HuggingFace's.
        copy(written, config.object("pooling").root().path("hidden_act"), "pooler_hidden_act");
        copy(written, config.object("pooling").root().path("dropout"), "pooler_dropout");
        copy(written, written.path("padding_idx"), "pad_token_id");
        return new ModelFolderWriter(config.file(), type, written, tokenizer);
    }

    private static void copy(ObjectNode config, JsonNode value, String name) {
        if (!value.isMissingNode() && !config.has(name)) {
            config.set(name, value);
        }
    }

    private ModelFolderWriter with(ObjectNode changed) {
        return new ModelFolderWriter(source, type, changed, tokenizer);
    }

    /**
     * Returns a writer for another head. It writes that head's {@code architectures}, and leaves out the labels and the
     * problem type of the head before, as HuggingFace's question answering takes its size from labels. HuggingFace has
     * no class for {@link Architecture#MASKED_LM_EMD} and for {@link Architecture#REPLACED_TOKEN_DETECTION}, so
     * {@code architectures} is left out for them. The parameters of the former have the names of HuggingFace's masked
     * LM.
     */
    public ModelFolderWriter withHead(Architecture head) {
        ObjectNode changed = config.deepCopy();
        changed.remove(List.of("architectures", "id2label", "label2id", "num_labels", "_num_labels", "problem_type"));
        head.className(type).ifPresent(name -> changed.putArray("architectures").add(name));
        return with(changed);
    }

    /** Sets the names of the classes, by index. */
    public ModelFolderWriter withLabels(List<String> labels) {
        return with(
                (ObjectNode) new ConfigFields(source, config).withLabels(labels).root());
    }

    /** Sets what the labels of sequence classification mean. */
    public ModelFolderWriter withProblemType(ProblemType type) {
        ObjectNode changed = config.deepCopy();
        changed.put("problem_type", type.text());
        return with(changed);
    }

    /** Sets other rates of dropout, which models that are read from the folder are trained with as well. */
    public ModelFolderWriter withDropout(DropoutChange change) {
        ObjectNode changed = config.deepCopy();
        change.fields().forEach(changed::put);
        return with(changed);
    }

    /** Returns the configuration as it is written, which a program to train is built from. */
    public DebertaConfig config() {
        return DebertaConfig.of(new ConfigFields(source, config));
    }

    /**
     * Makes a folder of the model, whole or not at all.
     *
     * @param parameters by name, as programs name them
     * @throws detangle.models.files.FolderException if something is there already, or the folder cannot be written
     * @throws detangle.models.weights.WeightsException if the parameters do not fit HuggingFace's layout: v1's has no
     *     bias of keys, which microsoft's code trains
     */
    public void write(Path folder, Map<String, Tensor> parameters) {
        SequencedMap<String, Tensor> tensors = tensors(folder, parameters);
        WholeFolder.write(folder, part -> write(part, tensors));
    }

    /**
     * Writes the files of the model into a folder that is there; config.json, which makes it a model, comes last.
     *
     * @throws IOException if the disk is full, or the folder cannot be written
     */
    public void writeInto(Path folder, Map<String, Tensor> parameters) throws IOException {
        write(folder, tensors(folder, parameters));
    }

    private void write(Path folder, SequencedMap<String, Tensor> tensors) throws IOException {
        for (ModelFile file : tokenizer) {
            WholeFiles.write(folder.resolve(name(file)), file.content());
        }
        SafetensorsWriter.write(folder.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
        writeConfiguration(folder);
    }

    private static String name(ModelFile file) {
        return file.path().getFileName().toString();
    }

    /** Returns the names of the files of the tokenizer, which are written with the model. */
    public List<String> tokenizerFiles() {
        return tokenizer.stream().map(ModelFolderWriter::name).toList();
    }

    /** Writes config.json alone, for a folder whose weights are others than a model's. */
    public void writeConfiguration(Path folder) throws IOException {
        String text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n";
        WholeFiles.write(folder.resolve(CONFIG), text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the tensors of the file. A v1 model with separate projections gets v1's layout, and a head that predicts
     * tokens has the names that the configuration's {@code legacy} asks for.
     */
    private SequencedMap<String, Tensor> tensors(Path folder, Map<String, Tensor> parameters) {
        SequencedMap<String, Tensor> tensors = new TreeMap<>();
        boolean legacy = config().legacyHead();
        parameters.forEach((name, tensor) -> tensors.put(legacy ? Checkpoint.legacyName(name) : name, tensor));
        if (type == ModelType.DEBERTA) {
            ProjectionLayouts layouts = new ProjectionLayouts(config());
            for (String name : parameters.keySet()) {
                if (name.endsWith(QUERY)) {
                    String scope = name.substring(0, name.length() - "query_proj.weight".length());
                    tensors.keySet().removeIf(other -> other.startsWith(scope));
                    for (String ofV1 : OF_V1) {
                        layouts.find(other -> Optional.ofNullable(parameters.get(other)), folder, scope + ofV1)
                                .ifPresent(tensor -> tensors.put(scope + ofV1, tensor));
                    }
                }
            }
        }
        return tensors;
    }
}
