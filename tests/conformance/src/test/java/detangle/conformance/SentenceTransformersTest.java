package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.ConfigException;
import detangle.models.weights.Weights;
import detangle.pipelines.Classification;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.FunctionToApply;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Pooling;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.TextRanker;
import detangle.runtime.ModelArtifact;
import detangle.runtime.OptionValues;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Small models of sentence-transformers, with the answers that the library itself gave. */
class SentenceTransformersTest {
    private static final double TOLERANCE = 1e-4;
    private static final PipelineOptions CUTTING = PipelineOptions.DEFAULT.withTruncation(true);

    @TempDir
    private Path temp;

    /** A copy of a model with its tokenizer. */
    private Path model(String name) throws IOException {
        Path fixture = SharedFiles.require("goldens-family/" + name);
        Path copy = temp.resolve(name);
        copy(fixture, copy);
        copy(SharedFiles.require("goldens-family/tokenizers/plain"), copy);
        return copy;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.write(target, Files.readAllBytes(file));
                }
            }
        }
    }

    private static JsonNode json(Path file) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(file));
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::stringValue).toList();
    }

    /** The vectors of each case of the fixture's inputs. */
    private static void assertVectors(Path model, FeatureExtractor extractor) throws IOException {
        Path fixture = SharedFiles.require("goldens-family/sentence-transformer");
        try (Weights expected = Weights.open(fixture.resolve("expected.safetensors"))) {
            for (JsonNode c : json(fixture.resolve("inputs.json")).get("cases")) {
                EmbeddingOptions named = OptionValues.with(
                        EmbeddingOptions.DEFAULT, text(c, "prompt_name"), EmbeddingOptions::withPromptName);
                EmbeddingOptions options = OptionValues.with(named, text(c, "prompt"), EmbeddingOptions::withPrompt);
                List<float[]> vectors = extractor.encode(texts(c.get("texts")), options);
                Tensor all = expected.get(c.get("name").stringValue() + ".embeddings");
                assertEquals(all.dim(0), vectors.size());
                for (int row = 0; row < vectors.size(); row++) {
                    assertEquals(24, vectors.get(row).length);
                    for (int i = 0; i < 24; i++) {
                        assertEquals(
                                all.getDouble(row * 24L + i),
                                vectors.get(row)[i],
                                TOLERANCE,
                                model + " " + c.get("name"));
                    }
                }
            }
        }
    }

    private static Optional<String> text(JsonNode c, String field) {
        return Optional.of(c.path(field)).filter(JsonNode::isString).map(JsonNode::stringValue);
    }

    private static void assertVectors(Path model) throws IOException {
        try (FeatureExtractor extractor = FeatureExtractor.load(model, CUTTING)) {
            assertVectors(model, extractor);
            assertEquals(40, extractor.maxLength());
            assertEquals(24, extractor.dimension());
        }
    }

    @Test
    void vectorsAreThoseOfTheLibrary() throws IOException {
        Path model = model("sentence-transformer");
        assertVectors(model);
        Path artifact = temp.resolve("model.dtl");
        ModelArtifact.write(model, artifact, ModelArtifact.Options.DEFAULT);
        assertVectors(artifact);
    }

    @Test
    void weightsOfModulesMayBeInShards() throws IOException {
        Path model = model("sentence-transformer");
        Path dense = model.resolve("2_Dense");
        Files.move(dense.resolve("model.safetensors"), dense.resolve("shard.safetensors"));
        Files.writeString(
                dense.resolve("model.safetensors.index.json"),
                "{\"weight_map\":{\"linear.weight\":\"shard.safetensors\",\"linear.bias\":\"shard.safetensors\"}}");
        assertVectors(model);
        Path artifact = temp.resolve("model.dtl");
        ModelArtifact.write(model, artifact, ModelArtifact.Options.DEFAULT);
        assertVectors(artifact);
        Path again = temp.resolve("again.dtl");
        ModelArtifact.write(artifact, again, ModelArtifact.Options.DEFAULT);
        assertVectors(again);
    }

    @Test
    void foldersOfOtherVersionsAreReadToo() throws IOException {
        Path model = model("sentence-transformer");
        // As version 6 writes it.
        Files.writeString(model.resolve("modules.json"), """
                [{"idx":0,"name":"0","path":"","type":"sentence_transformers.base.modules.transformer.Transformer"},
                {"idx":1,"name":"1","path":"1_Pooling","type":
                "sentence_transformers.sentence_transformer.modules.pooling.Pooling"},
                {"idx":2,"name":"2","path":"2_Dense","type":"sentence_transformers.base.modules.dense.Dense"},
                {"idx":3,"name":"3","path":"3_Normalize","type":"sentence_transformers.base.modules.normalize.Normalize"}]
                """);
        Files.writeString(
                model.resolve("1_Pooling/config.json"),
                "{\"embedding_dimension\":32,\"pooling_mode\":\"mean\",\"include_prompt\":false}");
        Files.createDirectories(model.resolve("3_Normalize"));
        Files.writeString(
                model.resolve("3_Normalize/config.json"),
                "{\"module_input_name\":\"sentence_embedding\",\"module_output_name\":\"sentence_embedding\"}");
        assertVectors(model);
        // As version 1 wrote it: the encoder has a folder of its own, and config.json is something else.
        Path encoder = Files.createDirectories(model.resolve("0_Transformer"));
        for (String name : List.of(
                "config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json",
                "sentence_bert_config.json")) {
            Files.move(model.resolve(name), encoder.resolve(name));
        }
        Files.writeString(model.resolve("config.json"), "{\"__version__\":\"1.0.0\"}");
        Files.writeString(model.resolve("modules.json"), """
                [{"idx":0,"name":"0","path":"0_Transformer","type":"sentence_transformers.models.Transformer"},
                {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
                {"idx":2,"name":"2","path":"2_Dense","type":"sentence_transformers.models.Dense"},
                {"idx":3,"name":"3","path":"3_Normalize","type":"sentence_transformers.models.Normalize"}]
                """);
        assertVectors(model);
        Path artifact = temp.resolve("model.dtl");
        ModelArtifact.write(model, artifact, ModelArtifact.Options.DEFAULT);
        assertVectors(artifact);
    }

    @Test
    void whatIsNotKnownIsRefusedByName() throws IOException {
        Path model = model("sentence-transformer");
        String modules = Files.readString(model.resolve("modules.json"));
        refused(model, "modules.json", modules.replace("models.Normalize", "models.CNN"), "models.CNN; known are");
        refused(
                model,
                "modules.json",
                modules.replace("sentence_transformers.models.Dense", "my_code.Dense"),
                "my_code.Dense");
        refused(model, "modules.json", modules.replace("2_Dense", "../2_Dense"), "'../2_Dense', which is not a folder");
        String pooling = Files.readString(model.resolve("1_Pooling/config.json"));
        refused(model, "1_Pooling/config.json", pooling.replace("32", "64"), "word_embedding_dimension is 64");
        refused(
                model,
                "1_Pooling/config.json",
                pooling.replace("pooling_mode_lasttoken\": false", "pooling_mode_middle\": true"),
                "pooling_mode_middle is not a pooling that is known");
        refused(
                model,
                "1_Pooling/config.json",
                "{\"pooling_mode\":[\"cls\",\"median\"]}",
                "\"median\"; known are cls, max");
        String dense = Files.readString(model.resolve("2_Dense/config.json"));
        refused(model, "2_Dense/config.json", dense.replace("Tanh", "Tanhh"), "Tanhh; known are Identity");
        refused(model, "2_Dense/config.json", dense.replace("24", "25"), "linear.weight has the shape [24, 32]");
        refused(
                model,
                "2_Dense/config.json",
                dense.replace("{", "{\"module_input_name\":\"token_embeddings\","),
                "token_embeddings");
        String prompts = Files.readString(model.resolve("config_sentence_transformers.json"));
        refused(
                model,
                "config_sentence_transformers.json",
                prompts.replace("\"passage\",", "\"nothing\","),
                "default_prompt_name is 'nothing'");
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            PipelineException e = assertThrows(
                    PipelineException.class,
                    () -> extractor.encode("a", EmbeddingOptions.DEFAULT.withPromptName("title")));
            assertEquals("there is no prompt 'title'; there are query, document, passage", e.getMessage());
            e = assertThrows(
                    PipelineException.class,
                    () -> extractor.encode("a", EmbeddingOptions.DEFAULT.withPooling(Pooling.CLS, Pooling.MAX)));
            assertTrue(e.getMessage().contains("does not take the 64 numbers"), e.getMessage());
        }
    }

    private static void refused(Path model, String file, String content, String message) throws IOException {
        String before = Files.readString(model.resolve(file));
        Files.writeString(model.resolve(file), content);
        ConfigException e = assertThrows(
                ConfigException.class, () -> FeatureExtractor.load(model).close());
        assertTrue(e.getMessage().contains(message), e.getMessage());
        Files.writeString(model.resolve(file), before);
    }

    @Test
    void crossEncodersScoreAsTheirActivationSays() throws IOException {
        Path model = model("cross-encoder-identity");
        JsonNode cases = json(model.resolve("inputs.json")).get("cases");
        JsonNode expected = json(model.resolve("expected.json"));
        try (TextRanker ranker = TextRanker.load(model, CUTTING.withMaxLength(48))) {
            for (JsonNode c : List.of(cases.get(0), cases.get(1))) {
                for (int i = 0; i < c.get("pairs").size(); i++) {
                    List<String> pair = texts(c.get("pairs").get(i));
                    assertEquals(
                            expected.get(c.get("name").stringValue()).get(i).doubleValue(),
                            ranker.rank(pair.get(0), pair.subList(1, 2))
                                    .getFirst()
                                    .score(),
                            TOLERANCE);
                }
            }
            JsonNode rank = cases.get(2);
            List<RankedDocument> ranked = ranker.rank(rank.get("query").stringValue(), texts(rank.get("documents")));
            for (int i = 0; i < expected.get("rank").size(); i++) {
                JsonNode one = expected.get("rank").get(i);
                assertEquals(one.get("corpus_id").intValue(), ranked.get(i).index());
                assertEquals(one.get("score").doubleValue(), ranked.get(i).score(), TOLERANCE);
            }
        }
    }

    @Test
    void aClassifiersActivationIsHeeded() throws IOException {
        Path model = model("cross-encoder-nli");
        JsonNode cases = json(model.resolve("inputs.json")).get("cases");
        JsonNode expected = json(model.resolve("expected.json"));
        try (TextClassifier classifier = TextClassifier.load(model, CUTTING.withMaxLength(48))) {
            assertScores(classifier, cases.get(0), expected.get("predict"));
            assertScores(classifier.withFunction(FunctionToApply.NONE), cases.get(1), expected.get("predict-raw"));
        }
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replace("activation.Sigmoid", "linear.Identity"));
        // The library writes Identity where nothing was chosen: the scores are HuggingFace's.
        try (TextClassifier classifier = TextClassifier.load(model, CUTTING)) {
            assertEquals(
                    1,
                    classifier.classify(new TextPair("a", "b")).stream()
                            .mapToDouble(Classification::score)
                            .sum(),
                    TOLERANCE);
        }
    }

    private static void assertScores(TextClassifier classifier, JsonNode c, JsonNode expected) {
        List<TextPair> pairs = new ArrayList<>();
        c.get("pairs")
                .forEach(p ->
                        pairs.add(new TextPair(p.get(0).stringValue(), p.get(1).stringValue())));
        List<List<Classification>> all = classifier.classifyPairs(pairs);
        for (int i = 0; i < all.size(); i++) {
            for (Classification label : all.get(i)) {
                int number = Integer.parseInt(label.label().replace("LABEL_", ""));
                assertEquals(expected.get(i).get(number).doubleValue(), label.score(), TOLERANCE);
            }
        }
    }

    @Test
    void rewardModelsGiveLogitsAndTheirSigmoid() throws IOException {
        Path model = model("reward");
        JsonNode c = json(model.resolve("inputs.json")).get("cases").get(0);
        JsonNode expected = json(model.resolve("expected.json")).get("score");
        try (TextRanker ranker = TextRanker.load(model, CUTTING.withMaxLength(128))) {
            String question = c.get("question").stringValue();
            List<String> answers = texts(c.get("answers"));
            for (RankedDocument raw : ranker.rank(question, answers, true)) {
                assertEquals(expected.get(raw.index()).get("score").doubleValue(), raw.score(), TOLERANCE);
            }
            for (RankedDocument ranked : ranker.rank(question, answers)) {
                assertEquals(expected.get(ranked.index()).get("sigmoid").doubleValue(), ranked.score(), TOLERANCE);
            }
        }
    }
}
