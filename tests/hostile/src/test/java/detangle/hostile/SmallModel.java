package detangle.hostile;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import detangle.pipelines.PipelineOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The smallest model that has all that a DeBERTa has, as files of a folder of which each can be made another.
 *
 * @param config the fields of config.json, as JSON
 * @param tensors of model.safetensors
 */
record SmallModel(SequencedMap<String, String> config, SequencedMap<String, Tensor> tensors) {
    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model.safetensors";
    static final String VOCABULARY = "vocab.txt";

    /** The tokens of vocab.txt, a line each. */
    static final String TOKENS = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nwhere\nis\nmy\ncard\n?\n##s\nthe\nmoney\n";

    static final String TEXT = "Where is my card?";

    /** The interpreter takes no time to warm up, which would be measured with the files. */
    static final PipelineOptions OPTIONS = PipelineOptions.DEFAULT.withBackend("reference");

    private static final Map<Architecture, SmallModel> MODELS = new LinkedHashMap<>();

    SmallModel {
        config = new LinkedHashMap<>(config);
        tensors = new LinkedHashMap<>(tensors);
    }

    /** A classifier of two labels. */
    static SmallModel classifier() {
        return of(Architecture.SEQUENCE_CLASSIFICATION);
    }

    /** The model with a head. */
    static synchronized SmallModel of(Architecture head) {
        return MODELS.computeIfAbsent(head, SmallModel::made);
    }

    private static SmallModel made(Architecture head) {
        SequencedMap<String, String> config = new LinkedHashMap<>();
        config.put("model_type", "\"deberta-v2\"");
        config.put("vocab_size", "13");
        config.put("hidden_size", "8");
        config.put("num_hidden_layers", "2");
        config.put("num_attention_heads", "2");
        config.put("intermediate_size", "12");
        config.put("hidden_act", "\"gelu\"");
        config.put("max_position_embeddings", "16");
        config.put("type_vocab_size", "2");
        config.put("layer_norm_eps", "1e-7");
        config.put("relative_attention", "true");
        config.put("position_buckets", "4");
        config.put("norm_rel_ebd", "\"layer_norm\"");
        config.put("share_att_key", "true");
        config.put("pos_att_type", "\"p2c|c2p\"");
        config.put("position_biased_input", "false");
        config.put("conv_kernel_size", "3");
        config.put("conv_act", "\"gelu\"");
        config.put("pooler_hidden_act", "\"gelu\"");
        config.put("id2label", "{\"0\":\"no\",\"1\":\"yes\"}");
        SmallModel model = new SmallModel(config, new LinkedHashMap<>());
        Program program = DebertaModel.build(model.read(), head, ModelOptions.DEFAULT);
        model.tensors.putAll(new TreeMap<>(RandomWeights.of(program)));
        return model;
    }

    private DebertaConfig read() {
        try {
            Path file = Files.createTempFile("config", ".json");
            try {
                Files.writeString(file, json());
                return DebertaConfig.read(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    String json() {
        return config.entrySet().stream()
                .map(field -> "\"" + field.getKey() + "\":" + field.getValue())
                .collect(Collectors.joining(",\n", "{", "}"));
    }

    /** With another value of a field, which may be new. */
    SmallModel with(String field, String json) {
        SmallModel copy = new SmallModel(config, tensors);
        copy.config.put(field, json);
        return copy;
    }

    SmallModel without(String field) {
        SmallModel copy = new SmallModel(config, tensors);
        copy.config.remove(field);
        return copy;
    }

    /** With another tensor of a name, which may be new. */
    SmallModel withTensor(String name, Tensor tensor) {
        SmallModel copy = new SmallModel(config, tensors);
        copy.tensors.put(name, tensor);
        return copy;
    }

    SmallModel withoutTensor(String name) {
        SmallModel copy = new SmallModel(config, tensors);
        copy.tensors.remove(name);
        return copy;
    }

    /** With other names of tensors; those that get none are left out. */
    SmallModel renamed(UnaryOperator<String> names) {
        SmallModel copy = new SmallModel(config, new LinkedHashMap<>());
        tensors.forEach((name, tensor) ->
                Optional.ofNullable(names.apply(name)).ifPresent(other -> copy.tensors.put(other, tensor)));
        return copy;
    }

    /** All files, with the least tokenizer. */
    FolderWriter files() {
        return FolderWriter.file(VOCABULARY, TOKENS).and(withoutTokenizer());
    }

    FolderWriter withoutTokenizer() {
        return FolderWriter.file(CONFIG, json()).and(weights(WEIGHTS, tensors));
    }

    /** A safetensors file. */
    static FolderWriter weights(String name, Map<String, Tensor> tensors) {
        return folder -> {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            SafetensorsWriter.write(file, new LinkedHashMap<>(tensors), Map.of());
        };
    }

    /** Values of a tensor, all the same. */
    static Tensor all(float value, long... shape) {
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        java.util.Arrays.fill(values, value);
        return Tensor.of(values, shape);
    }

    /** The names of fields and the JSON of what they hold, as a Hostile of each. */
    static List<Hostile> fields(SmallModel model, String[][] fields) {
        return java.util.Arrays.stream(fields)
                .map(f -> new Hostile(
                        f[0] + " is " + (f[1].length() > 60 ? f[1].substring(0, 60) + "... of " + f[1].length() : f[1]),
                        model.with(f[0], f[1]).files(),
                        f[2]))
                .toList();
    }
}
