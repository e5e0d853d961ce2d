package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.text.Tokenizers;
import detangle.models.weights.SafetensorsWriter;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From tokens' states to vectors, by the definitions in sentence-transformers. */
class SentenceVectorsTest {
    private static final double[][] STATES = {{1, 2}, {3, -4}, {5, 0}};
    private static final String TEXT = "Where is my card?";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "CLS, 0, 1, 2",
        "MAX, 0, 5, 2",
        "MEAN, 0, 3, -0.666667",
        "MEAN_SQRT_LEN_TOKENS, 0, 5.196152, -1.154701",
        "WEIGHTEDMEAN, 0, 3.666667, -1",
        "LASTTOKEN, 0, 5, 0",
        // The first token is a prompt's.
        "CLS, 1, 3, -4",
        "MAX, 1, 5, 0",
        "MEAN, 1, 4, -2",
        "MEAN_SQRT_LEN_TOKENS, 1, 5.656854, -2.828427",
        "WEIGHTEDMEAN, 1, 4.2, -1.6",
        "LASTTOKEN, 1, 5, 0"
    })
    void poolings(Pooling pooling, int first, double x, double y) {
        assertArrayEquals(new double[] {x, y}, pooling.apply(STATES, first), 1e-6);
    }

    /** Values of torch.nn's classes. */
    @ParameterizedTest
    @CsvSource({
        "Identity, -2, -2",
        "Sigmoid, 1, 0.7310586",
        "Tanh, 1, 0.7615942",
        "ReLU, -1, 0",
        "LeakyReLU, -2, -0.02",
        "ELU, -1, -0.6321206",
        "GELU, 1, 0.8413447",
        "SiLU, 1, 0.7310586",
        "Mish, 1, 0.8650984",
        "Softplus, 0, 0.6931472",
        "LogSigmoid, 0, -0.6931472",
        "Hardtanh, 3, 1",
        "Softmax, 3, 1"
    })
    void activations(String name, double x, double expected) {
        for (String full : List.of("torch.nn.modules.activation." + name, "torch.nn." + name)) {
            assertEquals(expected, TorchActivation.named(full).orElseThrow().apply(x)[0], 1e-7);
        }
    }

    private void write(String file, String json) throws IOException {
        Path path = folder.resolve("model").resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, json);
    }

    private void weights(String module, Map<String, Tensor> tensors) {
        SafetensorsWriter.write(
                folder.resolve("model").resolve(module).resolve("model.safetensors"), new TreeMap<>(tensors), Map.of());
    }

    @Test
    void modulesFollowOneAnother() throws IOException {
        Path model = TinyModel.write(folder.resolve("model"), "Model", List.of("LABEL_0"));
        Tensor states = DirectRun.of(model, Tokenizers.load(model).encode(TEXT)).get("last_hidden_state");
        write("modules.json", """
                [{"path":"","type":"sentence_transformers.models.Transformer"},
                {"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
                {"path":"2_LayerNorm","type":"sentence_transformers.models.LayerNorm"},
                {"path":"3_Dropout","type":"sentence_transformers.models.Dropout"},
                {"path":"4_Dense","type":"sentence_transformers.models.Dense"},
                {"path":"5_Normalize","type":"sentence_transformers.models.Normalize"}]""");
        write("1_Pooling/config.json", "{\"embedding_dimension\":32,\"pooling_mode\":[\"lasttoken\",\"cls\"]}");
        write("2_LayerNorm/config.json", "{\"dimension\":64}");
        write("4_Dense/config.json", """
                {"in_features":64,"out_features":2,"bias":false,"use_residual":true,
                "activation_function":"torch.nn.modules.activation.ReLU"}""");
        float[] scale = new float[64];
        float[] shift = new float[64];
        float[] matrix = new float[128];
        float[] residual = new float[128];
        for (int i = 0; i < 64; i++) {
            scale[i] = 1 + i / 64f;
            shift[i] = i % 3;
            matrix[i] = i % 5 - 2;
            matrix[64 + i] = i % 7 - 3;
            residual[i] = 0.1f;
            residual[64 + i] = -0.2f;
        }
        weights("2_LayerNorm", Map.of("norm.weight", Tensor.of(scale, 64), "norm.bias", Tensor.of(shift, 64)));
        weights(
                "4_Dense",
                Map.of("linear.weight", Tensor.of(matrix, 2, 64), "residual.weight", Tensor.of(residual, 2, 64)));

        int last = Math.toIntExact(states.dim(1)) - 1;
        double[] pooled = new double[64];
        for (int i = 0; i < 32; i++) {
            pooled[i] = states.getDouble(last * 32L + i);
            pooled[32 + i] = states.getDouble(i);
        }
        double mean = Arrays.stream(pooled).average().orElseThrow();
        double variance = Arrays.stream(pooled)
                .map(x -> (x - mean) * (x - mean))
                .average()
                .orElseThrow();
        double[] dense = new double[2];
        for (int row = 0; row < 2; row++) {
            double product = 0;
            double added = 0;
            for (int i = 0; i < 64; i++) {
                double normed = (pooled[i] - mean) / Math.sqrt(variance + 1e-5) * scale[i] + shift[i];
                product += normed * matrix[64 * row + i];
                added += normed * residual[64 * row + i];
            }
            dense[row] = Math.max(0, product) + added;
        }
        double length = Math.hypot(dense[0], dense[1]);
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            float[] vector = extractor.encode(TEXT);
            assertEquals(2, vector.length);
            assertEquals(dense[0] / length, vector[0], 1e-4);
            assertEquals(dense[1] / length, vector[1], 1e-4);
            assertEquals(2, extractor.dimension());
            assertEquals(List.of(Pooling.LASTTOKEN, Pooling.CLS), extractor.pooling(EmbeddingOptions.DEFAULT));
        }
    }

    private void writeModules(String pooling, String... behind) throws IOException {
        StringBuilder modules = new StringBuilder("""
                [{"path":"","type":"sentence_transformers.models.Transformer"},
                {"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}""");
        for (String type : behind) {
            modules.append(",{\"path\":\"9_" + type + "\",\"type\":\"sentence_transformers.models." + type + "\"}");
        }
        write("modules.json", modules + "]");
        write("1_Pooling/config.json", pooling);
    }

    @Test
    void promptsStandBeforeTexts() throws IOException {
        Path model = TinyModel.write(folder.resolve("model"), "Model", List.of("LABEL_0"));
        try (FeatureExtractor without = FeatureExtractor.load(model)) {
            writeModules("{\"embedding_dimension\":32,\"pooling_mode\":\"mean\"}");
            write(
                    "config_sentence_transformers.json",
                    "{\"prompts\":{\"query\":\"Where \",\"title\":null},\"default_prompt_name\":\"query\"}");
            write("sentence_bert_config.json", "{\"do_lower_case\":true}");
            try (FeatureExtractor with = FeatureExtractor.load(model)) {
                assertArrayEquals(without.encode("where is it?"), with.encode("IS it?"), 1e-5f);
                assertArrayEquals(
                        without.encode("is it?"),
                        with.encode("is it?", EmbeddingOptions.DEFAULT.withPrompt("")),
                        1e-5f);
                assertArrayEquals(
                        without.encode("is it?"),
                        with.encode("is it?", EmbeddingOptions.DEFAULT.withPromptName("title")),
                        1e-5f);
            }
        }
    }

    @Test
    void vectorsAreCutBehindTheModulesAndBeforeTheLengthThatACallAsksFor() throws IOException {
        Path model = TinyModel.write(folder.resolve("model"), "Model", List.of("LABEL_0"));
        writeModules("{\"embedding_dimension\":32,\"pooling_mode\":\"mean\"}", "Normalize");
        write("config_sentence_transformers.json", "{\"truncate_dim\":8}");
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            float[] whole = extractor.encode(TEXT, EmbeddingOptions.DEFAULT.withTruncateDim(32));
            assertEquals(32, whole.length);
            assertEquals(1, length(whole), 1e-6);
            assertEquals(8, extractor.dimension());
            assertArrayEquals(Arrays.copyOf(whole, 8), extractor.encode(TEXT), 1e-6f);
            EmbeddingOptions three = EmbeddingOptions.DEFAULT.withTruncateDim(3);
            assertArrayEquals(Arrays.copyOf(whole, 3), extractor.encode(TEXT, three), 1e-6f);
            assertEquals(1, length(extractor.encode(TEXT, three.withNormalize(true))), 1e-6);
            EmbeddingOptions tooMany = EmbeddingOptions.DEFAULT.withTruncateDim(33);
            PipelineException refused = assertThrows(PipelineException.class, () -> extractor.encode(TEXT, tooMany));
            assertEquals("vectors have 32 numbers, and 33 are asked for: ask for at most 32", refused.getMessage());
        }
        write("config_sentence_transformers.json", "{\"truncate_dim\":99}");
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            assertEquals(32, extractor.encode(TEXT).length);
        }
    }

    private static double length(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += value * value;
        }
        return Math.sqrt(squares);
    }

    @Test
    void promptsAndDimensionsCountBesideModulesAlone() throws IOException {
        Path model = TinyModel.write(folder.resolve("model"), "Model", List.of("LABEL_0"));
        try (FeatureExtractor plain = FeatureExtractor.load(model)) {
            write(
                    "config_sentence_transformers.json",
                    "{\"prompts\":{\"query\":\"Where \"},\"default_prompt_name\":\"query\",\"truncate_dim\":8}");
            try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
                assertArrayEquals(plain.encode(TEXT), extractor.encode(TEXT), 1e-6f);
            }
        }
    }

    @Test
    void aTextThatIsCutAwayBehindItsPromptIsRefused() throws IOException {
        Path model = TinyModel.write(folder.resolve("model"), "Model", List.of("LABEL_0"));
        for (boolean included : List.of(true, false)) {
            writeModules("{\"embedding_dimension\":32,\"pooling_mode\":\"mean\",\"include_prompt\":" + included + "}");
            write(
                    "config_sentence_transformers.json",
                    "{\"prompts\":{\"query\":\"Where is my card? \"},\"default_prompt_name\":\"query\"}");
            write("sentence_bert_config.json", "{\"max_seq_length\":4}");
            try (FeatureExtractor extractor =
                    FeatureExtractor.load(model, PipelineOptions.DEFAULT.withTruncation(true))) {
                PipelineException refused = assertThrows(PipelineException.class, () -> extractor.encode("Here."));
                assertTrue(refused.getMessage().contains("has no token left behind the"), refused.getMessage());
                assertEquals(32, extractor.encode("Here.", EmbeddingOptions.DEFAULT.withPrompt("")).length);
            }
        }
    }
}
