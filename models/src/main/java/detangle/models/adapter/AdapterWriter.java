package detangle.models.adapter;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.files.WholeFiles;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.json.JsonMapper;

/** Writes adapters in the files of HuggingFace's PEFT. */
public final class AdapterWriter {
    private static final String WEIGHTS = "adapter_model.safetensors";

    /** The names of the files that are written. */
    public static final List<String> FILES = List.of(AdapterConfig.NAME, WEIGHTS);

    private AdapterWriter() {}

    /**
     * Writes the files of an adapter into a folder that is there; the configuration, which makes it one, comes last.
     *
     * @param parameters the adapter's own and those of the modules that it saves, as programs name them:
     *     {@code ...query_proj.lora_A.weight}, {@code classifier.weight}
     * @throws detangle.models.weights.WeightsException if the tensors cannot be written
     * @throws IOException if the configuration cannot be written
     */
    public static void writeInto(Path folder, AdapterConfig config, Map<String, Tensor> parameters) throws IOException {
        TreeMap<String, Tensor> tensors = new TreeMap<>();
        parameters.forEach((name, tensor) -> tensors.put(AdapterTensors.PREFIX + name, tensor));
        SafetensorsWriter.write(folder.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
        String json = JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(fields(config)) + "\n";
        WholeFiles.write(folder.resolve(AdapterConfig.NAME), json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Returns the fields that PEFT's LoraConfig writes, sorted as it sorts them; what it adds later has a default
     * there.
     */
    private static Map<String, Object> fields(AdapterConfig config) {
        Map<String, Object> fields = new TreeMap<>();
        for (String name : List.of("auto_mapping", "layers_pattern", "layers_to_transform", "revision", "task_type")) {
            fields.put(name, null);
        }
        fields.put("peft_type", "LORA");
        config.head().flatMap(AdapterWriter::task).ifPresent(task -> fields.put("task_type", task));
        fields.put("base_model_name_or_path", config.baseModel().orElse(null));
        fields.put("bias", "none");
        fields.put("fan_in_fan_out", false);
        fields.put("inference_mode", true);
        fields.put("init_lora_weights", true);
        fields.put("r", config.rank());
        fields.put("lora_alpha", number(config.alpha()));
        fields.put("lora_dropout", config.dropout());
        fields.put("use_rslora", config.rankStabilized());
        fields.put("use_dora", config.dora());
        fields.put("rank_pattern", whole(config.rankPattern()));
        fields.put("alpha_pattern", whole(config.alphaPattern()));
        fields.put("modules_to_save", config.modulesToSave());
        switch (config.targets()) {
            case TargetModules.AllLinear all -> fields.put("target_modules", "all-linear");
            case TargetModules.Expression(String text) -> fields.put("target_modules", text);
            case TargetModules.Names(List<String> names, Optional<Set<Integer>> layers) -> {
                fields.put("target_modules", names);
                layers.ifPresent(numbers -> fields.put("layers_to_transform", new TreeSet<>(numbers)));
            }
        }
        return fields;
    }

    private static Map<String, Object> whole(Map<String, Double> numbers) {
        Map<String, Object> all = new TreeMap<>();
        numbers.forEach((expression, value) -> all.put(expression, number(value)));
        return all;
    }

    /** Python tells 8 and 8.0 apart. */
    private static Object number(double value) {
        return value == (int) value ? (Object) (int) value : (Object) value;
    }

    /** PEFT knows no task for the other heads. */
    private static Optional<String> task(Architecture head) {
        return switch (head) {
            case SEQUENCE_CLASSIFICATION -> Optional.of("SEQ_CLS");
            case TOKEN_CLASSIFICATION -> Optional.of("TOKEN_CLS");
            case QUESTION_ANSWERING -> Optional.of("QUESTION_ANS");
            case ENCODER -> Optional.of("FEATURE_EXTRACTION");
            case MULTIPLE_CHOICE, MASKED_LM, MASKED_LM_EMD, REPLACED_TOKEN_DETECTION -> Optional.empty();
        };
    }
}
