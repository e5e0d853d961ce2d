package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.InvalidModelException;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which tensors of a checkpoint are a model's, and which heads it holds. */
class CheckpointTest {
    private static final String CONFIG = """
            {"model_type":"deberta-v2","vocab_size":12,"hidden_size":8,"num_hidden_layers":%d,"num_attention_heads":2,
            "intermediate_size":6,"max_position_embeddings":10,"relative_attention":true,"position_buckets":4,
            "norm_rel_ebd":"layer_norm","share_att_key":true,"pos_att_type":"p2c|c2p","position_biased_input":false%s}
            """;
    private static final String THREE_LABELS = ",\"id2label\":{\"0\":\"a\",\"1\":\"b\",\"2\":\"c\"}";

    @TempDir
    private Path folder;

    private final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();

    private DebertaConfig config(String more) {
        return config(more, 2);
    }

    private DebertaConfig config(String more, int layers) {
        try {
            Files.writeString(folder.resolve("config.json"), CONFIG.formatted(layers, more));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return DebertaConfig.read(folder);
    }

    private Program program(DebertaConfig config, Architecture head) {
        return DebertaModel.build(config, head, ModelOptions.DEFAULT.withHiddenStates(false));
    }

    private Set<String> names(DebertaConfig config, Architecture head) {
        return RandomWeights.of(program(config, head)).keySet();
    }

    private void add(DebertaConfig config, Architecture head) {
        tensors.putAll(new TreeMap<>(RandomWeights.of(program(config, head))));
    }

    private void add(String name, long... shape) {
        tensors.put(name, Tensor.of(new float[Math.toIntExact(Tensor.elements(shape))], shape));
    }

    private Weights weights() {
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        return Weights.open(file);
    }

    private Map<String, Tensor> parameters(DebertaConfig config, Architecture head, boolean ignoreUnused) {
        try (Weights weights = weights()) {
            return Map.copyOf(
                    Checkpoint.parameters(weights, config, program(config, head), Optional.of(head), ignoreUnused));
        }
    }

    private String refusal(Class<? extends RuntimeException> type, DebertaConfig config, Architecture head) {
        String message =
                assertThrows(type, () -> parameters(config, head, false)).getMessage();
        assertEquals(1, message.lines().count(), message);
        assertTrue(message.contains("model.safetensors"), message);
        return message;
    }

    private void rename(UnaryOperator<String> change) {
        SequencedMap<String, Tensor> old = new LinkedHashMap<>(tensors);
        tensors.clear();
        old.forEach((name, tensor) -> tensors.put(change.apply(name), tensor));
    }

    @BeforeEach
    void empty() {
        tensors.clear();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",\"architectures\":[]",
                ",\"architectures\":null",
                ",\"architectures\":[\"DebertaV2ForMultiTask\"]",
                ",\"architectures\":[\"DebertaV2ForSequenceClassification\",\"DebertaV2ForMaskedLM\"]",
                ",\"architectures\":\"BertModel\"",
                ",\"architectures\":{\"a\":[1]}",
            })
    void whatConfigDoesNotNameTheTensorsSay(String architectures) {
        DebertaConfig config = config(THREE_LABELS + architectures);
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        try (Weights weights = weights()) {
            assertEquals(Architecture.SEQUENCE_CLASSIFICATION, CheckpointHeads.choose(weights, config));
            assertEquals(
                    Architecture.SEQUENCE_CLASSIFICATION, CheckpointHeads.choose(folder, Optional.empty(), config));
        }
        assertEquals(
                names(config, Architecture.SEQUENCE_CLASSIFICATION),
                parameters(config, Architecture.SEQUENCE_CLASSIFICATION, false).keySet());
        // Hidden states need no head at all.
        parameters(config, Architecture.ENCODER, false);
    }

    @ParameterizedTest
    @CsvSource({
        "[\"DebertaV2ForMaskedLM\"], MASKED_LM",
        "[\"DebertaForTokenClassification\"], TOKEN_CLASSIFICATION",
        "[\"Mine\";\"DebertaV2Model\"], ENCODER"
    })
    void whatConfigNamesIsChosen(String names, Architecture head) {
        DebertaConfig config = config(THREE_LABELS + ",\"architectures\":" + names.replace(';', ','));
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        try (Weights weights = weights()) {
            assertEquals(head, CheckpointHeads.choose(weights, config));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SEQUENCE_CLASSIFICATION",
                "TOKEN_CLASSIFICATION",
                "QUESTION_ANSWERING",
                "MULTIPLE_CHOICE",
                "MASKED_LM",
                "MASKED_LM_EMD",
                "REPLACED_TOKEN_DETECTION"
            })
    void eachHeadIsFound(Architecture head) {
        DebertaConfig config = config(THREE_LABELS);
        add(config, head);
        try (Weights weights = weights()) {
            assertEquals(Set.of(head), CheckpointHeads.in(weights, config));
            boolean ofPreTraining = Set.of(
                            Architecture.MASKED_LM, Architecture.MASKED_LM_EMD, Architecture.REPLACED_TOKEN_DETECTION)
                    .contains(head);
            assertEquals(ofPreTraining ? Architecture.ENCODER : head, CheckpointHeads.choose(weights, config));
        }
        assertEquals(Set.of(head), CheckpointHeads.in(folder));
    }

    @Test
    void aRerankerIsNoMultipleChoice() {
        DebertaConfig config = config(",\"num_labels\":1");
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        try (Weights weights = weights()) {
            assertEquals(Architecture.SEQUENCE_CLASSIFICATION, CheckpointHeads.choose(weights, config));
        }
    }

    @Test
    void headsOfPreTrainingAreNeverAReasonToAsk() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.MASKED_LM_EMD);
        add(config, Architecture.REPLACED_TOKEN_DETECTION);
        try (Weights weights = weights()) {
            assertEquals(Architecture.ENCODER, CheckpointHeads.choose(weights, config));
        }
        parameters(config, Architecture.ENCODER, false);
        add(config, Architecture.TOKEN_CLASSIFICATION);
        try (Weights weights = weights()) {
            assertEquals(Architecture.TOKEN_CLASSIFICATION, CheckpointHeads.choose(weights, config));
        }
    }

    @Test
    void headsOfSeveralTasksAre() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.TOKEN_CLASSIFICATION);
        add(config, Architecture.QUESTION_ANSWERING);
        add(config, Architecture.MASKED_LM);
        try (Weights weights = weights()) {
            HeadException undecided = assertThrows(HeadException.class, () -> CheckpointHeads.choose(weights, config));
            assertTrue(
                    undecided.getMessage().contains("has the heads token-classification, question-answering, and"),
                    undecided.getMessage());
            assertTrue(undecided.getMessage().endsWith("with --head"), undecided.getMessage());
        }
    }

    @Test
    void normsOfOldCheckpointsHaveGammaAndBeta() {
        DebertaConfig config = config("");
        add(config, Architecture.MASKED_LM);
        rename(name -> name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"));
        assertEquals(
                names(config, Architecture.MASKED_LM),
                parameters(config, Architecture.MASKED_LM, false).keySet());
    }

    @Test
    void moreLayersThanTheCheckpointHasAreNamedBeforeTheyAreBuilt() {
        add(config(""), Architecture.ENCODER);
        DebertaConfig longer = config("", 3);
        try (Weights weights = weights()) {
            String message = assertThrows(ConfigException.class, () -> Checkpoint.checkSizes(weights, longer))
                    .getMessage();
            assertTrue(
                    message.contains("config.json: says 3 layers (num_hidden_layers), and the checkpoint "), message);
            assertTrue(message.endsWith("model.safetensors has 2"), message);
        }
    }

    /** What config.json says more, and what of the message names the field. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                ",\"type_vocab_size\":2 ; by its type_vocab_size",
                ",\"share_att_key\":false ; by its share_att_key",
                ",\"position_biased_input\":true ; by its position_biased_input",
                ",\"conv_kernel_size\":3 ; by its conv_kernel_size",
                ",\"embedding_size\":4 ; by its embedding_size",
                ",\"vocab_size\":13 ; has shape [12,8], and",
                ",\"vocab_size\":13 ; by its vocab_size",
                ",\"intermediate_size\":7 ; by its intermediate_size",
                ",\"hidden_size\":10 ; by its hidden_size",
                ",\"position_buckets\":2 ; by its position_buckets",
                ",\"position_buckets\":0 ; by its max_relative_positions",
            })
    void aFieldThatContradictsTheTensorsIsNamed(String more, String message) {
        add(config(""), Architecture.ENCODER);
        String refusal = refusal(WeightsException.class, config(more), Architecture.ENCODER);
        assertTrue(refusal.contains(message), refusal);
        assertTrue(refusal.contains("config.json"), refusal);
        assertFalse(refusal.contains("--ignore-unused"), refusal);
        assertEquals(refusal, beforeBuilding(config(more)));
    }

    /** What is said before a program of the configuration's sizes is built. */
    private String beforeBuilding(DebertaConfig config) {
        try (Weights weights = weights()) {
            return assertThrows(InvalidModelException.class, () -> Checkpoint.checkSizes(weights, config))
                    .getMessage();
        }
    }

    /** What config.json says more, in place of what it says, and what of the message names the field and the sizes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "256 ; `` ; config.json: says 256 layers (num_hidden_layers), and the checkpoint ",
                "2 ; ,\"hidden_size\":65536,\"num_attention_heads\":4096 ; [12,65536] by its hidden_size",
                "2 ; ,\"vocab_size\":16777216 ; has shape [12,8], and ",
                "2 ; ,\"intermediate_size\":262144 ; [262144,8] by its intermediate_size",
                "2 ; ,\"position_buckets\":1048576,\"max_relative_positions\":1048576 ; [2097152,8] by its position_buckets",
                "2 ; ,\"type_vocab_size\":65536 ; by its type_vocab_size",
                "2 ; ,\"conv_kernel_size\":1023 ; by its conv_kernel_size",
            })
    void sizesThatTheCheckpointDoesNotHaveBuildNothing(int layers, String more, String message) {
        add(config(""), Architecture.ENCODER);
        DebertaConfig config = config(more, layers);
        String refusal = assertTimeout(Duration.ofSeconds(1), () -> beforeBuilding(config));
        assertTrue(refusal.contains(message), refusal);
        assertTrue(refusal.contains("config.json") && refusal.contains("model.safetensors"), refusal);
    }

    /** One tensor is not a layer: what all layers lack is said before they are built. */
    @Test
    void aLayerIsAllOfItsTensors() {
        add(config(""), Architecture.ENCODER);
        add("deberta.encoder.layer.255.output.dense.bias", 8);
        String lacking = beforeBuilding(config("", 256));
        assertTrue(
                lacking.contains("lacks 4063 parameters: deberta.encoder.layer.2.attention.self.query_proj.weight,"),
                lacking);

        rename(name -> name.replace(".layer.255.", ".layer.2."));
        DebertaConfig three = config("", 3);
        tensors.putAll(new TreeMap<>(RandomWeights.of(program(three, Architecture.ENCODER))));
        add("deberta.encoder.layer.2.output.dense.bias", 9);
        String shape = beforeBuilding(three);
        assertTrue(shape.contains("deberta.encoder.layer.2.output.dense.bias has shape [9]"), shape);
    }

    @Test
    void whatIsLackingComesBeforeWhatIsLeftOver() {
        DebertaConfig config = config("");
        add(config, Architecture.ENCODER);
        rename(name -> name.replace(".intermediate.", ".inner."));
        String message = refusal(WeightsException.class, config, Architecture.ENCODER);
        assertTrue(message.contains("lacks 4 parameters: deberta.encoder.layer.0.intermediate.dense.weight,"), message);
        assertFalse(message.contains("--ignore-unused"), message);
    }

    @Test
    void whatIsLackingIsNamed() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.QUESTION_ANSWERING);
        String message = refusal(HeadException.class, config, Architecture.SEQUENCE_CLASSIFICATION);
        assertTrue(
                message.contains("lacks 4 parameters: pooler.dense.weight, pooler.dense.bias, classifier.weight,"
                        + " classifier.bias, which sequence-classification needs; it holds question-answering"),
                message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ",\"id2label\":{\"0\":\"a\",\"1\":\"b\"} | names 2 in id2label or num_labels",
                ",\"num_labels\":5 | names 5 in id2label",
                "'' | means 2 as it has neither id2label nor num_labels",
            })
    void aNumberOfLabelsThatContradictsTheTensorsIsNamed(String labels, String message) {
        add(config(THREE_LABELS), Architecture.SEQUENCE_CLASSIFICATION);
        String refusal = refusal(HeadException.class, config(labels), Architecture.SEQUENCE_CLASSIFICATION);
        assertTrue(refusal.contains("classifier.weight has 3 rows"), refusal);
        assertTrue(refusal.contains(message), refusal);
        assertTrue(refusal.contains("config.json"), refusal);
    }

    @Test
    void aClassifierOnAPoolerIsNotOneOfTokens() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        String message = refusal(HeadException.class, config, Architecture.TOKEN_CLASSIFICATION);
        assertTrue(message.contains("pooler.dense.weight, so its classifier is one of sequence-class"), message);
        parameters(config, Architecture.TOKEN_CLASSIFICATION, true);
        parameters(
                config(THREE_LABELS + ",\"architectures\":[\"DebertaV2ForTokenClassification\"]"),
                Architecture.TOKEN_CLASSIFICATION,
                false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deberta.encoder.layer.2.output.dense.bias",
                "deberta.encoder.layer.0.attention.self.pos_key_proj.weight",
                "deberta.encoder.conv.conv.weight",
                "deberta.encoder.layer.0.output.adapter.weight",
                "deberta.embeddings.token_type_embeddings.weight",
                "deberta.embeddings.embed_proj.weight",
                "deberta.encoder.rel_embeddings.bias",
                "deberta.adapter.weight",
                "classifier.out_proj.weight",
                "pooler.LayerNorm.weight",
            })
    void whatNoParameterTakesIsAnError(String name) {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        add(name, 3, 2);
        String message = refusal(WeightsException.class, config, Architecture.SEQUENCE_CLASSIFICATION);
        assertTrue(message.contains("holds " + name + " of the model that no parameter takes"), message);
        assertTrue(message.endsWith("--ignore-unused passes over them"), message);
        assertEquals(
                names(config, Architecture.SEQUENCE_CLASSIFICATION),
                parameters(config, Architecture.SEQUENCE_CLASSIFICATION, true).keySet());
    }

    @Test
    void aWrongNumberOfLayersIsNamed() {
        add(config(THREE_LABELS), Architecture.SEQUENCE_CLASSIFICATION);
        DebertaConfig shorter = config(THREE_LABELS, 1);
        String message = refusal(WeightsException.class, shorter, Architecture.SEQUENCE_CLASSIFICATION);
        assertTrue(message.contains("num_hidden_layers is 1"), message);
        assertTrue(message.contains("the file has 2 layers"), message);
    }

    /** What the released checkpoints, HuggingFace's and sentence-transformers' hold beside a model. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "deberta.embeddings.position_embeddings.weight",
                "deberta.embeddings.word_embeddings._weight",
                "deberta.pooler.dense.weight",
                "lm_predictions.lm_head.dense.weight",
                "mask_predictions.dense.weight",
                "cls.predictions.bias",
                "qa_outputs.weight",
                "extra.buffer",
                "ema.deberta.embeddings.word_embeddings.weight",
                "teacher.deberta.encoder.layer.7.output.dense.bias",
                "loss_fct.weight",
                "deberta.ema.encoder.layer.0.output.dense.bias",
            })
    void whatIsNotOfTheModelIsPassedOver(String name) {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        add(name, 3, 2);
        parameters(config, Architecture.SEQUENCE_CLASSIFICATION, false);
    }

    @Test
    void buffersOfWholeNumbersArePassedOver() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        tensors.put("deberta.embeddings.position_ids", Tensor.of(new long[10], 1, 10));
        tensors.put("deberta.encoder.layer.0.mask", Tensor.of(new boolean[4], 2, 2));
        parameters(config, Architecture.SEQUENCE_CLASSIFICATION, false);
    }

    @Test
    void aParameterOfWholeNumbersIsRefused() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.SEQUENCE_CLASSIFICATION);
        tensors.put("classifier.bias", Tensor.of(new long[3], 3));
        String message = refusal(WeightsException.class, config, Architecture.SEQUENCE_CLASSIFICATION);
        assertTrue(message.contains("tensor 'classifier.bias' has dtype I64, and a parameter is"), message);
    }

    @Test
    void theTiedMatrixOfAMaskedLmIsPassedOver() {
        DebertaConfig config = config("");
        add(config, Architecture.MASKED_LM);
        add("cls.predictions.decoder.weight", 12, 8);
        add("cls.predictions.decoder.bias", 12);
        add("lm_predictions.lm_head.bias", 12);
        parameters(config, Architecture.MASKED_LM, false);
        // A head of somebody else is not a reason to refuse a table that only the head reads.
        parameters(config, Architecture.ENCODER, false);
    }

    @ParameterizedTest
    @CsvSource({
        "ema.deberta., deberta.",
        "teacher., ''",
        "student.deberta., model.deberta.",
        "ema.x., x.",
        "net_ema.x., net.x.",
        "teacher_model.x., x."
    })
    void aCopyNeverComesBeforeTheModel(String copy, String own) {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.ENCODER);
        SequencedMap<String, Tensor> original = new LinkedHashMap<>(tensors);
        tensors.clear();
        original.forEach((name, tensor) -> tensors.put(
                name.replace("deberta.", copy), Tensor.of(new float[(int) tensor.elements()], tensor.shape())));
        original.forEach((name, tensor) -> tensors.put(name.replace("deberta.", own), tensor));
        Map<String, Tensor> found = parametersOf(config);
        original.forEach((name, tensor) -> assertEquals(tensor.getDouble(0), first.get(name), name));
        assertEquals(original.keySet(), found.keySet());
    }

    private final Map<String, Double> first = new TreeMap<>();

    private Map<String, Tensor> parametersOf(DebertaConfig config) {
        try (Weights weights = weights()) {
            Map<String, Tensor> found = Checkpoint.parameters(
                    weights, config, program(config, Architecture.ENCODER), Optional.of(Architecture.ENCODER), false);
            found.forEach((name, tensor) -> first.put(name, tensor.getDouble(0)));
            return found;
        }
    }

    @Test
    void twoEncodersOfEqualRightsAreNamed() {
        DebertaConfig config = config(THREE_LABELS);
        add(config, Architecture.ENCODER);
        rename(name -> "generator." + name);
        add(config, Architecture.ENCODER);
        rename(name -> name.startsWith("generator.") ? name : "discriminator." + name);
        String message = refusal(WeightsException.class, config, Architecture.ENCODER);
        assertTrue(message.contains("'generator.deberta.' and 'discriminator.deberta.'"), message);
    }
}
