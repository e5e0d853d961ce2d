package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizers;
import detangle.pipelines.Classification;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineException;
import detangle.pipelines.Pooling;
import detangle.pipelines.TextClassifier;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The routes of text-embeddings-inference: answers are the pipelines', and what makes no sense is refused. */
class EmbeddingsInferenceApiTest extends ServerTest {
    @Test
    void predictAnswersAsThePipeline() {
        JsonNode one = answered("/predict", Map.of("inputs", TEXT));
        JsonNode batch = answered("/predict", Map.of("inputs", List.of(List.of(TEXT), List.of(TEXT, "It is lost."))));
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            List<Classification> expected = classifier.classify(TEXT);
            for (int i = 0; i < 3; i++) {
                assertEquals(expected.get(i).label(), one.get(i).get("label").stringValue());
                assertEquals(expected.get(i).score(), one.get(i).get("score").doubleValue(), 1e-5);
            }
            assertEquals(
                    expected.getFirst().label(),
                    batch.get(0).get(0).get("label").stringValue());
        }
        assertEquals(2, batch.size());
        assertEquals(one, answered("/", Map.of("inputs", TEXT)));
        JsonNode raw = answered("/predict", Map.of("inputs", TEXT, "raw_scores", true));
        assertTrue(raw.get(0).get("score").doubleValue() > 1, "no logits");
    }

    @Test
    void rerankSortsTexts() {
        JsonNode ranked = answered(
                "/rerank",
                Map.of("query", "card", "texts", List.of("It is lost.", TEXT, "The weather."), "return_text", true));
        assertEquals(3, ranked.size());
        assertTrue(ranked.get(0).get("score").doubleValue()
                >= ranked.get(2).get("score").doubleValue());
        assertEquals(
                List.of("It is lost.", TEXT, "The weather.")
                        .get(ranked.get(0).get("index").intValue()),
                ranked.get(0).get("text").stringValue());
    }

    @Test
    void embedGivesVectorsOfLengthOne() {
        JsonNode vectors = answered("/embed", Map.of("inputs", List.of(TEXT, "card")));
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            float[] expected = extractor.encode(TEXT, Pooling.MEAN, true);
            assertEquals(expected.length, vectors.get(0).size());
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], vectors.get(0).get(i).doubleValue(), 1e-5);
            }
        }
    }

    @Test
    void whatIsSaidOfVectorsGoesWithAModelThatMakesThem() {
        SequencedMap<String, Path> classifier = new LinkedHashMap<>();
        classifier.put("banking", TinyModel.SHIPPED);
        ServerOptions cls = options().withEmbedding(EmbeddingOptions.DEFAULT.withPooling(Pooling.CLS));
        ServerException none = assertThrows(ServerException.class, () -> InferenceServer.start(classifier, cls));
        assertTrue(none.getMessage().contains("goes with a model that makes vectors"), none.getMessage());
        SequencedMap<String, Path> encoder = new LinkedHashMap<>();
        encoder.put("encoder", folder.resolve("encoder"));
        ServerOptions prompt = options().withEmbedding(EmbeddingOptions.DEFAULT.withPromptName("query"));
        PipelineException unknown = assertThrows(PipelineException.class, () -> InferenceServer.start(encoder, prompt));
        assertEquals("there is no prompt 'query'; the model has none", unknown.getMessage());
        refused(
                422,
                "there is no prompt 'query'",
                post(server, "/embed", Map.of("inputs", TEXT, "prompt_name", "query")));
        refused(
                422,
                "truncation_direction is 'up', and not one of right, left",
                post(server, "/embed", Map.of("inputs", TEXT, "truncation_direction", "up")));
        assertEquals(
                200,
                post(server, "/embed", Map.of("inputs", TEXT, "truncation_direction", "Right"))
                        .status());
        for (Object wrong : List.of(0, "8", 1.5)) {
            refused(
                    422,
                    "dimensions is not a whole number of at least 1",
                    post(server, "/embed", Map.of("inputs", TEXT, "dimensions", wrong)));
        }
        Answer four = post(server, "/embed", Map.of("inputs", TEXT, "dimensions", 4));
        assertEquals(4, JsonMapper.shared().readTree(four.body()).get(0).size(), four.body());
        refused(
                422,
                "vectors have 32 numbers, and 99 are asked for",
                post(server, "/embed", Map.of("inputs", TEXT, "dimensions", 99)));
        refused(422, "prompt_name is no", post(server, "/embed", Map.of("inputs", TEXT, "prompt_name", 7)));
    }

    @Test
    void requestsThatMakeNoSenseAreRefused() {
        refused(422, "the text is empty", post(server, "/predict", Map.of("inputs", "")));
        refused(422, "inputs must be a text", post(server, "/predict", Map.of("inputs", 7)));
        refused(422, "not a text", post(server, "/predict", Map.of("inputs", List.of(List.of("a", 7)))));
        refused(422, "3 texts where one or two", post(server, "/predict", Map.of("inputs", List.of("a", "b", "c"))));
        refused(
                422,
                "tokens, and the model takes 512",
                post(server, "/predict", Map.of("inputs", "card ".repeat(600))));
        assertEquals(
                200,
                post(server, "/predict", Map.of("inputs", "card ".repeat(600), "truncate", true))
                        .status());
        refused(413, "33 texts", post(server, "/embed", Map.of("inputs", Collections.nCopies(33, "a"))));
        refused(422, "text-ranking needs the field 'query'", post(server, "/rerank", Map.of("texts", List.of("a"))));
        refused(
                400,
                "not JSON",
                send(request(server, "/predict")
                        .POST(BodyPublishers.ofString("{"))
                        .build()));
        refused(
                415,
                "Content-Encoding",
                send(request(server, "/predict")
                        .header("Content-Encoding", "unheard-of")
                        .POST(BodyPublishers.ofString("{}"))
                        .build()));
        refused(404, "see /openapi.json", get("/nowhere"));
    }

    /** One token's row of the table is not a number: its text has no answer, and the others have theirs. */
    @Test
    void anAnswerThatIsNotANumberIsAnErrorOfTheServer() throws IOException {
        Path model = TinyModel.write(folder.resolve("broken"), "ForSequenceClassification", List.of("a", "b"));
        int token = 3_000;
        TinyModel.set(model, "deberta.embeddings.word_embeddings.weight", token * 32, Float.NaN);
        String text = Tokenizers.load(model).decode(new int[] {token}, true);
        try (InferenceServer broken = InferenceServer.start(new LinkedHashMap<>(Map.of("broken", model)), options())) {
            refused(
                    500,
                    "word_embeddings.weight' holds NaN at [3000, 0]",
                    post(broken, "/predict", Map.of("inputs", text)));
            assertEquals(200, post(broken, "/predict", Map.of("inputs", TEXT)).status());
        }
    }
}
