package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.BertScorer;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.TextRanker;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import detangle.testing.TorchCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Models of the GLiNER family in the folders in which they were published over the years. */
class FamilyFoldersTest {
    private static final String TEXT = "Ada Lovelace met Charles Babbage in London.";
    private static final List<String> LABELS = List.of("person", "place");
    private static final String SAFETENSORS = "model.safetensors";
    private static final String TORCH = "pytorch_model.bin";
    private static final String GLINER_CONFIG = "gliner_config.json";
    private static final String WORDS = "embeddings.word_embeddings.weight";

    /** The fields that gliner wrote until May 2024: the arguments of its training. */
    private static final List<String> OLD_FIELDS = List.of(
            "name", "model_name", "span_mode", "max_width", "max_len", "hidden_size", "subtoken_pooling", "dropout");

    @TempDir
    private Path folder;

    /** Files of torch.save have the numbers of positions too, which transformers stored beside parameters until 2023. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "gliner-token-lstm",
                "gliner-relex-span",
                "gliner-bi-span",
                "gliner2-span",
                "gliner2-boundary",
                "gliclass-mlp-avg",
                "gliclass-bi",
                "cross-encoder-nli",
                "reward",
                "sentence-transformer",
                "bertscore"
            })
    void filesOfTorchGiveTheSameAnswers(String name) throws IOException {
        Path model = FamilyFixture.named(name).write(folder.resolve("model"));
        String expected = answers(name, model);
        assertTrue(expected.length() > 20, expected);
        try (Stream<Path> files = Files.walk(model)) {
            for (Path file : files.filter(f -> f.endsWith(SAFETENSORS)).toList()) {
                writeTorch(file, file.resolveSibling(TORCH), tensor -> tensor);
                Files.delete(file);
            }
        }
        assertEquals(expected, answers(name, model));
    }

    private static void writeTorch(Path weights, Path file, UnaryOperator<String> rename) throws IOException {
        SequencedMap<String, Tensor> tensors = tensors(weights, rename);
        for (String name : List.copyOf(tensors.keySet())) {
            if (name.endsWith(WORDS)) {
                tensors.put(name.replace(WORDS, "embeddings.position_ids"), Tensor.of(new long[] {0, 1, 2}, 1, 3));
            }
        }
        TorchCheckpoint.write(file, tensors);
    }

    private static SequencedMap<String, Tensor> tensors(Path file, UnaryOperator<String> rename) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        try (Weights weights = Weights.open(file)) {
            weights.names().forEach(name -> tensors.put(rename.apply(name), copy(weights.get(name))));
        }
        return tensors;
    }

    /** The tensor's memory is the file's, which is closed and deleted. */
    private static Tensor copy(Tensor tensor) {
        return Tensor.ofDoubles(tensor.dtype(), tensor.toDoubles(), tensor.shape());
    }

    private static String answers(String name, Path model) {
        return switch (name.substring(0, name.contains("-") ? name.indexOf('-') : name.length())) {
            case "gliner" -> entities(model);
            case "gliner2" -> values(model);
            case "gliclass" -> {
                try (LabelClassifier classifier = LabelClassifier.load(model)) {
                    yield classifier
                            .classify(TEXT, LABELS, LabelOptions.DEFAULT.withThreshold(0))
                            .toString();
                }
            }
            case "cross" -> {
                try (TextClassifier classifier = TextClassifier.load(model)) {
                    yield classifier.classify(new TextPair(TEXT, "London")).toString();
                }
            }
            case "reward" -> {
                try (TextRanker ranker = TextRanker.load(model)) {
                    yield ranker.rank(TEXT, LABELS).toString();
                }
            }
            case "sentence" -> {
                try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
                    yield Arrays.toString(extractor.encode(TEXT));
                }
            }
            case "bertscore" -> {
                BertScoreOptions options = BertScoreOptions.DEFAULT.withNumLayers(3);
                try (BertScorer scorer = BertScorer.load(model, options, PipelineOptions.DEFAULT)) {
                    yield scorer.score(LABELS, List.of(List.of(TEXT), List.of("London")))
                            .toString();
                }
            }
            default -> throw new AssertionError(name);
        };
    }

    private static String entities(Path model) {
        try (EntityExtractor extractor = EntityExtractor.load(model)) {
            ExtractionRequest request =
                    ExtractionRequest.of(TEXT, LABELS, ExtractionOptions.DEFAULT.withThreshold(0.05));
            return extractor
                    .run(
                            List.of(extractor.findsRelations() ? request.withRelations(List.of("met")) : request),
                            done -> {})
                    .toString();
        }
    }

    private static String values(Path model) {
        try (SchemaExtractor extractor = SchemaExtractor.load(model)) {
            JsonNode json = JsonMapper.shared().readTree("""
                    {"entities": ["person", "place"], "classifications": [{"task": "topic", "labels": ["a", "b"]}]}""");
            SchemaAnswer answer =
                    extractor.extract(TEXT, SchemaReader.of(json), SchemaOptions.DEFAULT.withThreshold(0.1));
            return new SchemaJson(Optional.of(Double::valueOf), Optional.of(i -> i))
                    .write(SchemaReader.of(json), answer)
                    .toString();
        }
    }

    /**
     * What gliner 0.1 published: weights of torch.save and the arguments of the training. The tokenizer and the
     * encoder's configuration are those of the model that {@code model_name} names, without the tokens of the prompt.
     */
    @Test
    void aFolderOfGliner01HasTheFilesOfItsEncoderElsewhere() throws IOException {
        Path model = FamilyFixture.named("gliner-token-lstm").write(folder.resolve("models/model"));
        String expected = entities(model);
        Path base = Files.createDirectories(model.resolveSibling("deberta-tiny"));
        JsonNode stated = JsonMapper.shared().readTree(Files.readString(model.resolve(GLINER_CONFIG)));
        Files.writeString(
                base.resolve("config.json"), stated.get("encoder_config").toString());
        Files.move(model.resolve("tokenizer_config.json"), base.resolve("tokenizer_config.json"));
        Files.move(model.resolve("tokenizer.json"), base.resolve("tokenizer.json"));
        change(
                base.resolve("tokenizer.json"),
                tokenizer -> ((ArrayNode) tokenizer.get("added_tokens"))
                        .removeIf(token -> token.get("id").intValue() >= 1027));
        writeTorch(model.resolve(SAFETENSORS), model.resolve(TORCH), name -> name);
        Files.delete(model.resolve(SAFETENSORS));
        change(
                model.resolve(GLINER_CONFIG),
                config -> config.retain(OLD_FIELDS)
                        .put("model_name", "someone/deberta-tiny")
                        .put("has_rnn", true)
                        .put("lr_encoder", "1e-5"));
        assertEquals(expected, entities(model));
    }

    /** The first GLiClass models had no fields for what came later, and as many ids as their vocabularies say. */
    @Test
    void aFolderOfTheFirstGliclassHasFewFields() throws IOException {
        Path model = FamilyFixture.named("gliclass-simple").write(folder.resolve("model"));
        change(model.resolve("config.json"), config -> config.put("normalize_features", false));
        String expected = answers("gliclass-simple", model);
        change(
                model.resolve("config.json"),
                config -> config.retain(
                        "model_type",
                        "encoder_config",
                        "class_token_index",
                        "hidden_size",
                        "projector_hidden_act",
                        "vocab_size",
                        "problem_type",
                        "max_num_classes",
                        "use_lstm",
                        "scorer_type",
                        "pooling_strategy",
                        "prompt_first"));
        writeTorch(model.resolve(SAFETENSORS), model.resolve(TORCH), name -> name);
        Files.delete(model.resolve(SAFETENSORS));
        assertEquals(expected, answers("gliclass-simple", model));
    }

    /** Changes an object of JSON in a file. */
    private static void change(Path file, Consumer<ObjectNode> change) throws IOException {
        ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
        change.accept(json);
        Files.writeString(file, json.toString());
    }

    @Test
    void namesOfTorchCompileAreTakenAway() throws IOException {
        Path model = FamilyFixture.named("gliner-token-lstm").write(folder.resolve("model"));
        String expected = entities(model);
        SequencedMap<String, Tensor> tensors = tensors(model, name -> name.replaceFirst("\\.", "._orig_mod."));
        SafetensorsWriter.write(model.resolve(SAFETENSORS), tensors, Map.of());
        assertEquals(expected, entities(model));
    }

    /** The scorer of the first days had no dropout, which gave its second layer another name; gliner does not read it. */
    @Test
    void aScorerWithTheNamesOfItsFirstDaysIsRefusedByItsTensor() throws IOException {
        Path model = FamilyFixture.named("gliner-token-lstm").write(folder.resolve("model"));
        writeTorch(
                model.resolve(SAFETENSORS),
                model.resolve(TORCH),
                name -> name.replace("scorer.out_mlp.3", "scorer.out_mlp.2"));
        Files.delete(model.resolve(SAFETENSORS));
        WeightsException e = assertThrows(WeightsException.class, () -> entities(model));
        assertTrue(e.getMessage().contains("scorer.out_mlp.3.weight"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "span_mode | \"conv_share\" | span_mode is 'conv_share'",
                "subtoken_pooling | \"mean\" | subtoken_pooling is 'mean'",
                "words_splitter_type | \"spacy\" | words_splitter_type is 'spacy'",
                "labels_decoder | \"gpt2\" | labels_decoder is set",
                "num_rnn_layers | 2 | num_rnn_layers is above 1",
                "relations_layer | \"gcn\" | relations_layer is 'gcn'",
                "post_fusion_schema | \"l2l\" | post_fusion_schema is 'l2l'",
                "precomputed_prompts_mode | true | precomputed_prompts_mode is true"
            })
    void whatIsNotSupportedIsNamedWithItsField(String field, String value, String message) throws IOException {
        Path model = FamilyFixture.named("gliner-token-lstm").write(folder.resolve("model"));
        change(
                model.resolve(GLINER_CONFIG),
                config -> config.set(field, JsonMapper.shared().readTree(value)));
        ConfigException e = assertThrows(ConfigException.class, () -> entities(model));
        assertTrue(e.getMessage().contains(GLINER_CONFIG) && e.getMessage().contains(message), e.getMessage());
    }
}
