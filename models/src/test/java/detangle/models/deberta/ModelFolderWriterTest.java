package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ModelFolderWriterTest {
    private static final String SIZES =
            "\"vocab_size\":40,\"hidden_size\":8,\"num_hidden_layers\":1,\"num_attention_heads\":2,\"intermediate_size\":8,"
                    + "\"relative_attention\":true,\"pos_att_type\":\"c2p|p2c\",\"max_position_embeddings\":16";

    @TempDir
    Path root;

    private Path source;

    @BeforeEach
    void tokenizer() throws IOException {
        source = Files.createDirectory(root.resolve("source"));
        Files.writeString(source.resolve("spm.model"), "pieces");
        Files.writeString(source.resolve("tokenizer_config.json"), "{}");
        Files.writeString(source.resolve("notes.txt"), "not of the model");
    }

    private ModelFolderWriter like(String config) throws IOException {
        Files.writeString(source.resolve("config.json"), "{" + config + "," + SIZES + "}");
        return ModelFolderWriter.like(source);
    }

    private static JsonNode written(Path folder) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(folder.resolve("config.json")));
    }

    private static Map<String, Tensor> parameters(DebertaConfig config) {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        return new HashMap<>(new InitialWeights(config, Convention.HUGGINGFACE, 1)
                .of(TrainingModel.build(config, head, TrainingModelOptions.of(head))));
    }

    @Test
    void writesAFolderAsHuggingFaceDoes() throws IOException {
        ModelFolderWriter writer = like("\"model_type\":\"deberta-v2\",\"torch_dtype\":\"float16\",\"mine\":7,"
                        + "\"num_labels\":9,\"architectures\":[\"DebertaV2ForMaskedLM\"]")
                .withHead(Architecture.SEQUENCE_CLASSIFICATION)
                .withLabels(List.of("no", "yes"))
                .withProblemType(ProblemType.SINGLE_LABEL_CLASSIFICATION);
        Map<String, Tensor> parameters = parameters(writer.config());
        Path folder = root.resolve("trained");
        writer.write(folder, parameters);
        JsonNode config = written(folder);
        assertEquals(
                "[\"DebertaV2ForSequenceClassification\"]",
                config.path("architectures").toString());
        assertEquals("{\"0\":\"no\",\"1\":\"yes\"}", config.path("id2label").toString());
        assertEquals("{\"no\":0,\"yes\":1}", config.path("label2id").toString());
        assertEquals("single_label_classification", config.path("problem_type").asString());
        assertEquals("float32", config.path("torch_dtype").asString());
        assertEquals(7, config.path("mine").asInt());
        assertFalse(config.has("num_labels"));
        assertEquals("pieces", Files.readString(folder.resolve("spm.model")));
        assertTrue(Files.exists(folder.resolve("tokenizer_config.json")));
        assertFalse(Files.exists(folder.resolve("notes.txt")));
        try (Weights weights = Weights.open(folder)) {
            assertEquals(parameters.size(), weights.names().size());
            parameters.forEach((name, tensor) ->
                    assertArrayEquals(tensor.toFloats(), weights.get(name).toFloats(), name));
        }
        assertEquals(
                Architecture.SEQUENCE_CLASSIFICATION,
                DebertaConfig.read(folder).architecture().orElseThrow());
    }

    /** HuggingFace's head of answers has as many rows as there are labels. */
    @Test
    void anotherHeadForgetsTheLabels() throws IOException {
        ModelFolderWriter writer =
                like("\"model_type\":\"deberta-v2\",\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"},"
                                + "\"label2id\":{\"a\":0},\"problem_type\":\"single_label_classification\"")
                        .withHead(Architecture.QUESTION_ANSWERING);
        writer.write(root.resolve("answers"), parameters(writer.config()));
        JsonNode config = written(root.resolve("answers"));
        for (String field : List.of("id2label", "label2id", "problem_type")) {
            assertFalse(config.has(field), field);
        }
    }

    @Test
    void microsoftsConfigurationBecomesHuggingFaces() throws IOException {
        ModelFolderWriter writer = like("\"pooling\":{\"hidden_act\":\"tanh\",\"dropout\":0.3},\"padding_idx\":1")
                .withHead(Architecture.ENCODER);
        writer.write(root.resolve("ours"), parameters(writer.config()));
        JsonNode config = written(root.resolve("ours"));
        assertEquals("deberta-v2", config.path("model_type").asString());
        assertEquals("tanh", config.path("pooler_hidden_act").asString());
        assertEquals(0.3, config.path("pooler_dropout").asDouble());
        assertEquals(1, config.path("pad_token_id").asInt());
    }

    /** Where they stand apart, as in microsoft's code; a bias of keys that is not zero has no place there. */
    @Test
    void projectionsOfV1AreWrittenInItsLayout() throws IOException {
        ModelFolderWriter writer = like("\"model_type\":\"deberta\"");
        Map<String, Tensor> fused = parameters(writer.config());
        ProjectionLayouts layouts = new ProjectionLayouts(writer.config());
        String scope = "deberta.encoder.layer.0.attention.self.";
        Map<String, Tensor> apart = new HashMap<>(fused);
        apart.keySet().removeIf(name -> name.startsWith(scope));
        for (String name : List.of("query_proj", "key_proj", "value_proj", "pos_key_proj", "pos_query_proj")) {
            for (String part : List.of(".weight", ".bias")) {
                apart.put(
                        scope + name + part,
                        layouts.find(n -> Optional.ofNullable(fused.get(n)), source, scope + name + part)
                                .orElseThrow());
            }
        }
        writer.write(root.resolve("v1"), apart);
        try (Weights weights = Weights.open(root.resolve("v1"))) {
            assertEquals(fused.size(), weights.names().size());
            fused.forEach((name, tensor) ->
                    assertArrayEquals(tensor.toFloats(), weights.get(name).toFloats(), name));
        }
        apart.put(scope + "key_proj.bias", Tensor.of(new float[] {0, 0, 0, 0, 0, 0, 0, 1}, 8));
        WeightsException refused = assertThrows(WeightsException.class, () -> writer.write(root.resolve("not"), apart));
        assertTrue(
                refused.getMessage().contains("key_proj.bias is not zero, and model_type deberta has no such bias"),
                refused.getMessage());
        assertFalse(Files.exists(root.resolve("not")));
    }
}
