package detangle.hostile;

import detangle.ir.Tensor;
import detangle.models.adapter.AdapterConfig;
import detangle.pipelines.TextClassifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The folder of a LoRA adapter, beside a model that it changes. */
final class AdapterReader implements Reader {
    private static final String FOLDER = "adapter";
    private static final String CONFIG = FOLDER + "/" + AdapterConfig.NAME;
    private static final String WEIGHTS = FOLDER + "/adapter_model.safetensors";
    private static final String QUERY = "base_model.model.deberta.encoder.layer.%d.attention.self.query_proj.";
    private static final String TARGETS = "\"target_modules\":[\"query_proj\"]";

    /** What stands in the place of {@link #TARGETS}, and what the message has. */
    private static final String[][] FIELDS = {
        {"\"target_modules\":7", "target_modules"},
        {"\"target_modules\":{}", "target_modules"},
        {"\"target_modules\":[[]]", "target_modules"},
        {"\"target_modules\":[\"" + "a".repeat(1000) + "\"]", "target_modules"},
        {"\"target_modules\":[" + "\"a\",".repeat(5000) + "\"query_proj\"]", "target_modules"},
        {"\"target_modules\":\"" + "(".repeat(5000) + "\"", "target_modules"},
        {"\"target_modules\":\"((.*)*.*)*query_proj\"", ""},
        {"\"target_modules\":\"(([a-z0-9_.]*)*)*!\"", "target_modules"},
        {"\"target_modules\":\"(?i:query)\\\\1\"", "target_modules"},
        {TARGETS + ",\"r\":2147483648", "r is"},
        {TARGETS + ",\"r\":65536", "says rank 65536"},
        {TARGETS + ",\"r\":-2", "r is -2"},
        {TARGETS + ",\"lora_alpha\":1e999", "lora_alpha"},
        {TARGETS + ",\"lora_alpha\":NaN", "lora_alpha"},
        {TARGETS + ",\"lora_alpha\":1e300", "not a finite number"},
        {TARGETS + ",\"rank_pattern\":{\"" + "(a*)*".repeat(150) + "\":2}", "rank_pattern"},
        {TARGETS + ",\"rank_pattern\":" + patterns(5000), "rank_pattern"},
        {TARGETS + ",\"alpha_pattern\":" + patterns(4000), ""},
        {TARGETS + ",\"alpha_pattern\":[1]", "alpha_pattern"},
        {TARGETS + ",\"layers_to_transform\":[1e300]", "layers_to_transform"},
        {TARGETS + ",\"layers_to_transform\":[0]", "target_modules"},
        {TARGETS + ",\"modules_to_save\":[7]", "modules_to_save"},
        {TARGETS + ",\"peft_type\":\"\\u001b[2J\"", "peft_type"},
        {TARGETS + ",\"bias\":\"all\"", "bias"},
    };

    private static String patterns(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"layer." + i + ".x\":2")
                .collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    public String name() {
        return "adapter";
    }

    @Override
    public List<Hostile> good() {
        return List.of(new Hostile("queries of two layers and a classifier", files(), ""));
    }

    private static SequencedMap<String, Tensor> tensors() {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        for (int layer = 0; layer < 2; layer++) {
            tensors.put(QUERY.formatted(layer) + "lora_A.weight", SmallModel.all(0.5f, 2, 8));
            tensors.put(QUERY.formatted(layer) + "lora_B.weight", SmallModel.all(0.1f, 8, 2));
        }
        tensors.put("base_model.model.classifier.weight", SmallModel.all(0.3f, 2, 8));
        tensors.put("base_model.model.classifier.bias", SmallModel.all(0, 2));
        return tensors;
    }

    private static String config(String targets) {
        return "{\"peft_type\":\"LORA\",\"task_type\":\"SEQ_CLS\",\"r\":2,\"lora_alpha\":4," + targets + "}";
    }

    private static FolderWriter files() {
        return files(config(TARGETS), tensors());
    }

    private static FolderWriter files(String config, Map<String, Tensor> tensors) {
        return SmallModel.classifier()
                .files()
                .and(FolderWriter.file(CONFIG, config))
                .and(SmallModel.weights(WEIGHTS, tensors));
    }

    private static Hostile with(String name, Consumer<Map<String, Tensor>> change, String message) {
        SequencedMap<String, Tensor> tensors = tensors();
        change.accept(tensors);
        return new Hostile(name, files(config(TARGETS), tensors), message);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        for (String[] field : FIELDS) {
            String shown = field[0].length() > 80 ? field[0].substring(0, 80) + "..." : field[0];
            all.add(new Hostile(all.size() + ": " + shown, files(config(field[0]), tensors()), field[1]));
        }
        String a = QUERY.formatted(0) + "lora_A.weight";
        String b = QUERY.formatted(0) + "lora_B.weight";
        all.add(with("no tensors", Map::clear, "holds no lora_A.weight"));
        all.add(with("B is lacking", t -> t.remove(b), "without lora_B.weight"));
        all.add(with("A is lacking", t -> t.remove(a), "without lora_A.weight"));
        all.add(with("A is a vector", t -> t.put(a, SmallModel.all(1, 16)), "shape [16]"));
        all.add(with("A is a scalar", t -> t.put(a, SmallModel.all(1)), "shape []"));
        all.add(with("A has no columns", t -> t.put(a, SmallModel.all(1, 2, 0)), "of shape [8, 0]"));
        all.add(with("B has rows of a large model", t -> t.put(b, SmallModel.all(1, 4096, 2)), "of shape [4096, 8]"));
        all.add(with("A is not finite", t -> t.put(a, SmallModel.all(Float.NaN, 2, 8)), "holds NaN"));
        all.add(with("B overflows", t -> t.put(b, SmallModel.all(Float.MAX_VALUE, 8, 2)), "not a finite number"));
        all.add(with(
                "A is of whole numbers",
                t -> t.put(a, Tensor.of(new long[16], 2, 8)),
                "dtype I64, which is not one of numbers"));
        all.add(with(
                "a classifier of no rows",
                t -> t.put("base_model.model.classifier.weight", SmallModel.all(0, 0, 8)),
                "classifier"));
        all.add(with(
                "a classifier of as many rows as a long counts",
                t -> t.put("base_model.model.classifier.weight", SmallModel.all(0, Long.MAX_VALUE, 0)),
                "classifier"));
        all.add(with(
                "a classifier that is a scalar",
                t -> t.put("base_model.model.classifier.weight", SmallModel.all(0)),
                "classifier"));
        all.add(with(
                "a name that is not PEFT's",
                t -> t.put("query_proj.lora_A.weight", SmallModel.all(0, 2, 8)),
                "begin with"));
        all.add(with(
                "a name of 60000 characters",
                t -> t.put("base_model.model." + "a.".repeat(30_000) + "lora_A.weight", SmallModel.all(0, 2, 8)),
                "at most 512 characters"));
        all.add(with(
                "a layer that the model lacks",
                t -> {
                    t.put(QUERY.formatted(7) + "lora_A.weight", SmallModel.all(0.5f, 2, 8));
                    t.put(QUERY.formatted(7) + "lora_B.weight", SmallModel.all(0.5f, 8, 2));
                },
                "does not hold"));
        for (String name : List.of(CONFIG, WEIGHTS)) {
            all.addAll(StrangeFiles.inThePlaceOf(name, files()));
        }
        return all;
    }

    @Override
    public void read(Path folder) {
        try (TextClassifier classifier =
                TextClassifier.load(folder, SmallModel.OPTIONS.withAdapter(folder.resolve(FOLDER)))) {
            classifier.classify(SmallModel.TEXT);
        }
    }
}
