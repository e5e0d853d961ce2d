package detangle.server;

import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Questions of several tasks with texts of mixed lengths, and the models that answer them: each as large as the one
 * that ships, and a smaller one that extracts entities.
 */
final class MixedTasks {
    static final List<String> NLI = List.of("contradiction", "neutral", "entailment");
    static final List<String> LABELS = List.of("banking", "travel", "sport");
    private static final List<String> TAGS = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");

    private MixedTasks() {}

    /** A request's path and its body. */
    record Question(String path, Object body) {}

    /** The models by their names. */
    static SequencedMap<String, Path> models(Path folder) throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("classes", TinyModel.SHIPPED);
        models.put("tags", ofShippedSize(folder.resolve("tags"), "ForTokenClassification", TAGS));
        models.put("vectors", ofShippedSize(folder.resolve("vectors"), "Model", List.of("LABEL_0")));
        models.put("nli", ofShippedSize(folder.resolve("nli"), "ForSequenceClassification", NLI));
        models.put("gliner", TinyGliner.write(folder.resolve("gliner")));
        return models;
    }

    /** A model of random weights with the encoder's sizes and the tokenizer of the model that ships. */
    private static Path ofShippedSize(Path folder, String className, List<String> labels) throws IOException {
        Files.createDirectories(folder);
        ObjectNode config =
                (ObjectNode) JsonMapper.shared().readTree(Files.readString(TinyModel.SHIPPED.resolve("config.json")));
        config.putArray("architectures").add("DebertaV2" + className);
        config.remove(List.of("label2id", "dtype", "torch_dtype"));
        ObjectNode names = config.putObject("id2label");
        for (int i = 0; i < labels.size(); i++) {
            names.put(Integer.toString(i), labels.get(i));
        }
        Files.writeString(folder.resolve("config.json"), config.toString());
        Files.copy(TinyModel.SHIPPED.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        DebertaConfig read = DebertaConfig.read(folder);
        SafetensorsWriter.write(
                folder.resolve("model.safetensors"),
                new TreeMap<>(RandomWeights.of(
                        DebertaModel.build(read, read.architecture().orElseThrow(), ModelOptions.DEFAULT))),
                Map.of());
        return folder;
    }

    /** Each task with each text. */
    static List<Question> questions(List<String> texts) {
        List<Question> questions = new ArrayList<>();
        for (String text : texts) {
            questions.add(new Question("/models/classes", Map.of("inputs", text)));
            questions.add(new Question(
                    "/models/tags",
                    Map.of(
                            "inputs",
                            text,
                            "parameters",
                            Map.of("aggregation_strategy", "none", "ignore_labels", List.of()))));
            questions.add(new Question("/models/vectors", Map.of("inputs", text)));
            questions.add(new Question(
                    "/models/nli", Map.of("inputs", text, "parameters", Map.of("candidate_labels", LABELS))));
            questions.add(new Question(
                    "/models/gliner",
                    Map.of("inputs", text, "parameters", Map.of("labels", List.of("person", "city", "card")))));
        }
        return questions;
    }
}
