package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.runtime.OptionValues;
import detangle.testing.models.FormulaModel;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Pipelines against what HuggingFace's say with the same weights. */
class HuggingFacePipelinesTest {
    private static final List<JsonNode> CASES = Stream.of("pipelines.json", "questions.json")
            .flatMap(file -> FormulaModel.golden(file).get("cases").valueStream())
            .toList();
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path folder;

    static IntStream models() {
        return IntStream.range(0, CASES.size());
    }

    @ParameterizedTest
    @MethodSource("models")
    void saysWhatHuggingFaceSays(int index) throws IOException {
        JsonNode golden = CASES.get(index);
        Path model = FormulaModel.write(folder, golden, "config.json");
        Files.copy(TinyModel.SHIPPED.resolve("tokenizer.json"), model.resolve("tokenizer.json"));
        switch (golden.get("task").stringValue()) {
            case "text-classification" -> classifies(model, golden.get("asked"));
            case "zero-shot-classification" -> classifiesByLabels(model, golden.get("asked"));
            case "token-classification" -> findsEntities(model, golden.get("asked"));
            case "fill-mask" -> fillsMasks(model, golden.get("asked"));
            case "question-answering" -> answersQuestions(model, golden.get("asked"));
            default -> throw new AssertionError("no pipeline for " + golden.get("task"));
        }
    }

    private static String text(JsonNode node, String name) {
        return node.get(name).stringValue();
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(t -> texts.add(t.stringValue()));
        return texts;
    }

    private static void classifies(Path model, JsonNode asked) {
        try (TextClassifier classifier = TextClassifier.load(model)) {
            for (JsonNode question : asked) {
                List<Classification> labels = classifier.classify(text(question, "args"));
                assertEquals(question.get("answer").size(), labels.size());
                for (int i = 0; i < labels.size(); i++) {
                    JsonNode expected = question.get("answer").get(i);
                    assertEquals(text(expected, "label"), labels.get(i).label());
                    assertEquals(
                            expected.get("score").doubleValue(), labels.get(i).score(), TOLERANCE);
                }
            }
        }
    }

    private static void classifiesByLabels(Path model, JsonNode asked) {
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(model)) {
            for (JsonNode question : asked) {
                JsonNode options = question.get("options");
                JsonNode expected = question.get("answer");
                ZeroShotResult result = classifier.classify(
                        text(question, "args"),
                        texts(options.get("candidate_labels")),
                        text(options, "hypothesis_template"),
                        options.get("multi_label").booleanValue());
                assertEquals(texts(expected.get("labels")), result.labels());
                for (int i = 0; i < result.scores().size(); i++) {
                    assertEquals(
                            expected.get("scores").get(i).doubleValue(),
                            result.scores().get(i),
                            TOLERANCE);
                }
            }
        }
    }

    private static void findsEntities(Path model, JsonNode asked) {
        try (TokenClassifier classifier = TokenClassifier.load(model)) {
            for (JsonNode question : asked) {
                JsonNode options = question.get("options");
                AggregationStrategy strategy = AggregationStrategy.valueOf(
                        text(options, "aggregation_strategy").toUpperCase(Locale.ROOT));
                Optional<Integer> stride =
                        Optional.ofNullable(options.get("stride")).map(JsonNode::intValue);
                String text = text(question, "args");
                TokenClassificationOptions how = OptionValues.with(
                        TokenClassificationOptions.DEFAULT.withStrategy(strategy),
                        stride,
                        TokenClassificationOptions::withStride);
                List<Entity> entities = classifier.classify(List.of(text), how).getFirst();
                List<String> expected = new ArrayList<>();
                for (JsonNode e : question.get("answer")) {
                    String label = text(e, strategy == AggregationStrategy.NONE ? "entity" : "entity_group");
                    int start = text.offsetByCodePoints(0, e.get("start").intValue());
                    int end = text.offsetByCodePoints(0, e.get("end").intValue());
                    // HuggingFace's begin with the space before a word; ours do not.
                    start += text.charAt(start) == ' ' ? 1 : 0;
                    expected.add(label + " " + text.substring(start, end) + " at " + start);
                }
                List<String> found = entities.stream()
                        .map(e -> e.entity() + " " + e.word() + " at " + e.start())
                        .toList();
                assertEquals(expected, found, text + " " + options);
                for (int i = 0; i < entities.size(); i++) {
                    double score = question.get("answer").get(i).get("score").doubleValue();
                    assertEquals(score, entities.get(i).score(), TOLERANCE);
                }
            }
        }
    }

    /** Of short texts, and of long ones in windows that overlap. */
    private static void answersQuestions(Path model, JsonNode asked) {
        try (QuestionAnswerer answerer = QuestionAnswerer.load(model)) {
            for (JsonNode question : asked) {
                JsonNode o = question.get("options");
                QuestionOptions d = QuestionOptions.DEFAULT;
                QuestionOptions options = new QuestionOptions(
                        o.get("top_k").intValue(),
                        o.path("doc_stride").asInt(d.docStride()),
                        o.path("max_seq_len").asInt(d.maxSeqLen()),
                        o.path("max_answer_len").asInt(d.maxAnswerLen()),
                        o.path("handle_impossible_answer").asBoolean(d.handleImpossibleAnswer()),
                        o.path("align_to_words").asBoolean(d.alignToWords()));
                String context = text(question.get("args"), "context");
                List<Answer> found = answerer.answer(text(question.get("args"), "question"), context, options);
                List<String> expected = new ArrayList<>();
                for (JsonNode answer : question.get("answer")) {
                    String words = text(answer, "answer");
                    int start =
                            context.offsetByCodePoints(0, answer.get("start").intValue());
                    // HuggingFace's begin with the space before a word; ours do not.
                    start += words.length() - words.stripLeading().length();
                    expected.add(words.stripLeading() + " at " + start);
                }
                assertEquals(
                        expected,
                        found.stream().map(a -> a.answer() + " at " + a.start()).toList(),
                        o.toString());
                for (int i = 0; i < found.size(); i++) {
                    double score = question.get("answer").get(i).get("score").doubleValue();
                    assertEquals(score, found.get(i).score(), 1e-6, o.toString());
                }
            }
        }
    }

    private static void fillsMasks(Path model, JsonNode asked) {
        try (MaskFiller filler = MaskFiller.load(model)) {
            for (JsonNode question : asked) {
                JsonNode options = question.get("options");
                List<String> targets = options.has("targets") ? texts(options.get("targets")) : List.of();
                List<List<MaskPrediction>> masks = filler.fill(
                                List.of(text(question, "args")),
                                options.path("top_k").asInt(5),
                                targets)
                        .getFirst();
                JsonNode answer = question.get("answer");
                for (int mask = 0; mask < masks.size(); mask++) {
                    JsonNode expected = masks.size() == 1 ? answer : answer.get(mask);
                    assertEquals(expected.size(), masks.get(mask).size());
                    for (int i = 0; i < expected.size(); i++) {
                        MaskPrediction found = masks.get(mask).get(i);
                        assertEquals(expected.get(i).get("token").intValue(), found.token());
                        assertEquals(expected.get(i).get("score").doubleValue(), found.score(), TOLERANCE);
                        assertEquals(text(expected.get(i), "token_str"), found.tokenStr());
                        // As transformers 4 writes it: 5 leaves a space before what follows a mask.
                        assertEquals(
                                text(expected.get(i), "sequence")
                                        .replace(" ?", "?")
                                        .replace(" .", "."),
                                found.sequence());
                    }
                }
            }
        }
    }
}
