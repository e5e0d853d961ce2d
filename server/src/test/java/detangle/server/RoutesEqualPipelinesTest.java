package detangle.server;

import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Answer;
import detangle.pipelines.Classification;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.MultipleChoice;
import detangle.pipelines.Pooling;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextRanker;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotResult;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Each route answers random texts as the Java API of the pipelines does. {@code -Ddetangle.properties.texts=500} says
 * how many texts each route is asked of, {@code -Ddetangle.properties.seed=7} which is the first.
 */
class RoutesEqualPipelinesTest {
    private static final int TEXTS = Integer.getInteger("detangle.properties.texts", 2);
    private static final long FIRST = Long.getLong("detangle.properties.seed", 1);

    /** Numbers of an answer are floats. */
    private static final double ROUNDING = 1e-6;

    private static final int MAX_WORDS = 9;
    private static final int TOP = 4;
    private static final double THRESHOLD = 0.3;
    private static final List<String> LABELS = List.of("person", "city", "card");
    private static final String INPUTS = "inputs";
    private static final String PARAMETERS = "parameters";
    private static final String SCORE = "score";

    @TempDir
    private static Path folder;

    private static InferenceServer server;
    private static int asked;

    @BeforeAll
    static void start() throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        models.put("banking", TinyModel.SHIPPED);
        for (String name :
                List.of("encoder", "ranker", "tags", "nli", "qa", "mask", "choice", "gliner", "gliner2", "gliclass")) {
            models.put(name, TinyServer.write(name, folder.resolve(name)));
        }
        server = InferenceServer.start(models, ServerTest.options());
    }

    @AfterAll
    static void stop() {
        server.close();
        System.out.println(
                "routes: " + asked + " answers equal those of pipelines, with " + TEXTS + " texts from seed " + FIRST);
    }

    /** Texts of a seed. */
    private record Texts(String text, String other, List<String> several) {
        private static Texts of(long seed) {
            Random random = new Random(seed);
            // The first numbers of neighbouring seeds are alike.
            random.nextLong();
            return new Texts(
                    SoakQuestions.text(random, 1 + random.nextInt(MAX_WORDS)),
                    SoakQuestions.text(random, 1 + random.nextInt(MAX_WORDS)),
                    List.of(
                            SoakQuestions.text(random, 2),
                            SoakQuestions.text(random, 1 + random.nextInt(MAX_WORDS)),
                            SoakQuestions.text(random, 3)));
        }
    }

    @FunctionalInterface
    private interface Property {
        void check(Texts texts);
    }

    private static void checkAll(Property property) {
        for (long seed = FIRST; seed < FIRST + TEXTS; seed++) {
            Texts texts = Texts.of(seed);
            try {
                property.check(texts);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "texts " + seed + " (alone: -Ddetangle.properties.seed=" + seed
                                + " -Ddetangle.properties.texts=1): " + texts,
                        e);
            }
        }
    }

    private static JsonNode json(Object value) {
        return JsonMapper.shared().readTree(JsonMapper.shared().writeValueAsString(value));
    }

    private static JsonNode answer(String path, Object body) {
        ServerTest.Answer answer = ServerTest.post(server, path, body);
        if (answer.status() != 200) {
            throw new AssertionError(path + " " + body + ": " + answer.body());
        }
        asked++;
        return answer.json();
    }

    private static void same(Object expected, JsonNode found) {
        SameJson.check(json(expected), found, ROUNDING);
    }

    private static Map<String, Object> with(Object inputs, Map<String, Object> parameters) {
        return Map.of(INPUTS, inputs, PARAMETERS, parameters);
    }

    private static List<Object> labels(List<Classification> labels) {
        return new ArrayList<>(labels.stream()
                .map(c -> Map.of("label", c.label(), SCORE, c.score()))
                .toList());
    }

    private static List<Object> labels(ZeroShotResult result) {
        return new ArrayList<>(IntStream.range(0, result.labels().size())
                .mapToObj(i -> Map.of(
                        "label", result.labels().get(i), SCORE, result.scores().get(i)))
                .toList());
    }

    @Test
    void labels() {
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            int all = classifier.labels().size();
            checkAll(texts -> {
                List<Classification> expected = classifier.classify(texts.text());
                same(labels(expected), answer("/predict", Map.of(INPUTS, texts.text())));
                Map<String, Object> body = with(texts.text(), Map.of("top_k", TOP));
                same(List.of(labels(expected.subList(0, TOP))), answer("/models/banking", body));
                same(
                        List.of(labels(expected)),
                        answer(
                                "/models/banking/pipeline/text-classification",
                                with(List.of(texts.text()), Map.of("top_k", all))));
                JsonNode tensors = answer(
                        "/v2/models/banking/infer",
                        Map.of(
                                INPUTS,
                                List.of(Map.of(
                                        "name",
                                        "text",
                                        "datatype",
                                        "BYTES",
                                        "shape",
                                        List.of(1),
                                        "data",
                                        List.of(texts.text()))),
                                "outputs",
                                List.of(Map.of("name", "label"), Map.of("name", SCORE))));
                same(List.of(expected.getFirst().label()), tensors.at("/outputs/0/data"));
                same(List.of(expected.getFirst().score()), tensors.at("/outputs/1/data"));
            });
        }
    }

    @Test
    void vectorsAndSimilarity() {
        try (FeatureExtractor extractor = FeatureExtractor.load(folder.resolve("encoder"))) {
            checkAll(texts -> {
                float[] vector = extractor.encode(texts.text(), Pooling.MEAN, true);
                same(List.of(vector), answer("/models/encoder", Map.of(INPUTS, texts.text())));
                same(
                        List.of(extractor.encode(texts.other(), Pooling.MEAN, true), vector),
                        answer("/embed", Map.of(INPUTS, List.of(texts.other(), texts.text()))));
                same(
                        vector,
                        answer("/v1/embeddings", Map.of("model", "encoder", "input", texts.text()))
                                .at("/data/0/embedding"));
                float[] other = extractor.encode(texts.other(), Pooling.MEAN, true);
                double cosine = IntStream.range(0, other.length)
                        .mapToDouble(i -> (double) vector[i] * other[i])
                        .sum();
                Map<String, Object> inputs =
                        Map.of("source_sentence", texts.text(), "sentences", List.of(texts.other()));
                same(List.of(cosine), answer("/similarity", Map.of(INPUTS, inputs)));
            });
        }
    }

    @Test
    void ranks() {
        try (TextRanker ranker = TextRanker.load(folder.resolve("ranker"))) {
            checkAll(texts -> {
                Map<String, Object> inputs = Map.of("query", texts.text(), "texts", texts.several());
                List<Object> expected = new ArrayList<>(ranker.rank(texts.text(), texts.several()).stream()
                        .map(r -> Map.of("index", r.index(), SCORE, r.score()))
                        .toList());
                same(expected, answer("/models/ranker", Map.of(INPUTS, inputs)));
                same(expected, answer("/rerank", inputs));
            });
        }
    }

    @Test
    void tags() {
        try (TokenClassifier classifier = TokenClassifier.load(folder.resolve("tags"))) {
            checkAll(texts -> {
                List<Object> expected = new ArrayList<>();
                for (Entity entity : classifier.classify(texts.text(), AggregationStrategy.SIMPLE)) {
                    expected.add(Map.of(
                            "entity_group",
                            entity.entity(),
                            SCORE,
                            entity.score(),
                            "word",
                            entity.word(),
                            "start",
                            entity.start(),
                            "end",
                            entity.end()));
                }
                same(expected, answer("/models/tags", Map.of(INPUTS, texts.text())));
            });
        }
    }

    @Test
    void zeroShotLabels() {
        for (String model : List.of("nli", "gliclass")) {
            try (ZeroShotClassifier classifier = ZeroShotClassifier.load(folder.resolve(model))) {
                checkAll(texts -> {
                    ZeroShotResult expected =
                            classifier.classify(texts.text(), LABELS, ZeroShotClassifier.TEMPLATE, false);
                    same(
                            labels(expected),
                            answer("/models/" + model, with(texts.text(), Map.of("candidate_labels", LABELS))));
                });
            }
        }
    }

    @Test
    void answers() {
        try (QuestionAnswerer answerer = QuestionAnswerer.load(folder.resolve("qa"))) {
            checkAll(texts -> {
                Answer expected = answerer.answer(texts.text(), texts.other(), QuestionOptions.DEFAULT)
                        .getFirst();
                Map<String, Object> inputs = Map.of("question", texts.text(), "context", texts.other());
                same(
                        Map.of(
                                SCORE,
                                expected.score(),
                                "start",
                                expected.start(),
                                "end",
                                expected.end(),
                                "answer",
                                expected.answer()),
                        answer("/models/qa", Map.of(INPUTS, inputs)));
            });
        }
    }

    @Test
    void masks() {
        try (MaskFiller filler = MaskFiller.load(folder.resolve("mask"))) {
            checkAll(texts -> {
                String text = texts.text().replace(".", " [MASK].");
                List<Object> expected = new ArrayList<>(filler.fill(text, TOP).getFirst().stream()
                        .map(p -> Map.of(
                                SCORE,
                                p.score(),
                                "token",
                                p.token(),
                                "token_str",
                                p.tokenStr(),
                                "sequence",
                                p.sequence()))
                        .toList());
                same(expected, answer("/models/mask", with(text, Map.of("top_k", TOP))));
            });
        }
    }

    @Test
    void choices() {
        try (MultipleChoice chooser = MultipleChoice.load(folder.resolve("choice"))) {
            checkAll(texts -> {
                List<Object> expected = new ArrayList<>(chooser.choose(texts.text(), texts.several()).stream()
                        .map(c -> Map.of("index", c.index(), SCORE, c.score(), "choice", c.choice()))
                        .toList());
                Map<String, Object> inputs = Map.of("prompt", texts.text(), "choices", texts.several());
                same(expected, answer("/models/choice", Map.of(INPUTS, inputs)));
            });
        }
    }

    @Test
    void entities() {
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("gliner"))) {
            checkAll(texts -> {
                List<Object> expected = new ArrayList<>();
                for (Entity entity :
                        extractor.extract(texts.text(), LABELS, ExtractionOptions.DEFAULT.withThreshold(THRESHOLD))) {
                    expected.add(Map.of(
                            "start",
                            entity.start(),
                            "end",
                            entity.end(),
                            "text",
                            entity.word(),
                            "label",
                            entity.entity(),
                            SCORE,
                            entity.score()));
                }
                Map<String, Object> parameters = Map.of("labels", LABELS, "threshold", THRESHOLD);
                same(expected, answer("/models/gliner", with(texts.text(), parameters)));
            });
        }
    }

    @Test
    void schemas() {
        Map<String, Object> described = Map.of(
                "entities",
                LABELS,
                "classifications",
                List.of(Map.of("task", "topic", "labels", List.of("travel", "science"))));
        Schema schema = SchemaReader.of(json(described));
        try (SchemaExtractor extractor = SchemaExtractor.load(folder.resolve("gliner2"))) {
            checkAll(texts -> {
                SchemaAnswer expected =
                        extractor.extract(texts.text(), schema, SchemaOptions.DEFAULT.withThreshold(THRESHOLD));
                Map<String, Object> parameters = Map.of("schema", described, "threshold", THRESHOLD);
                same(
                        SchemaJson.of(texts.text()).write(schema, expected),
                        answer("/models/gliner2", with(texts.text(), parameters)));
            });
        }
    }
}
