package detangle.server;

import static detangle.server.TaskAnswers.TEXT;
import static detangle.server.TaskAnswers.assertAlike;
import static detangle.server.TaskAnswers.assertScore;
import static detangle.server.TaskAnswers.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.BertScore;
import detangle.pipelines.BertScoreOptions;
import detangle.pipelines.BertScorer;
import detangle.pipelines.Choice;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MaskPrediction;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.Pooling;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The routes of HuggingFace's inference API for masks, choices, vectors, similarity and BERTScore: they answer with the
 * numbers of their pipelines.
 */
class OtherTasksApiTest {
    @TempDir
    private static Path folder;

    private static TinyServer all;

    @BeforeAll
    static void start() throws IOException {
        all = TinyServer.start(folder, "org/mask", "choice", "encoder", "ranker");
    }

    @AfterAll
    static void stop() {
        all.close();
    }

    private static JsonNode answered(String path, Object body) {
        return all.answered(path, body);
    }

    private static void refused(int status, String part, String path, Object body) {
        all.refused(status, part, path, body);
    }

    @Test
    void fillMask() {
        JsonNode one = answered("/models/org/mask", Map.of("inputs", "Where is my [MASK]?"));
        JsonNode two = answered(
                "/models/org/mask",
                Map.of("inputs", List.of("Where [MASK] my [MASK]?"), "parameters", Map.of("top_k", 2)));
        try (MaskFiller filler = MaskFiller.load(folder.resolve("mask"))) {
            List<MaskPrediction> expected =
                    filler.fill("Where is my [MASK]?", 5).getFirst();
            assertEquals(5, one.size());
            for (int i = 0; i < 5; i++) {
                assertEquals(expected.get(i).token(), one.get(i).get("token").intValue());
                assertEquals(
                        expected.get(i).tokenStr(), one.get(i).get("token_str").stringValue());
                assertEquals(
                        expected.get(i).sequence(), one.get(i).get("sequence").stringValue());
                assertScore(expected.get(i).score(), one.get(i));
            }
        }
        assertEquals(2, two.get(0).size());
        assertEquals(2, two.get(0).get(1).size());
        refused(422, "has no [MASK]", "/models/org/mask", Map.of("inputs", TEXT));
    }

    @Test
    void multipleChoice() {
        List<String> choices = List.of("I block it.", "I eat it.", "I sell it.");
        JsonNode chosen = answered(
                "/models/choice", Map.of("inputs", Map.of("prompt", "I have lost my card.", "choices", choices)));
        try (MultipleChoice chooser = MultipleChoice.load(folder.resolve("choice"))) {
            List<Choice> expected = chooser.choose("I have lost my card.", choices);
            for (int i = 0; i < 3; i++) {
                assertEquals(expected.get(i).index(), chosen.get(i).get("index").intValue());
                assertEquals(
                        expected.get(i).choice(), chosen.get(i).get("choice").stringValue());
                assertScore(expected.get(i).score(), chosen.get(i));
            }
        }
        assertEquals(chosen, answered("/models/choice", Map.of("prompt", "I have lost my card.", "choices", choices)));
        Map<String, Object> other = Map.of("prompt", TEXT, "choices", List.of("She is there.", "She reads all day."));
        JsonNode both = answered(
                "/models/choice",
                Map.of("inputs", List.of(Map.of("prompt", "I have lost my card.", "choices", choices), other)));
        assertAlike(chosen, both.get(0));
        assertAlike(answered("/models/choice", Map.of("inputs", other)), both.get(1));
        refused(
                422,
                "choice 2 of prompt 1 is empty",
                "/models/choice",
                Map.of("inputs", List.of(Map.of("prompt", "a", "choices", List.of("b", " ")), other)));
    }

    @Test
    void vectorsAndSimilarity() {
        JsonNode vectors = answered("/models/encoder", Map.of("inputs", TEXT));
        JsonNode cosines = answered(
                "/models/encoder/pipeline/sentence-similarity",
                Map.of("inputs", Map.of("source_sentence", TEXT, "sentences", List.of(TEXT, "card"))));
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            float[] expected = extractor.encode(TEXT, Pooling.MEAN, true);
            float[] other = extractor.encode("card", Pooling.MEAN, true);
            double cosine = 0;
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], vectors.get(0).get(i).floatValue(), 1e-5);
                cosine += expected[i] * other[i];
            }
            assertEquals(1, cosines.get(0).doubleValue(), 1e-5);
            assertEquals(cosine, cosines.get(1).doubleValue(), 1e-5);
        }
        assertEquals(
                cosines,
                answered(
                        "/similarity",
                        Map.of("inputs", Map.of("source_sentence", TEXT, "sentences", List.of(TEXT, "card")))));
        refused(
                422,
                "there are no sentences to compare",
                "/similarity",
                Map.of("inputs", Map.of("source_sentence", TEXT, "sentences", List.of())));
        JsonNode ranked = answered("/models/ranker", Map.of("query", "card", "texts", List.of(TEXT, "card")));
        assertEquals(ranked, answered("/rerank", Map.of("query", "card", "texts", List.of(TEXT, "card"))));
    }

    @Test
    void bertScore() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("encoder", folder.resolve("encoder")));
        List<String> candidates = List.of("A dog sat there.", "Where is my card?");
        List<List<String>> references = List.of(List.of("The cat sat there.", "A dog!"), List.of("The card is here."));
        List<Map<String, Object>> rows = IntStream.range(0, 2)
                .mapToObj(i -> Map.of("candidate", candidates.get(i), "references", (Object) references.get(i)))
                .toList();
        BertScoreOptions layer = BertScoreOptions.DEFAULT.withNumLayers(1);
        ServerOptions options =
                ServerTest.options().withTask(ServerTest.task("bertscore")).withScoring(layer);
        try (InferenceServer server = InferenceServer.start(models, options);
                BertScorer scorer = BertScorer.load(folder.resolve("encoder"), layer, PipelineOptions.DEFAULT)) {
            assertEquals(
                    "encoder: bertscore, layer 1, texts of at most 48 tokens",
                    server.models().getFirst());
            for (boolean idf : new boolean[] {false, true}) {
                JsonNode scores = ServerTest.post(
                                server, "/models/encoder", Map.of("inputs", rows, "parameters", Map.of("idf", idf)))
                        .json();
                DocumentedJson.check(DocumentedJson.answer("/models/{name}/pipeline/bertscore"), scores);
                List<BertScore> expected = scorer.withIdf(idf).score(candidates, references);
                for (int i = 0; i < 2; i++) {
                    assertAlike(json(expected.get(i)), scores.get(i));
                }
            }
            Map<String, Object> tooLong = Map.of("candidate", "card ".repeat(60), "references", List.of("card"));
            ServerTest.refused(422, "tokens, and the model takes 48", ServerTest.post(server, "/", tooLong));
            assertEquals(
                    200,
                    ServerTest.post(server, "/", Map.of("inputs", tooLong, "truncate", true))
                            .status());
        }
        ServerException alone = assertThrows(
                ServerException.class,
                () -> InferenceServer.start(models, ServerTest.options().withScoring(layer)));
        assertTrue(alone.getMessage().contains("served for bertscore"), alone.getMessage());
    }
}
