package detangle.train.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.testing.SharedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The measures of scikit-learn, scipy, seqeval, HuggingFace's squad_metrics and the original's own. */
final class MetricsGoldensTest {
    private static final double NEAR = 1e-12;

    private final JsonNode goldens = read();

    private static JsonNode read() {
        try {
            return JsonMapper.shared()
                    .readTree(Files.readString(SharedFiles.require("goldens-training/numbers/metrics.json")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<DynamicTest> each(JsonNode cases, Consumer<JsonNode> test) {
        return StreamSupport.stream(cases.spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(
                        c.toString().substring(0, Math.min(60, c.toString().length())), () -> test.accept(c)));
    }

    private static void assertNumber(JsonNode expected, double actual, double near) {
        double number = expected.isString() ? Double.parseDouble(expected.asString()) : expected.asDouble();
        assertEquals(number, actual, near);
    }

    private static int[] ints(JsonNode node) {
        return stream(node).mapToInt(JsonNode::asInt).toArray();
    }

    private static double[] doubles(JsonNode node) {
        return stream(node).mapToDouble(JsonNode::asDouble).toArray();
    }

    private static float[] floats(JsonNode node) {
        float[] values = new float[node.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) node.get(i).asDouble();
        }
        return values;
    }

    private static Stream<JsonNode> stream(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false);
    }

    private static List<String> texts(JsonNode node) {
        return stream(node).map(JsonNode::asString).toList();
    }

    private static List<List<String>> sentences(JsonNode node) {
        return stream(node).map(MetricsGoldensTest::texts).toList();
    }

    @TestFactory
    Stream<DynamicTest> classes() {
        return each(goldens.get("classification"), c -> {
            int[] predictions = stream(c.get("logits"))
                    .mapToInt(row -> Logits.argmax(floats(row)))
                    .toArray();
            ConfusionMatrix matrix = ConfusionMatrix.of(
                    ints(c.get("labels")), predictions, c.get("logits").get(0).size());
            assertNumber(c.get("accuracy"), matrix.accuracy(), NEAR);
            assertNumber(c.get("mcc"), matrix.matthews(), NEAR);
            if (c.has("macro_f1")) {
                assertNumber(c.get("macro_f1"), matrix.macroF1(), NEAR);
            }
            if (c.has("f1")) {
                assertNumber(c.get("f1"), matrix.of(1).f1(), NEAR);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> options() {
        return each(goldens.get("multi_accuracy"), c -> {
            float[][] logits =
                    stream(c.get("logits")).map(MetricsGoldensTest::floats).toArray(float[][]::new);
            assertNumber(
                    c.get("accuracy"),
                    ChoiceMetrics.accuracy(
                            logits, ints(c.get("labels")), c.get("options").asInt()),
                    NEAR);
        });
    }

    @TestFactory
    Stream<DynamicTest> correlations() {
        return each(goldens.get("correlation"), c -> {
            double[] labels = doubles(c.get("labels"));
            double[] predictions = doubles(c.get("predictions"));
            assertNumber(c.get("pearson"), Correlation.pearson(labels, predictions), 1e-7);
            assertNumber(c.get("spearman"), Correlation.spearman(labels, predictions), NEAR);
        });
    }

    @TestFactory
    Stream<DynamicTest> entities() {
        return each(goldens.get("seqeval"), c -> {
            assertEquals(spans(c.get("entities_true")), spansOf(c.get("true")));
            assertEquals(spans(c.get("entities_pred")), spansOf(c.get("pred")));
            EntityMetrics metrics = EntityMetrics.of(sentences(c.get("true")), sentences(c.get("pred")));
            assertNumber(c.get("accuracy"), metrics.accuracy(), NEAR);
            assertNumber(c.get("precision"), metrics.overall().precision(), NEAR);
            assertNumber(c.get("recall"), metrics.overall().recall(), NEAR);
            assertNumber(c.get("f1"), metrics.overall().f1(), NEAR);
            assertNumber(c.get("macro_f1"), metrics.macroF1(), NEAR);
        });
    }

    private static List<List<EntitySpan>> spans(JsonNode sentences) {
        return stream(sentences)
                .map(s -> stream(s)
                        .map(e -> new EntitySpan(
                                e.get(0).asString(), e.get(1).asInt(), e.get(2).asInt()))
                        .toList())
                .toList();
    }

    private static List<List<EntitySpan>> spansOf(JsonNode tags) {
        return sentences(tags).stream().map(EntitySpan::of).toList();
    }

    @TestFactory
    Stream<DynamicTest> pairsOfAnswers() {
        return each(goldens.get("squad_pairs"), c -> {
            String gold = c.get("gold").asString();
            String prediction = c.get("pred").asString();
            assertEquals(c.get("normalized_gold").asString(), AnswerText.normalized(gold));
            assertEquals(c.get("normalized_pred").asString(), AnswerText.normalized(prediction));
            assertNumber(c.get("exact"), AnswerText.exact(gold, prediction), 0);
            assertNumber(c.get("f1"), AnswerText.f1(gold, prediction), NEAR);
        });
    }

    @TestFactory
    Stream<DynamicTest> answers() {
        JsonNode all = goldens.get("squad_evaluate");
        Map<String, List<String>> golds = new LinkedHashMap<>();
        all.get("golds").properties().forEach(e -> golds.put(e.getKey(), texts(e.getValue())));
        Map<String, String> predictions = new LinkedHashMap<>();
        all.get("predictions")
                .properties()
                .forEach(e -> predictions.put(e.getKey(), e.getValue().asString()));
        return each(all.get("cases"), c -> {
            Map<String, Double> noAnswer = new LinkedHashMap<>();
            c.get("no_answer_probs")
                    .properties()
                    .forEach(e -> noAnswer.put(e.getKey(), e.getValue().asDouble()));
            AnswerMetrics metrics = AnswerMetrics.of(
                    golds, predictions, noAnswer, c.get("threshold").asDouble());
            JsonNode result = c.get("result");
            assertScore(result, "", metrics.all());
            assertScore(result, "HasAns_", metrics.answerable().orElseThrow());
            assertScore(result, "NoAns_", metrics.unanswerable().orElseThrow());
            assertNumber(result.get("best_exact"), metrics.bestExact().value(), 1e-9);
            assertNumber(result.get("best_exact_thresh"), metrics.bestExact().threshold(), 0);
            assertNumber(result.get("best_f1"), metrics.bestF1().value(), 1e-9);
            assertNumber(result.get("best_f1_thresh"), metrics.bestF1().threshold(), 0);
        });
    }

    private static void assertScore(JsonNode result, String prefix, AnswerMetrics.Score score) {
        assertNumber(result.get(prefix + "exact"), score.exact(), 1e-9);
        assertNumber(result.get(prefix + "f1"), score.f1(), 1e-9);
        assertEquals(result.get(prefix + "total").asInt(), score.total());
    }

    @TestFactory
    Stream<DynamicTest> groupsOfAnswers() {
        return each(JsonMapper.shared().createArrayNode().add(goldens.get("multirc")), c -> {
            int[] predictions = stream(c.get("logits"))
                    .mapToInt(row -> Logits.argmax(floats(row)))
                    .toArray();
            QuestionGroups groups = QuestionGroups.of(ints(c.get("question")), ints(c.get("labels")), predictions);
            assertNumber(c.get("result").get("em"), groups.exact(), NEAR);
            assertNumber(c.get("result").get("f1"), groups.f1(), NEAR);
        });
    }

    @TestFactory
    Stream<DynamicTest> answersOfRecord() {
        return each(goldens.get("record").get("evaluate"), c -> {
            Map<String, List<String>> golds = new LinkedHashMap<>();
            c.get("answers")
                    .properties()
                    .forEach(e -> golds.put(
                            e.getKey(),
                            stream(e.getValue())
                                    .map(a -> a.get("text").asString())
                                    .toList()));
            Map<String, String> predictions = new LinkedHashMap<>();
            c.get("predictions")
                    .properties()
                    .forEach(e -> predictions.put(e.getKey(), e.getValue().asString()));
            AnswerMetrics.Score score = AnswerMetrics.record(golds, predictions);
            assertNumber(c.get("result").get("exact_match"), score.exact(), 1e-9);
            assertNumber(c.get("result").get("f1"), score.f1(), 1e-9);
        });
    }
}
