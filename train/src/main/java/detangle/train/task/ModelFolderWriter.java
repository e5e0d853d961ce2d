package detangle.train.task;

import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.text.Tokenizers;
import detangle.models.weights.SafetensorsWriter;
import detangle.train.ModelWriter;
import detangle.train.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model as a folder that every command here and HuggingFace's transformers load: config.json with the task and its labels,
 * model.safetensors, and the files of the tokenizer.
 */
final class ModelFolderWriter implements ModelWriter {
    private static final String CONFIG = "config.json";

    private final DebertaConfig config;
    private final Task task;
    private final Map<String, byte[]> files = new LinkedHashMap<>();

    /**
     * Reads what is copied, so that the folder that it comes from may change.
     *
     * @param configuration where config.json comes from
     * @param tokenizer where the tokenizer comes from
     * @param config the configuration with the head of the task
     */
    ModelFolderWriter(ModelFiles configuration, ModelFiles tokenizer, DebertaConfig config, Task task) {
        this.config = config;
        this.task = task;
        files.put(CONFIG, configured(read(configuration, CONFIG).orElseThrow()));
        Tokenizers.fileNames().forEach(name -> read(tokenizer, name).ifPresent(content -> files.put(name, content)));
    }

    private static Optional<byte[]> read(ModelFiles from, String name) {
        try {
            return from.find(name).map(ModelFile::content);
        } catch (IOException e) {
            throw new TrainingException(from.path(name) + " cannot be read: " + e.getMessage(), e);
        }
    }

    private byte[] configured(byte[] original) {
        ObjectNode node = (ObjectNode) JsonMapper.shared().readTree(original);
        node.put("model_type", config.modelType().text());
        task.head()
                .className(config.modelType())
                .ifPresent(name -> node.putArray("architectures").add(name));
        node.remove(List.of("num_labels", "torch_dtype", "id2label", "label2id", "problem_type", "_name_or_path"));
        node.put("dtype", "float32");
        if (!task.labels().isEmpty()) {
            ObjectNode byId = node.putObject("id2label");
            ObjectNode byLabel = node.putObject("label2id");
            for (int i = 0; i < task.labels().size(); i++) {
                byId.put(Integer.toString(i), task.labels().get(i));
                byLabel.put(task.labels().get(i), i);
            }
        }
        task.problem()
                .ifPresent(problem -> node.put("problem_type", problem.name().toLowerCase(Locale.ROOT)));
        ObjectNode sorted = JsonMapper.shared().createObjectNode();
        new TreeMap<>(Map.copyOf(asMap(node))).forEach(sorted::set);
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsBytes(sorted);
    }

    private static Map<String, JsonNode> asMap(ObjectNode node) {
        Map<String, JsonNode> map = new LinkedHashMap<>();
        node.properties().forEach(e -> map.put(e.getKey(), e.getValue()));
        return map;
    }

    @Override
    public void write(Path folder, Map<String, Tensor> parameters) {
        SequencedMap<String, Tensor> sorted = new LinkedHashMap<>(new TreeMap<>(parameters));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), sorted, Map.of("format", "pt"));
        files.forEach((name, content) -> {
            try {
                Files.write(folder.resolve(name), content);
            } catch (IOException e) {
                throw new TrainingException(folder.resolve(name) + " cannot be written: " + e.getMessage(), e);
            }
        });
    }
}
