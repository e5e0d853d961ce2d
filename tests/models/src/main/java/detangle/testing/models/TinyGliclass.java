package detangle.testing.models;

import detangle.ir.Tensor;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A folder with a small GLiClass model of random weights, and the tokenizer of the model that ships with the project.
 */
public final class TinyGliclass {
    private TinyGliclass() {}

    /** Writes the model, in a published model's layout. */
    public static Path write(Path folder) throws IOException {
        return write(folder, "\"architecture_type\":\"uni-encoder\"");
    }

    /**
     * Writes a model whose labels have an encoder of their own, with its tokenizer in the folder {@code labels}.
     *
     * @param kind {@code bi-encoder} or {@code bi-encoder-fused}
     */
    public static Path writeBiEncoder(Path folder, String kind) throws IOException {
        Path labels = Files.createDirectories(folder.resolve("labels"));
        Files.copy(TinyModel.SHIPPED.resolve("tokenizer.json"), labels.resolve("tokenizer.json"));
        return write(folder, """
                "architecture_type":"%s","label_model_name":"somebody/labels","label_model_config":{
                "model_type":"bert","vocab_size":4001,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,
                "intermediate_size":16,"hidden_act":"gelu","max_position_embeddings":40,"type_vocab_size":2}
                """.formatted(kind));
    }

    private static Path write(Path folder, String kind) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), """
                {"model_type":"GLiClass",%s,"hidden_size":16,"vocab_size":4004,
                "class_token_index":4001,"text_token_index":4002,"example_token_index":4003,"prompt_first":true,
                "pooling_strategy":"first","scorer_type":"mlp","projector_hidden_act":"gelu",
                "encoder_config":{"model_type":"deberta-v2","vocab_size":4004,"hidden_size":16,
                "num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":48,"hidden_act":"gelu",
                "max_position_embeddings":48,"type_vocab_size":0,"layer_norm_eps":1e-7,"relative_attention":true,
                "max_relative_positions":-1,"position_buckets":8,"norm_rel_ebd":"layer_norm","share_att_key":true,
                "pos_att_type":"p2c|c2p","position_biased_input":false,"pad_token_id":0}}
                """.formatted(kind));
        GliclassConfig config = GliclassConfig.read(folder);
        SequencedMap<String, Tensor> tensors = new TreeMap<>();
        RandomWeights.of(DebertaModel.build(config.encoder(), GliclassModel.encoder(config), ModelOptions.DEFAULT))
                .forEach((name, tensor) ->
                        tensors.put(name.replaceFirst("^deberta\\.", "model.encoder_model."), tensor));
        RandomWeights.of(GliclassModel.scores(config)).forEach((name, tensor) -> tensors.put(name, larger(tensor)));
        config.labels()
                .ifPresent(labels -> RandomWeights.of(DebertaModel.build(
                                labels.config(), GliclassModel.labelEncoder(config), ModelOptions.DEFAULT))
                        .forEach((name, tensor) -> tensors.put(ofBert(name), tensor)));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
        ObjectNode tokenizer = (ObjectNode)
                JsonMapper.shared().readTree(Files.readString(TinyModel.SHIPPED.resolve("tokenizer.json")));
        int id = 4001;
        for (String token : new String[] {"<<LABEL>>", "<<SEP>>", "<<EXAMPLE>>"}) {
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
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        return folder;
    }

    /** Returns the name of a tensor of the encoder of labels, which is BERT. */
    private static String ofBert(String name) {
        return name.replaceFirst("^deberta\\.", "model.label_encoder.")
                .replaceFirst("(\\.attention\\.self\\.\\w+)_proj\\.", "$1.");
    }

    /** Small weights would give all labels the same score, to the digits that are printed. */
    private static Tensor larger(Tensor tensor) {
        float[] values = tensor.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] *= 20;
        }
        return Tensor.of(values, tensor.shape());
    }
}
