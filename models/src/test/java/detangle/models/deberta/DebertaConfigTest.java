package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.weights.Weights;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DebertaConfigTest {
    private static final String SIZES = "\"vocab_size\":96,\"hidden_size\":32,\"num_hidden_layers\":3,"
            + "\"num_attention_heads\":4,\"intermediate_size\":48";

    @TempDir
    Path folder;

    @Test
    void whatTheFileLeavesOutHasHuggingFacesDefaults() throws IOException {
        DebertaConfig config = read("{\"model_type\":\"deberta-v2\"," + SIZES + "}");
        assertEquals(ModelType.DEBERTA_V2, config.modelType());
        assertEquals(Optional.empty(), config.architecture());
        assertEquals(32, config.embeddingSize());
        assertEquals(8, config.headSize());
        assertEquals(HiddenActivation.GELU, config.hiddenActivation());
        assertEquals(512, config.maxPositionEmbeddings());
        assertTrue(config.positionBiasedInput());
        assertEquals(0, config.typeVocabSize());
        assertEquals(0, config.padTokenId());
        assertEquals(1e-7, config.layerNormEps());
        assertFalse(config.relativeAttention());
        assertEquals(Set.of(), config.posAttType());
        assertEquals(1, config.scoreTerms());
        assertEquals(512, config.maxRelativePositions());
        assertEquals(0, config.positionBuckets());
        assertEquals(512, config.attSpan());
        assertFalse(config.normalizeRelativeEmbeddings());
        assertFalse(config.shareAttKey());
        assertEquals(Optional.empty(), config.convolution());
        assertEquals(HiddenActivation.GELU, config.poolerActivation());
        assertEquals(new DropoutRates(0.1, 0.1, 0, 0.1), config.dropout());
        assertTrue(config.legacyHead());
        assertTrue(config.tieWordEmbeddings());
        assertEquals(List.of("LABEL_0", "LABEL_1"), config.labels());
        assertEquals(ProblemType.SINGLE_LABEL_CLASSIFICATION, config.problemType());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"c2p|p2c\" ; 3",
                "\"P2C | c2p\" ; 3",
                "[\"p2c\",\"c2p\"] ; 3",
                "\"p2c\" ; 2",
                "[] ; 1",
                "\"\" ; 1",
                "null ; 1",
                "\"none\" ; 1",
            },
            quoteCharacter = '`')
    void positionTermsAreAListOrAText(String value, int scoreTerms) throws IOException {
        DebertaConfig config = read("{\"model_type\":\"deberta-v2\"," + SIZES + ",\"pos_att_type\":" + value + "}");
        assertEquals(scoreTerms, config.scoreTerms());
    }

    @Test
    void wholeNumbersMayHaveAPointOrAnExponent() throws IOException {
        DebertaConfig config = read("{\"model_type\":\"deberta-v2\"," + SIZES
                + ",\"intermediate_size\":16e0,\"type_vocab_size\":2.0,\"num_labels\":3.0}");
        assertEquals(16, config.intermediateSize());
        assertEquals(2, config.typeVocabSize());
        assertEquals(3, config.numLabels());
    }

    /** Transformers' v1 scales by the number of words, whatever they are. */
    @ParameterizedTest
    @ValueSource(strings = {"", "none"})
    void aWordWithoutATermIsRefusedInV1(String word) {
        assertRefused(
                "{\"model_type\":\"deberta\"," + SIZES + ",\"pos_att_type\":\"" + word + "\"}",
                "pos_att_type is '" + word + "', which counts as a term");
    }

    /** Who gives the file of the weights is told what a model is. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0000{}",
                "PK\u0003\u0004\u0000\u0000",
                "\u0080\u0002}q\u0000."
            })
    void weightsAreNoModel(String start) throws IOException {
        Path file = folder.resolve("model.safetensors");
        Files.writeString(file, start, StandardCharsets.ISO_8859_1);
        ConfigException refusal = assertThrows(ConfigException.class, () -> DebertaConfig.read(file));
        assertEquals(
                file + ": holds weights, and a model is a folder with config.json beside them, or a file of detangle"
                        + " compile whose name ends with .dtl",
                refusal.getMessage());
    }

    @Test
    void v1HasNothingOfV2() throws IOException {
        DebertaConfig config = read("{\"model_type\":\"deberta\"," + SIZES
                + ",\"relative_attention\":true,\"max_relative_positions\":16,\"position_buckets\":8,"
                + "\"norm_rel_ebd\":\"layer_norm\",\"share_att_key\":true,\"conv_kernel_size\":3,"
                + "\"attention_head_size\":5}");
        assertEquals(16, config.attSpan());
        assertFalse(config.normalizeRelativeEmbeddings());
        assertFalse(config.shareAttKey());
        assertEquals(Optional.empty(), config.convolution());
        assertEquals(8, config.headSize());
    }

    @Test
    void labelsAreOrderedByIndexNotByPlace() throws IOException {
        StringBuilder labels = new StringBuilder("\"id2label\":{");
        for (int i = 11; i >= 0; i--) {
            labels.append("\"").append(i).append("\":\"label ").append(i).append(i == 0 ? "\"}" : "\",");
        }
        DebertaConfig config = read("{\"model_type\":\"deberta-v2\"," + SIZES + "," + labels + "}");
        assertEquals(12, config.numLabels());
        assertEquals("label 2", config.labels().get(2));
        assertEquals("label 10", config.labels().get(10));
        assertEquals(
                ProblemType.REGRESSION,
                read("{\"model_type\":\"deberta-v2\"," + SIZES + ",\"num_labels\":1}")
                        .problemType());
        assertEquals(
                ProblemType.MULTI_LABEL_CLASSIFICATION,
                read("{\"model_type\":\"deberta-v2\"," + SIZES + ",\"problem_type\":\"multi_label_classification\"}")
                        .problemType());
    }

    /** What is added to a config that is well formed, and what the message must say. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"hidden_act\":\"mish\" ; hidden_act is 'mish'; supported are gelu",
                "\"pooler_hidden_act\":\"mish\" ; pooler_hidden_act is 'mish'",
                "\"pooler_hidden_size\":16 ; pooler_hidden_size is 16",
                "\"attention_head_size\":16 ; attention_head_size must be",
                "\"pos_att_type\":\"p2p\" ; pos_att_type names 'p2p'",
                "\"pos_att_type\":[\"C2P\"] ; pos_att_type names 'C2P'; supported are c2p, p2c, each a word of its own",
                "\"pos_att_type\":[\"p2c|c2p\"] ; pos_att_type names 'p2c|c2p'",
                "\"pos_att_type\":[\"c2p\",\"c2p\"] ; pos_att_type names c2p twice",
                "\"pos_att_type\":\"c2p|C2P\" ; pos_att_type names c2p twice",
                "\"pos_att_type\":\"c2p|\" ; pos_att_type has an empty part",
                "\"pos_att_type\":[\"c2p\",\"none\"] ; pos_att_type names 'none'",
                "\"pos_att_type\":[1] ; pos_att_type is neither",
                "\"pos_att_type\":{\"a\":1} ; pos_att_type is neither",
                "\"relative_attention\":true,\"norm_rel_ebd\":\"layernorm\" ; norm_rel_ebd names 'layernorm'; supported are layer_norm, none",
                "\"relative_attention\":true,\"norm_rel_ebd\":3 ; norm_rel_ebd is neither a string",
                "\"conv_kernel_size\":3,\"conv_act\":\"snake\" ; conv_act is 'snake'",
                "\"layer_norm_eps\":NaN ; layer_norm_eps is not a number",
                "\"hidden_size\":Infinity ; hidden_size is not an integer",
                "\"layer_norm_eps\":0 ; layer_norm_eps is 0.0",
                "\"layer_norm_eps\":\"1e-7\" ; layer_norm_eps is not a number",
                "\"type_vocab_size\":-1 ; type_vocab_size is -1",
                "\"pad_token_id\":96 ; pad_token_id is 96, outside the vocabulary of 96",
                "\"num_hidden_layers\":1000000000 ; num_hidden_layers is 1000000000; it must be at most 256",
                "\"hidden_size\":100000000 ; hidden_size is 100000000; it must be at most 65536",
                "\"num_attention_heads\":5000 ; num_attention_heads is 5000; it must be at most 4096",
                "\"intermediate_size\":1000000000 ; intermediate_size is 1000000000; it must be at most 262144",
                "\"vocab_size\":2000000000 ; vocab_size is 2000000000; it must be at most 16777216",
                "\"embedding_size\":100000000 ; embedding_size is 100000000; it must be at most 65536",
                "\"type_vocab_size\":100000000 ; type_vocab_size is 100000000; it must be at most 65536",
                "\"max_position_embeddings\":2000000000 ; max_position_embeddings is 2000000000; it must be at most 1048576",
                "\"max_relative_positions\":2000000000 ; max_relative_positions is 2000000000; it must be at most 1048576",
                "\"position_buckets\":2000000000 ; position_buckets is 2000000000; it must be at most 1048576",
                "\"conv_kernel_size\":2000000001 ; conv_kernel_size is 2000000001; it must be at most 1024",
                "\"hidden_size\":1e999999999 ; hidden_size is not an integer that fits: 1e999999999",
                "\"hidden_size\":16.5 ; hidden_size is not an integer that fits: 16.5",
                "\"layer_norm_eps\":-1e999999999 ; layer_norm_eps is not a number: -1e999999999",
                "\"max_position_embeddings\":0 ; max_position_embeddings is 0",
                "\"max_position_embeddings\":2147483648 ; max_position_embeddings is not an integer that fits",
                "\"relative_attention\":1 ; relative_attention is not true or false",
                "\"conv_kernel_size\":4 ; conv_kernel_size is 4; it must be odd",
                "\"conv_kernel_size\":3,\"conv_groups\":5 ; conv_groups is 5",
                "\"relative_attention\":true,\"position_buckets\":1 ; position_buckets is 1",
                "\"relative_attention\":true,\"position_buckets\":32,\"max_relative_positions\":17 ; position_buckets is 32",
                "\"problem_type\":\"guess\" ; problem_type is 'guess'",
                "\"hidden_dropout_prob\":2 ; hidden_dropout_prob is 2.0",
            })
    void wrongFieldIsNamed(String fields, String message) {
        assertRefused("{\"model_type\":\"deberta-v2\"," + SIZES + "," + fields + "}", message);
    }

    /** What is written, what is meant, and what is something else. */
    @ParameterizedTest
    @CsvSource({
        "share_att_keys, share_att_key",
        "shere_att_key, share_att_key",
        "shar_att_key, share_att_key",
        "norm_rel_edb, norm_rel_ebd",
        "norm-rel_ebd, norm_rel_ebd",
        "position_bucket, position_buckets",
        "Relative_attention, relative_attention",
        "num_label, num_labels",
        "shareAttKey, share_att_key",
        "HIDDEN-SIZE, hidden_size",
    })
    void aFieldOneLetterFromAKnownOneIsNoticed(String written, String meant) {
        assertEquals(
                List.of(new Misspellings.Misspelling(written, meant)),
                Misspellings.in(List.of("bos_token_id", written, "eos_token_id"), Set.of(meant, "vocab_size")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"hidden_sizes", "share_attention_key", "vocab_size", "label2id", "summary_type", "_num_labels"})
    void otherFieldsAreNone(String field) {
        Set<String> known =
                Set.of("num_labels", "hidden_size", "share_att_key", "vocab_size", "id2label", "model_type");
        assertEquals(List.of(), Misspellings.in(List.of(field), known));
    }

    @Test
    void aMissingFieldIsNamedWithItsMisspelling() {
        assertRefused(
                "{\"model_type\":\"deberta-v2\"," + SIZES.replace("hidden_size", "hiden_size") + "}",
                "hidden_size is missing; hiden_size stands one letter from it");
    }

    /** What the configuration of a model does not use may say anything. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"time_step_limit\":[0.0,Infinity]",
                "\"label_smoothing\":NaN",
                "\"norm_rel_ebd\":\"batch_norm\"",
                "\"conv_act\":\"snake\"",
                "\"position_embedding_type\":\"rotary\"",
                "\"id2label\":[[1]],\"label2id\":7",
                "\"architectures\":7",
                "\"vocab_size\":96",
            })
    void whatIsNotUsedDoesNotMatter(String fields) throws IOException {
        assertEquals(
                96,
                read("{\"model_type\":\"deberta-v2\"," + SIZES + "," + fields + "}")
                        .vocabSize());
    }

    /** Labels are refused by whoever needs them, as most models have none and say anything of them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"id2label\":{\"0\":\"a\",\"2\":\"b\"} ; id2label has no label \"1\"",
                "\"id2label\":[] ; id2label is not an object",
                "\"id2label\":\"a\" ; id2label is not an object",
                "\"id2label\":{\"0\":{\"en\":\"a\"}} ; id2label has a label \"0\" that is neither a text nor a number",
                "\"num_labels\":0 ; num_labels is 0",
                "\"num_labels\":\"two\" ; num_labels is \"two\"",
                "\"num_labels\":1e300 ; num_labels is",
            })
    void labelsAreCheckedWhereTheyAreNeeded(String fields, String message) throws IOException {
        DebertaConfig config = read("{\"model_type\":\"deberta-v2\"," + SIZES + "," + fields + "}");
        ConfigException failure = assertThrows(ConfigException.class, config::labels);
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertThrows(ConfigException.class, config::numLabels);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"id2label\":{\"0\":0,\"1\":1} ; 0,1",
                "\"id2label\":{\"1\":true,\"0\":1.5} ; 1.5,true",
                "\"id2label\":[\"a\",\"b\",\"c\"] ; a,b,c",
                "\"id2label\":{\"0\":\"x\"},\"num_labels\":7,\"label2id\":[[]] ; x",
            })
    void labelsOfOtherTypes(String fields, String labels) throws IOException {
        assertEquals(
                List.of(labels.split(",")),
                read("{\"model_type\":\"deberta-v2\"," + SIZES + "," + fields + "}")
                        .labels());
    }

    @Test
    void microsoftsConfigHasNoTypeAndAnObjectForThePooler() throws IOException {
        DebertaConfig config = read(
                "{" + SIZES
                        + ",\"relative_attention\":true,\"padding_idx\":3,\"pooling\":{\"hidden_act\":\"tanh\",\"dropout\":0.5}}");
        assertEquals(ModelType.DEBERTA_V2, config.modelType());
        assertEquals(3, config.padTokenId());
        assertEquals(HiddenActivation.TANH, config.poolerActivation());
        assertEquals(0.5, config.dropout().pooler());
    }

    /** HuggingFace writes it in one way and microsoft's code in another; the former goes first. */
    @Test
    void dropoutOfTheClassifierIsSpelledInTwoWays() throws IOException {
        String sizes = "{\"model_type\":\"deberta-v2\"," + SIZES;
        assertEquals(0.25, read(sizes + ",\"cls_drop_out\":0.25}").dropout().classifier());
        assertEquals(
                0.5,
                read(sizes + ",\"cls_drop_out\":0.25,\"cls_dropout\":0.5}")
                        .dropout()
                        .classifier());
    }

    @Test
    void missingAndUnknownAreNamed() throws IOException {
        assertRefused("{" + SIZES + "}", "model_type is missing");
        assertRefused(
                "{\"model_type\":\"bert\"," + SIZES + "}", "model_type is 'bert'; supported are deberta, deberta-v2");
        for (String field : SIZES.split(",")) {
            String rest = ("," + SIZES).replace("," + field, "");
            assertRefused("{\"model_type\":\"deberta\"" + rest + "}", field.split("\"")[1] + " is missing");
        }
        assertRefused(
                "{\"model_type\":\"deberta\"," + SIZES.replace("\"hidden_size\":32", "\"hidden_size\":30") + "}",
                "hidden_size is 30, not a multiple of num_attention_heads 4");
        assertRefused("[]", "not a JSON object");
        assertRefused("{", "not valid JSON");
        ConfigException absent =
                assertThrows(ConfigException.class, () -> DebertaConfig.read(folder.resolve("absent")));
        assertTrue(absent.getMessage().endsWith("no such file"), absent.getMessage());
    }

    @Test
    void releasedModelsRead() throws IOException {
        Path configs = SharedFiles.require("configs");
        DebertaConfig base = DebertaConfig.read(configs.resolve("deberta-v3-base"));
        assertEquals(256, base.attSpan());
        assertEquals(512, base.maxRelativePositions());
        assertEquals(64, base.headSize());
        assertTrue(base.normalizeRelativeEmbeddings() && base.shareAttKey() && base.relativeAttention());
        assertEquals(1 / Math.sqrt(192), base.scoreScale());
        DebertaConfig xxlarge = DebertaConfig.read(configs.resolve("deberta-v2-xxlarge/config.json"));
        assertEquals(Optional.of(new DebertaConfig.Convolution(3, 1, HiddenActivation.GELU)), xxlarge.convolution());
        DebertaConfig v1 = DebertaConfig.read(configs.resolve("deberta-base"));
        assertEquals(512, v1.attSpan());
        assertEquals(
                251_000, DebertaConfig.read(configs.resolve("mdeberta-v3-base")).vocabSize());
        assertEquals(8, readAll(configs));
    }

    @Test
    void fixturesReadAndTheirTablesHaveTheStatedSizes() throws IOException {
        Path goldens = SharedFiles.require("goldens");
        assertEquals(34, readAll(goldens));
        try (Stream<Path> fixtures = Files.list(goldens).filter(Files::isDirectory)) {
            for (Path fixture : fixtures.toList()) {
                DebertaConfig config = DebertaConfig.read(fixture);
                try (Weights weights = Weights.open(fixture)) {
                    for (String name : weights.names()) {
                        if (name.endsWith("encoder.rel_embeddings.weight")) {
                            assertEquals(
                                    2L * config.attSpan(), weights.get(name).dim(0), fixture.toString());
                        } else if (name.endsWith("embeddings.word_embeddings.weight")) {
                            assertEquals(config.vocabSize(), weights.get(name).dim(0), fixture.toString());
                            assertEquals(
                                    config.embeddingSize(), weights.get(name).dim(1), fixture.toString());
                        }
                    }
                }
            }
        }
    }

    private static int readAll(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> configs = files.filter(f -> f.endsWith("config.json")).toList();
            configs.forEach(DebertaConfig::read);
            return configs.size();
        }
    }

    private DebertaConfig read(String json) throws IOException {
        Files.writeString(folder.resolve("config.json"), json);
        return DebertaConfig.read(folder);
    }

    private void assertRefused(String json, String message) {
        ConfigException failure = assertThrows(ConfigException.class, () -> read(json));
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertTrue(failure.getMessage().contains("config.json"), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
    }

    private List<String> warnings(String more) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, "{\"model_type\":\"deberta-v2\"," + SIZES + more + "}");
        ConfigFields fields = ConfigFields.read(file);
        return new ConfigWarnings(fields, DebertaConfig.read(file)).all(Set.of());
    }

    /** What whoever wrote the file may believe to count, and does not. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                ",\"num_labels\":3,\"id2label\":{\"0\":\"a\",\"1\":\"b\"} ; num_labels is 3, and id2label names 2 labels",
                ",\"id2label\":{\"0\":\"a\",\"1\":\"a\"} ; id2label names 'a' twice",
                ",\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":1,\"b\":0} ; label2id says 1 of 'a', and id2label says 0",
                ",\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":{\"b\":0}} ; label2id says {\"b\":0} of 'a'",
                ",\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":0,\"b\":[1]} ; label2id says [1] of 'b'",
                ",\"quantization_config\":{} ; quantization_config is ignored",
                ",\"auto_map\":{\"AutoModel\":\"a.B\"} ; auto_map names code of the model's own",
            })
    void whatDoesNotCountIsSaid(String more, String warning) throws IOException {
        List<String> warnings = warnings(more);
        assertEquals(1, warnings.size(), warnings.toString());
        assertTrue(warnings.getFirst().startsWith(warning), warnings.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",\"num_labels\":2,\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":0,\"b\":1}",
                ",\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":\"0\",\"LABEL_1\":0}",
                ",\"id2label\":{\"0\":\"a\",\"1\":\"b\"},\"label2id\":{\"a\":0.0,\"b\":1.0}",
                ",\"id2label\":[\"a\",\"b\"],\"label2id\":null",
                ",\"auto_map\":{}",
            })
    void whatAgreesIsNotWarnedOf(String more) throws IOException {
        assertEquals(List.of(), warnings(more));
    }

    @Test
    void anAdapterBesideAModelIsSaidNotToBeApplied() throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        assertTrue(warnings("").getFirst().startsWith("adapter_config.json stands beside it"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "\"layer_norm_eps\":1e30 ; layer_norm_eps is 1.0E30; it must be at least 1.17549435E-38 and at most 0.01",
                "\"layer_norm_eps\":1e-60 ; layer_norm_eps is 1.0E-60; it must be at least 1.17549435E-38",
                "\"pruned_heads\":{\"0\":[1]} ; pruned_heads names heads that are left out",
            })
    void valuesThatMakeAnotherModelAreRefused(String more, String fault) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, "{\"model_type\":\"deberta-v2\"," + SIZES + "," + more + "}");
        ConfigException e = assertThrows(ConfigException.class, () -> DebertaConfig.read(file));
        assertTrue(e.getMessage().contains("config.json: " + fault), e.getMessage());
    }
}
