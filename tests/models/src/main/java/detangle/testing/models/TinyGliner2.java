package detangle.testing.models;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.gliner2.CountingLayer;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Small GLiNER2 models of random weights, with the tokenizer of the model that ships with the project. */
public final class TinyGliner2 {
    private static final List<String> TOKENS = List.of(
            "[SEP_STRUCT]", "[SEP_TEXT]", "[P]", "[C]", "[E]", "[R]", "[L]", "[EXAMPLE]", "[OUTPUT]", "[DESCRIPTION]");

    private static final int WORDS = 4001;
    private static final float DEVIATION = 0.3f;

    private TinyGliner2() {}

    /** Returns a model with the counting layer of fastino/gliner2-base-v1. */
    public static Path write(Path folder) throws IOException {
        return write(folder, CountingLayer.COUNT_LSTM_V2);
    }

    public static Path write(Path folder, CountingLayer counting) throws IOException {
        return writeConfig(folder, """
            {"model_type":"extractor","model_name":"microsoft/deberta-v3-base","max_width":6,"max_len":null,
            "counting_layer":"%s","token_pooling":"first"}
            """.formatted(counting.text()));
    }

    /**
     * Returns a model of the boundary architecture.
     *
     * @param head more fields of {@code boundary_head}, each with a comma before it
     */
    public static Path writeBoundary(Path folder, String head) throws IOException {
        return writeConfig(folder, """
            {"model_type":"extractor","model_name":"microsoft/deberta-v3-base","architecture":"boundary",
            "config_version":3,"boundary_head":{"boundary_dim":24,"pair_dim":16,"record_dim":12%s}}
            """.formatted(head));
    }

    private static Path writeConfig(Path folder, String json) throws IOException {
        Files.createDirectories(folder.resolve("encoder_config"));
        Files.writeString(folder.resolve(Gliner2Config.FILE), json);
        Files.writeString(folder.resolve(Gliner2Config.ENCODER_FILE), """
            {"model_type":"deberta-v2","vocab_size":4001,"hidden_size":32,"num_hidden_layers":2,
            "num_attention_heads":4,"intermediate_size":48,"hidden_act":"gelu","max_position_embeddings":48,
            "type_vocab_size":0,"layer_norm_eps":1e-7,"relative_attention":true,"max_relative_positions":-1,
            "position_buckets":8,"norm_rel_ebd":"layer_norm","share_att_key":true,"pos_att_type":"p2c|c2p",
            "position_biased_input":false}
            """);
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
        Gliner2Config config = Gliner2Config.read(folder, WORDS + TOKENS.size());
        TreeMap<String, Tensor> weights = new TreeMap<>();
        Program encoder = DebertaModel.build(config.encoder(), Gliner2Programs.encoder(), ModelOptions.DEFAULT);
        RandomWeights.types(encoder)
                .forEach((name, type) -> weights.put(name.replaceFirst("^deberta\\.", "encoder."), random(name, type)));
        for (Program program : Gliner2Programs.whole(config)) {
            RandomWeights.types(program).forEach((name, type) -> weights.put(name, random(name, type)));
        }
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
        return folder;
    }

    /** Normal numbers; the scales of normalisations are around 1. */
    private static Tensor random(String name, TensorType type) {
        long[] shape = type.shape().sizes();
        Random random = new Random(name.hashCode());
        float mean = name.contains("LayerNorm.weight") || name.matches(".*norm\\d?\\.weight") ? 1 : 0;
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = mean + DEVIATION * (float) random.nextGaussian();
        }
        return Tensor.of(values, shape);
    }

    private static String tokenizer() throws IOException {
        ObjectNode tokenizer = (ObjectNode)
                JsonMapper.shared().readTree(Files.readString(TinyModel.SHIPPED.resolve("tokenizer.json")));
        int id = WORDS;
        for (String token : TOKENS) {
            ((ArrayNode) tokenizer.get("added_tokens"))
                    .addObject()
                    .put("id", id++)
                    .put("content", token)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        return tokenizer.toString();
    }
}
