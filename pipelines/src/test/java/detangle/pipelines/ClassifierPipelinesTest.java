package detangle.pipelines;

import static detangle.pipelines.EncoderRuns.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines of classifiers: their answers follow from the logits of the model. */
class ClassifierPipelinesTest {
    private static final double TOLERANCE = 1e-4;
    private static final String TEXT = "Where is my new card?";

    @TempDir
    private Path folder;

    private Path nli() throws IOException {
        return TinyModel.write(
                folder.resolve("nli"), "ForSequenceClassification", List.of("contradiction", "neutral", "ENTAILMENT"));
    }

    @Test
    void pairsAreClassifiedAsOne() throws IOException {
        Path model = nli();
        Tensor logits =
                run(model, Tokenizers.load(model).encode(TEXT, "It is lost.")).get("logits");
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            sum += Math.exp(logits.getDouble(i));
        }
        try (TextClassifier classifier = TextClassifier.load(model)) {
            List<Classification> labels = classifier.classify(new TextPair(TEXT, "It is lost."));
            assertEquals(3, labels.size());
            for (Classification c : labels) {
                int index = List.of("contradiction", "neutral", "ENTAILMENT").indexOf(c.label());
                assertEquals(Math.exp(logits.getDouble(index)) / sum, c.score(), TOLERANCE);
            }
            assertTrue(labels.get(0).score() >= labels.get(1).score());
        }
    }

    @Test
    void aLongTextIsWhatItsStrongestWindowSays() throws IOException {
        Path model = nli();
        String text = "Where is my new card? It is lost. ".repeat(4) + "I was charged twice in Rome. 👩‍🚀"
                + " Rates are high.".repeat(9);
        List<Encoding> windows = new Truncation(24, Truncation.Strategy.ONLY_FIRST, Optional.of(5))
                .apply(Tokenizers.load(model).encode(text));
        assertTrue(windows.size() > 3);
        double[] watched = new double[windows.size()];
        for (int i = 0; i < watched.length; i++) {
            Tensor logits = run(model, windows.get(i)).get("logits");
            watched[i] = Scores.softmax(logits.getDouble(0), logits.getDouble(1), logits.getDouble(2))[1];
        }
        int strongest = IntStream.range(0, watched.length)
                .boxed()
                .max(Comparator.comparingDouble(i -> watched[i]))
                .orElseThrow();
        Encoding window = windows.get(strongest);
        WindowOptions options = WindowOptions.DEFAULT.withStride(5).withWatched(List.of("neutral"));
        try (TextClassifier classifier = TextClassifier.load(model, PipelineOptions.DEFAULT.withMaxLength(24))) {
            List<StrongestWindow> found =
                    classifier.classifyInWindows(List.of("A short one.", text), options, done -> {});
            assertEquals(new Found(0, 12, 1), Found.of(found.get(0)));
            assertEquals(classifier.classify("A short one."), found.get(0).labels());
            Characters.Span part = new Characters(text).span(window.starts()[1], window.ends()[window.length() - 2]);
            assertEquals(new Found(part.start(), part.end(), windows.size()), Found.of(found.get(1)));
            double neutral = found.get(1).labels().stream()
                    .filter(c -> c.label().equals("neutral"))
                    .findFirst()
                    .orElseThrow()
                    .score();
            assertEquals(watched[strongest], neutral, TOLERANCE);

            // Without such a label the surest window counts.
            StrongestWindow surest = classifier
                    .classifyInWindows(List.of(text), options.withWatched(List.of()), done -> {})
                    .getFirst();
            assertTrue(surest.labels().getFirst().score()
                    >= found.get(1).labels().getFirst().score());
            assertEquals(
                    "the model has no label 'INJECTION'; its labels are contradiction, neutral, ENTAILMENT",
                    assertThrows(
                                    PipelineException.class,
                                    () -> classifier.classifyInWindows(
                                            List.of(text), options.withWatched(List.of("INJECTION")), done -> {}))
                            .getMessage());
            assertThrows(
                    PipelineException.class,
                    () -> classifier.classifyInWindows(List.of(text), options.withStride(22), done -> {}));
            assertThrows(
                    PipelineException.class, () -> classifier.classifyInWindows(List.of(" "), options, done -> {}));
        }
    }

    private record Found(int start, int end, int windows) {
        static Found of(StrongestWindow window) {
            return new Found(window.start(), window.end(), window.windows());
        }
    }

    @Test
    void zeroShotAsksForEntailment() throws IOException {
        Path model = nli();
        List<String> labels = List.of("sport", "banking", "weather");
        Tokenizer tokenizer = Tokenizers.load(model);
        double[] entail = new double[3];
        double[] contradict = new double[3];
        for (int i = 0; i < 3; i++) {
            Tensor logits = run(model, tokenizer.encode(TEXT, "It is about " + labels.get(i) + "."))
                    .get("logits");
            contradict[i] = logits.getDouble(0);
            entail[i] = logits.getDouble(2);
        }
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(model)) {
            ZeroShotResult one = classifier.classify(TEXT, labels, "It is about {}.", false);
            ZeroShotResult several = classifier.classify(TEXT, labels, "It is about {}.", true);
            double sum = Math.exp(entail[0]) + Math.exp(entail[1]) + Math.exp(entail[2]);
            for (int i = 0; i < 3; i++) {
                int label = labels.indexOf(one.labels().get(i));
                assertEquals(Math.exp(entail[label]) / sum, one.scores().get(i), TOLERANCE);
                label = labels.indexOf(several.labels().get(i));
                assertEquals(
                        1 / (1 + Math.exp(contradict[label] - entail[label])),
                        several.scores().get(i),
                        TOLERANCE);
            }
            assertTrue(one.scores().get(0) >= one.scores().get(2));
            PipelineException e = assertThrows(
                    PipelineException.class, () -> classifier.classify(TEXT, labels, "It is about it.", false));
            assertTrue(e.getMessage().contains("{}"), e.getMessage());
            e = assertThrows(
                    PipelineException.class,
                    () -> classifier.classify(TEXT, List.of("sport", "travel", "sport"), "It is about {}.", false));
            assertEquals("the label 'sport' is named twice: name it once", e.getMessage());
            e = assertThrows(
                    PipelineException.class,
                    () -> classifier.classify(TEXT, List.of("sport", "\u00a0"), "It is about {}.", false));
            assertEquals("a label is empty", e.getMessage());
        }
    }

    @Test
    void documentsAreRanked() throws IOException {
        Path model = TinyModel.write(folder.resolve("rank"), "ForSequenceClassification", List.of("LABEL_0"));
        List<String> documents = List.of("Cards come by post.", "The weather is fine.", "It is lost.");
        Tokenizer tokenizer = Tokenizers.load(model);
        try (TextRanker ranker = TextRanker.load(model)) {
            List<RankedDocument> ranked = ranker.rank(TEXT, documents);
            List<RankedDocument> raw = ranker.rank(TEXT, documents, true);
            assertEquals(3, ranked.size());
            for (int i = 0; i < 3; i++) {
                RankedDocument document = ranked.get(i);
                double logit = run(model, tokenizer.encode(TEXT, document.text()))
                        .get("logits")
                        .getDouble(0);
                assertEquals(documents.get(document.index()), document.text());
                assertEquals(1 / (1 + Math.exp(-logit)), document.score(), TOLERANCE);
                assertEquals(logit, raw.get(i).score(), TOLERANCE);
                assertTrue(i == 0 || document.score() <= ranked.get(i - 1).score());
            }
        }
        PipelineException e = assertThrows(PipelineException.class, () -> TextRanker.load(TinyModel.SHIPPED));
        assertTrue(e.getMessage().contains("77 labels"), e.getMessage());
    }

    @Test
    void oneLabelIsAProbabilityUnlessItIsSaidToBeAValue() throws IOException {
        Path model = TinyModel.write(folder.resolve("one"), "ForSequenceClassification", List.of("LABEL_0"));
        double logit =
                run(model, Tokenizers.load(model).encode(TEXT)).get("logits").getDouble(0);
        try (TextClassifier classifier = TextClassifier.load(model);
                TextClassifier raw = TextClassifier.load(model, PipelineOptions.DEFAULT, FunctionToApply.NONE)) {
            assertEquals(
                    1 / (1 + Math.exp(-logit)),
                    classifier.classify(TEXT).getFirst().score(),
                    TOLERANCE);
            assertEquals(logit, raw.classify(TEXT).getFirst().score(), TOLERANCE);
        }
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{\"problem_type\":\"regression\","));
        try (TextClassifier value = TextClassifier.load(model)) {
            assertEquals(logit, value.classify(TEXT).getFirst().score(), TOLERANCE);
        }
    }

    @Test
    void choicesShareAProbability() throws IOException {
        Path model = TinyModel.write(folder.resolve("choice"), "ForMultipleChoice", List.of("LABEL_0"));
        List<String> choices = List.of("I block it.", "I wait until it comes.");
        Tokenizer tokenizer = Tokenizers.load(model);
        double[] logits = new double[2];
        for (int i = 0; i < 2; i++) {
            Encoding encoding = tokenizer.encode(TEXT, choices.get(i));
            long[] ids = Arrays.stream(encoding.ids()).asLongStream().toArray();
            long[] mask = new long[ids.length];
            Arrays.fill(mask, 1);
            try (Session session = Session.load(model, SessionOptions.DEFAULT.withBackend("reference"))) {
                logits[i] = session.run(Map.of(
                                "input_ids", Tensor.of(ids, 1, 1, ids.length),
                                "attention_mask", Tensor.of(mask, 1, 1, ids.length)))
                        .get("logits")
                        .getDouble(0);
            }
        }
        try (MultipleChoice chooser = MultipleChoice.load(model)) {
            List<Choice> ranked = chooser.choose(TEXT, choices);
            assertEquals(2, ranked.size());
            for (Choice choice : ranked) {
                assertEquals(choices.get(choice.index()), choice.choice());
                assertEquals(
                        1 / (1 + Math.exp(logits[1 - choice.index()] - logits[choice.index()])),
                        choice.score(),
                        TOLERANCE);
            }
            assertTrue(ranked.get(0).score() >= ranked.get(1).score());
        }
    }
}
