package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.models.deberta.Architecture;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that cannot be answered: the listener is told of each, and all others have the results that they have alone. */
class ProgressListenerTest {
    private static final String GOOD = "Where is my card?";
    private static final String OTHER = "What is the exchange rate?";
    private static final String LONG = (GOOD + " ").repeat(200);
    private static final List<String> TEXTS = List.of(GOOD, " ", LONG, OTHER);

    @TempDir
    private Path folder;

    /** Remembers what it is told and lets the other rows go on. */
    private static final class Lenient implements ProgressListener {
        private final List<RowMessage> unanswerable = new ArrayList<>();
        private final List<RowMessage> cut = new ArrayList<>();

        @Override
        public void done(int done) {
            // Nobody asks.
        }

        @Override
        public void unanswerable(RowMessage message) {
            unanswerable.add(message);
        }

        @Override
        public void cut(RowMessage message) {
            cut.add(message);
        }

        List<Integer> rows() {
            return unanswerable.stream().map(RowMessage::row).toList();
        }
    }

    private Path model(String name, List<String> labels) throws IOException {
        return TinyModel.write(folder.resolve(name), name, labels);
    }

    @Test
    void aRowThatCannotBeAnsweredEndsTheCallByDefault() {
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            PipelineException e = assertThrows(PipelineException.class, () -> classifier.classify(TEXTS, done -> {}));
            assertEquals("text 2 is empty", e.getMessage());
        }
    }

    @Test
    void classificationGoesOn() {
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED)) {
            Lenient listener = new Lenient();
            List<List<Classification>> results = classifier.classify(TEXTS, listener);
            assertEquals(List.of(1, 2), listener.rows());
            assertEquals("text 2 is empty", listener.unanswerable.get(0).toString());
            assertEquals("text 3", listener.unanswerable.get(1).name());
            assertEquals(
                    classifier.classify(List.of(GOOD, OTHER), done -> {}), List.of(results.get(0), results.get(3)));
            assertEquals(List.of(List.of(), List.of()), results.subList(1, 3));

            Lenient pairs = new Lenient();
            classifier.classifyPairs(List.of(new TextPair(GOOD, OTHER), new TextPair(GOOD, "")), pairs);
            assertEquals(
                    "the second text of pair 2 is empty",
                    pairs.unanswerable.getFirst().toString());

            Lenient cut = new Lenient();
            classifier.withTruncation().classify(List.of(GOOD, LONG), cut);
            assertEquals(List.of(1), cut.cut.stream().map(m -> m.row()).toList());
        }
    }

    @Test
    void vectorsGoOn() {
        try (FeatureExtractor extractor = FeatureExtractor.load(TinyModel.SHIPPED)) {
            Lenient listener = new Lenient();
            List<float[]> vectors = extractor.encode(TEXTS, Pooling.MEAN, true, listener);
            assertEquals(List.of(1, 2), listener.rows());
            assertEquals(
                    List.of(extractor.dimension(), 0, 0, extractor.dimension()),
                    vectors.stream().map(v -> v.length).toList());
        }
    }

    @Test
    void rankingGoesOn() throws IOException {
        try (TextRanker ranker = TextRanker.load(model("ForSequenceClassification", List.of("LABEL_0")))) {
            Lenient listener = new Lenient();
            List<RankedDocument> ranked = ranker.rank(GOOD, Arrays.asList("", OTHER, GOOD), false, listener);
            assertEquals(List.of(0), listener.rows());
            assertEquals(
                    List.of(1, 2),
                    ranked.stream().map(RankedDocument::index).sorted().toList());
            assertThrows(PipelineException.class, () -> ranker.rank(" ", List.of(GOOD), false, new Lenient()));
        }
    }

    @Test
    void labelsOfOnesOwnGoOn() throws IOException {
        Path model = model("ForSequenceClassification", List.of("contradiction", "entailment"));
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(model)) {
            Lenient listener = new Lenient();
            List<String> labels = List.of("sport", "money");
            List<ZeroShotResult> results =
                    classifier.classify(TEXTS, labels, ZeroShotClassifier.TEMPLATE, false, listener);
            assertEquals(List.of(1, 2), listener.rows());
            assertEquals(List.of(), results.get(2).labels());
            assertEquals(
                    classifier
                            .classify(OTHER, labels, ZeroShotClassifier.TEMPLATE, false)
                            .labels(),
                    results.get(3).labels());
        }
    }

    @Test
    void entitiesAndAnswersGoOn() throws IOException {
        try (TokenClassifier classifier = TokenClassifier.load(model("ForTokenClassification", List.of("O", "I-A")))) {
            Lenient listener = new Lenient();
            List<List<Entity>> entities = classifier.classify(TEXTS, TokenClassificationOptions.DEFAULT, listener);
            assertEquals(List.of(1), listener.rows());
            assertEquals(List.of(), entities.get(1));
            assertEquals(
                    classifier.classify(OTHER, AggregationStrategy.NONE).size(),
                    entities.get(3).size());
        }
        try (QuestionAnswerer answerer =
                QuestionAnswerer.load(model("ForQuestionAnswering", List.of("LABEL_0", "LABEL_1")))) {
            Lenient listener = new Lenient();
            List<List<Answer>> answers = answerer.answer(
                    List.of(
                            new Question(GOOD, OTHER),
                            new Question("", OTHER),
                            new Question(GOOD, ""),
                            new Question(OTHER, GOOD)),
                    QuestionOptions.DEFAULT,
                    listener);
            assertEquals(
                    List.of("question 2 is empty", "the context of question 3 is empty"),
                    listener.unanswerable.stream().map(Object::toString).toList());
            assertEquals(List.of(1, 0, 0, 1), answers.stream().map(List::size).toList());
        }
    }

    @Test
    void masksAndReplacedTokensGoOn() throws IOException {
        Path model = TinyModel.write(
                folder.resolve("mlm"), "ForMaskedLM", List.of("LABEL_0"), Optional.of(Architecture.MASKED_LM));
        try (MaskFiller filler = MaskFiller.load(model)) {
            Lenient listener = new Lenient();
            List<List<List<MaskPrediction>>> filled =
                    filler.fill(List.of(GOOD, "Where is my [MASK]?"), 1, List.of(), listener);
            assertEquals(
                    "text 1 has no [MASK] to fill",
                    listener.unanswerable.getFirst().toString());
            assertEquals(List.of(0, 1), filled.stream().map(List::size).toList());
        }
        Path discriminator = TinyModel.write(
                folder.resolve("rtd"),
                "ForMaskedLM",
                List.of("LABEL_0"),
                Optional.of(Architecture.REPLACED_TOKEN_DETECTION));
        try (ReplacedTokenDetector detector = ReplacedTokenDetector.load(discriminator)) {
            Lenient listener = new Lenient();
            List<List<TokenScore>> scores = detector.detect(TEXTS, listener);
            assertEquals(List.of(1, 2), listener.rows());
            assertEquals(List.of(), scores.get(1));
            assertEquals(detector.detect(OTHER).size(), scores.get(3).size());
        }
    }
}
