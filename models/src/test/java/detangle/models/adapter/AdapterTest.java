package detangle.models.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.InvalidModelException;
import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters are merged as PEFT merges them, or refused by a message that names the file and what is wrong. */
class AdapterTest {
    private static final String QUERY = "deberta.encoder.layer.0.attention.self.query_proj";
    private static final String VALUE = "deberta.encoder.layer.0.attention.self.value_proj";
    private static final String CONFIG = """
            {"peft_type": "LORA", "task_type": "SEQ_CLS", "r": 1, "lora_alpha": 2, "target_modules": ["query_proj"],
             "modules_to_save": ["pooler"], "bias": "none"}
            """;

    @TempDir
    private Path folder;

    /** Weights after PEFT's merge_and_unload, of the code itself in double precision. */
    @ParameterizedTest
    @ValueSource(strings = {"lora-v3", "dora-v3", "lora-v1"})
    void weightsAreMergedAsByPeft(String fixture) {
        Path golden = SharedFiles.require("goldens-training/" + fixture);
        Adapter adapter = Adapter.open(golden.resolve("adapter_after"));
        int changed = 0;
        try (Weights merged = adapter.merged(Weights.open(golden));
                Weights before = Weights.open(golden);
                Weights expected = Weights.open(golden.resolve("merged.safetensors"))) {
            assertEquals(before.names(), merged.names());
            for (String name : expected.names()) {
                double[] want = expected.get(name).toDoubles();
                assertArrayEquals(want, merged.get(name).toDoubles(), 1e-6, name);
                changed += before.get(name).data().mismatch(merged.get(name).data()) >= 0 ? 1 : 0;
            }
        }
        // Targets of two layers, the pooler and the classifier.
        assertEquals(fixture.equals("lora-v1") ? 6 : 8, changed);
    }

    private static Tensor tensor(List<Long> shape, float... values) {
        return Tensor.of(values, shape.stream().mapToLong(n -> n).toArray());
    }

    private static SequencedMap<String, Tensor> model() {
        SequencedMap<String, Tensor> model = new LinkedHashMap<>();
        model.put("deberta.embeddings.word_embeddings.weight", tensor(List.of(2L, 2L), 1, 2, 3, 4));
        model.put(QUERY + ".weight", tensor(List.of(2L, 2L), 3, 4, 0, 1));
        model.put(VALUE + ".weight", tensor(List.of(2L, 2L), 1, 0, 0, 1));
        return model;
    }

    private static SequencedMap<String, Tensor> adapter() {
        SequencedMap<String, Tensor> adapter = new LinkedHashMap<>();
        adapter.put("base_model.model." + QUERY + ".lora_A.weight", tensor(List.of(1L, 2L), 1, 2));
        adapter.put("base_model.model." + QUERY + ".lora_B.weight", tensor(List.of(2L, 1L), 1, 3));
        adapter.put("base_model.model.pooler.dense.weight", tensor(List.of(2L, 2L), 1, 2, 3, 4));
        adapter.put("base_model.model.pooler.dense.bias", tensor(List.of(2L), 5, 6));
        adapter.put("base_model.model.classifier.weight", tensor(List.of(3L, 2L), 1, 2, 3, 4, 5, 6));
        adapter.put("base_model.model.classifier.bias", tensor(List.of(3L), 1, 2, 3));
        return adapter;
    }

    private Path write(String config, SequencedMap<String, Tensor> tensors) throws IOException {
        Path made = Files.createDirectories(folder.resolve("adapter"));
        Files.writeString(made.resolve("adapter_config.json"), config);
        SafetensorsWriter.write(made.resolve("adapter_model.safetensors"), tensors, Map.of());
        return made;
    }

    private Weights model(SequencedMap<String, Tensor> tensors) {
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        return Weights.open(file);
    }

    private double[] merged(String config, SequencedMap<String, Tensor> adapter, SequencedMap<String, Tensor> model)
            throws IOException {
        try (Weights weights = Adapter.open(write(config, adapter)).merged(model(model))) {
            return weights.get(QUERY + ".weight").toDoubles();
        }
    }

    @Test
    void scaleFollowsFromRankAndAlpha() throws IOException {
        assertArrayEquals(new double[] {5, 8, 6, 13}, merged(CONFIG, adapter(), model()));
        String patterns = CONFIG.replace("\"r\": 1", "\"r\": 8, \"rank_pattern\": {\"layer.0.*proj\": 1}")
                .replace("\"bias\"", "\"alpha_pattern\": {\"key_proj\": 9, \"query_proj\": 1}, \"bias\"");
        assertArrayEquals(new double[] {4, 6, 3, 7}, merged(patterns, adapter(), model()));
        SequencedMap<String, Tensor> rankFour = adapter();
        rankFour.put("base_model.model." + QUERY + ".lora_A.weight", tensor(List.of(4L, 2L), 1, 2, 0, 0, 0, 0, 0, 0));
        rankFour.put("base_model.model." + QUERY + ".lora_B.weight", tensor(List.of(2L, 4L), 1, 0, 0, 0, 3, 0, 0, 0));
        String four = CONFIG.replace("\"r\": 1", "\"r\": 4");
        assertArrayEquals(new double[] {3.5, 5, 1.5, 4}, merged(four, rankFour, model()));
        assertArrayEquals(
                new double[] {4, 6, 3, 7},
                merged(four.replace("\"bias\"", "\"use_rslora\": true, \"bias\""), rankFour, model()));
    }

    @Test
    void normsOfRowsAreThoseThatDoraStates() throws IOException {
        SequencedMap<String, Tensor> adapter = adapter();
        adapter.put("base_model.model." + QUERY + ".lora_B.weight", tensor(List.of(2L, 1L), 0, 1));
        adapter.put("base_model.model." + QUERY + ".lora_magnitude_vector", tensor(List.of(2L), 10, 0));
        String dora = CONFIG.replace("\"bias\"", "\"use_dora\": true, \"bias\"");
        assertArrayEquals(new double[] {6, 8, 0, 0}, merged(dora, adapter, model()), 1e-6);
    }

    /**
     * The sum is made in single precision and rounded once: a delta that is rounded first would be lost or be doubled.
     */
    @ParameterizedTest
    @CsvSource({"F16, 2048, 1.5, 2050", "BF16, 256, 1.5, 258"})
    void weightsInSixteenBitsAreRoundedOnce(DType type, double stored, float delta, double expected)
            throws IOException {
        SequencedMap<String, Tensor> model = model();
        model.put(QUERY + ".weight", Tensor.ofDoubles(type, new double[] {stored, stored, 1, 1}, 2, 2));
        SequencedMap<String, Tensor> adapter = adapter();
        adapter.put("base_model.model." + QUERY + ".lora_A.weight", tensor(List.of(1L, 2L), delta / 2, 0));
        adapter.put("base_model.model." + QUERY + ".lora_B.weight", tensor(List.of(2L, 1L), 1, 0));
        assertArrayEquals(new double[] {expected, stored, 1, 1}, merged(CONFIG, adapter, model));
    }

    @Test
    void modelsAreCalledAsTheirFilesCallThem() throws IOException {
        SequencedMap<String, Tensor> model = new LinkedHashMap<>();
        model().forEach((name, tensor) -> model.put(name.replace("deberta.", "model.deberta."), tensor));
        SequencedMap<String, Tensor> adapter = new LinkedHashMap<>();
        adapter().forEach((name, tensor) -> adapter.put(name.replace("deberta.", ""), tensor));
        try (Weights weights = Adapter.open(write(CONFIG, adapter)).merged(model(model))) {
            assertArrayEquals(
                    new double[] {5, 8, 6, 13},
                    weights.get("model." + QUERY + ".weight").toDoubles());
            assertEquals(3, weights.shape("model.classifier.weight")[0]);
        }
    }

    @Test
    void labelsAreThoseOfTheAdapter() throws IOException {
        Path config = folder.resolve("config.json");
        Files.writeString(config, """
                {"model_type": "deberta-v2", "vocab_size": 2, "hidden_size": 2, "num_hidden_layers": 1,
                 "num_attention_heads": 1, "intermediate_size": 2}
                """);
        DebertaConfig model = DebertaConfig.read(config);
        Path written = write(CONFIG, adapter());
        try (Adapter adapter = Adapter.open(written)) {
            assertEquals(
                    List.of("LABEL_0", "LABEL_1", "LABEL_2"), adapter.of(model).labels());
            Files.writeString(
                    written.resolve("config.json"), "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}}");
            assertEquals(List.of("a", "b", "c"), adapter.of(model).labels());
            assertEquals(
                    Optional.of("sequence-classification"),
                    adapter.of(model).architecture().map(a -> a.text()));
        }
    }

    /** What stands in the configuration in the place of something, and what the message says. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"LORA\" | \"IA3\" | peft_type is 'IA3', and adapters of type LORA alone are supported",
                "\"peft_type\" | \"p\" | peft_type is missing",
                "\"SEQ_CLS\" | \"CAUSAL_LM\" | task_type is 'CAUSAL_LM'; supported are SEQ_CLS",
                "\"none\" | \"lora_only\" | bias is 'lora_only'",
                "\"none\" | \"none\", \"fan_in_fan_out\": true | fan_in_fan_out is true",
                "\"none\" | \"none\", \"lora_bias\": true | lora_bias is true",
                "\"none\" | \"none\", \"layer_replication\": [[0, 1]] | layer_replication is set",
                "\"none\" | \"none\", \"target_parameters\": [\"x\"] | target_parameters is set",
                "\"none\" | \"none\", \"init_lora_weights\": \"pissa_niter_4\" | init_lora_weights is 'pissa_niter_4'",
                "\"none\" | \"none\", \"rank_pattern\": {\"x\": 0} | rank_pattern has the rank 0",
                "\"none\" | \"none\", \"rank_pattern\": {\"(\": 1} | rank_pattern has a regular expression",
                "\"none\" | \"none\", \"layers_to_transform\": [1] | target_modules in",
                "\"none\" | \"none\", \"layers_to_transform\": [\"x\"] | layers_to_transform has \"x\"",
                "\"none\" | \"none\", \"use_dora\": true | lacks 'base_model.model." + QUERY
                        + ".lora_magnitude_vector'",
                "\"r\": 1 | \"r\": 0 | r is 0; it must be at least 1",
                "\"r\": 1 | \"r\": 2 | says rank 2",
                "[\"query_proj\"] | [\"key_proj\"] | changes " + QUERY + ", which target_modules in",
                "[\"query_proj\"] | \".*value_proj\" | changes " + QUERY + ", which target_modules in",
                "[\"query_proj\"] | \"(.*\" | target_modules has a regular expression that is not supported",
                "[\"query_proj\"] | \"(([a-z.]*[a-z_0-9.]*)*)*b\" | it takes too long",
                "[\"query_proj\"] | [] | target_modules is not a list of 1 to 4096 names",
                "[\"query_proj\"] | [\"query_proj\", \"value_proj\"] | does not change " + VALUE,
                "[\"query_proj\"] | \"all-linear\" | does not change " + VALUE,
                "[\"pooler\"] | null | holds 'base_model.model.pooler.dense.weight', which is neither",
            })
    void whatIsNotSupportedIsRefused(String was, String is, String message) throws IOException {
        String config = CONFIG.replace(was, is);
        InvalidModelException refused =
                assertThrows(InvalidModelException.class, () -> merged(config, adapter(), model()));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
        assertTrue(refused.getMessage().contains("adapter_"), "the file is not named: " + refused.getMessage());
    }

    @Test
    void tensorsOfAnotherModelAreRefused() throws IOException {
        SequencedMap<String, Tensor> other = model();
        other.put(QUERY + ".weight", tensor(List.of(3L, 2L), 1, 2, 3, 4, 5, 6));
        refused("of shape [2, 2], and ", adapter(), other);
        other.remove(QUERY + ".weight");
        refused("does not hold: the adapter is one of another model", adapter(), other);

        SequencedMap<String, Tensor> damaged = adapter();
        damaged.put("base_model.model." + QUERY + ".lora_B.weight", tensor(List.of(2L, 1L), 1, Float.NaN));
        refused("lora_B.weight' holds NaN", damaged, model());
        damaged.remove("base_model.model." + QUERY + ".lora_B.weight");
        refused("without lora_B.weight", damaged, model());
        damaged.remove("base_model.model." + QUERY + ".lora_A.weight");
        refused("holds no lora_A.weight of any module", damaged, model());
        damaged.put("other", tensor(List.of(1L), 1));
        refused("names of an adapter begin with base_model.model.", damaged, model());
    }

    /** PEFT does not save the pooler unasked, so that a model that it was new to cannot be rebuilt. */
    @Test
    void anAdapterWithoutItsPoolerIsRefused() throws IOException {
        SequencedMap<String, Tensor> adapter = adapter();
        adapter.keySet().removeIf(name -> name.contains("pooler"));
        refused("so what this adapter was trained with is lost", adapter, model());
        SequencedMap<String, Tensor> model = model();
        model.put("pooler.dense.weight", tensor(List.of(2L, 2L), 1, 2, 3, 4));
        assertArrayEquals(new double[] {5, 8, 6, 13}, merged(CONFIG, adapter, model));
    }

    private void refused(String message, SequencedMap<String, Tensor> adapter, SequencedMap<String, Tensor> model) {
        InvalidModelException refused = assertThrows(InvalidModelException.class, () -> merged(CONFIG, adapter, model));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }
}
