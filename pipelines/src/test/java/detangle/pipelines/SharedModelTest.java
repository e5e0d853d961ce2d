package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DetangleException;
import detangle.ir.Tensor;
import detangle.models.bertscore.BertScoreModel;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.weights.Weights;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pipelines that many threads ask at once: each gets the answer that it gets alone, and none can ask for answers
 * without an end.
 */
class SharedModelTest {
    private static final int CALLERS = 24;

    @TempDir
    private Path folder;

    private static PipelineOptions shared() {
        return PipelineOptions.DEFAULT.withDynamicBatching(DynamicBatching.DEFAULT);
    }

    /** The answers to texts of many lengths, each asked by a thread of its own. */
    private static <T> List<T> together(Function<String, T> ask) {
        List<CompletableFuture<T>> all = new ArrayList<>();
        for (String text : texts()) {
            all.add(CompletableFuture.supplyAsync(() -> ask.apply(text), Thread::startVirtualThread));
        }
        return all.stream().map(CompletableFuture::join).toList();
    }

    private static List<String> texts() {
        return IntStream.range(0, CALLERS)
                .mapToObj(i -> "Where is " + "my ".repeat(i % 7) + "card? Ada has lost [MASK] in London.")
                .toList();
    }

    private static void same(List<MaskPrediction> expected, List<MaskPrediction> found) {
        assertEquals(expected.size(), found.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).score(), found.get(i).score(), 1e-6);
            assertEquals(expected.get(i).sequence(), found.get(i).sequence());
        }
    }

    /** While one batch runs, the others gather: they are the next one. */
    @Test
    void masksOfSeveralCallersShareBatches() throws Exception {
        Path model = TinyModel.write(folder.resolve("mask"), "ForMaskedLM", List.of("LABEL_0"));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch latch = new CountDownLatch(1);
        List<Integer> batches = Collections.synchronizedList(new ArrayList<>());
        DynamicBatching batching = DynamicBatching.DEFAULT.withListener(report -> {
            batches.add(report.sequences());
            begun.countDown();
            try {
                assertTrue(latch.await(30, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        try (MaskFiller alone = MaskFiller.load(model);
                MaskFiller filler = MaskFiller.load(model, PipelineOptions.DEFAULT.withDynamicBatching(batching))) {
            String both = "[MASK] is my [MASK]?";
            List<List<MaskPrediction>> two = filler.fill(both, 4);
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            CompletableFuture<List<List<List<MaskPrediction>>>> asked =
                    CompletableFuture.supplyAsync(() -> together(text -> filler.fill(text, 4)));
            Thread.sleep(300);
            latch.countDown();
            List<List<List<MaskPrediction>>> answers = asked.join();
            for (int i = 0; i < CALLERS; i++) {
                same(alone.fill(texts().get(i), 4).getFirst(), answers.get(i).getFirst());
            }
            List<List<MaskPrediction>> expected = alone.fill(both, 4);
            same(expected.get(0), two.get(0));
            same(expected.get(1), two.get(1));
        }
        assertEquals(1 + CALLERS, batches.stream().mapToInt(i -> i).sum());
        assertTrue(batches.size() < CALLERS, batches.toString());
    }

    /** The choices of all questions of a call are rows of one batch. */
    @Test
    void choicesShareBatches() throws IOException {
        Path model = TinyModel.write(folder.resolve("choice"), "ForMultipleChoice", List.of("LABEL_0"));
        List<Integer> batches = Collections.synchronizedList(new ArrayList<>());
        DynamicBatching batching = DynamicBatching.DEFAULT.withListener(report -> batches.add(report.sequences()));
        List<String> prompts = List.of("I have lost my card.", "Ada lives in London.");
        List<List<String>> choices =
                List.of(List.of("I block it.", "I eat it."), List.of("She is there.", "She left.", "She reads."));
        try (MultipleChoice alone = MultipleChoice.load(model);
                MultipleChoice chooser =
                        MultipleChoice.load(model, PipelineOptions.DEFAULT.withDynamicBatching(batching))) {
            List<List<Choice>> chosen = chooser.choose(prompts, choices, done -> {});
            for (int i = 0; i < prompts.size(); i++) {
                List<Choice> expected = alone.choose(prompts.get(i), choices.get(i));
                assertEquals(expected.size(), chosen.get(i).size());
                for (int c = 0; c < expected.size(); c++) {
                    assertEquals(expected.get(c).index(), chosen.get(i).get(c).index());
                    assertEquals(expected.get(c).score(), chosen.get(i).get(c).score(), 1e-6);
                }
            }
        }
        assertEquals(5, batches.stream().mapToInt(i -> i).sum());
        assertTrue(batches.size() <= 2, "the batch is taken as soon as there is something to do: " + batches);
    }

    @Test
    void predictionsWithoutAnEndAreRefused() throws IOException {
        Path model = TinyModel.write(folder.resolve("mask"), "ForMaskedLM", List.of("LABEL_0"));
        String text = "[MASK] ".repeat(40);
        try (MaskFiller filler = MaskFiller.load(model, shared())) {
            PipelineException e = assertThrows(PipelineException.class, () -> filler.fill(text, 4001));
            assertTrue(e.getMessage().contains("ask for fewer (top_k)"), e.getMessage());
            assertEquals(40, filler.fill(text, 2).size());
        }
    }

    @Test
    void entitiesAreThoseOfACallerAlone() throws IOException {
        for (Path model :
                List.of(TinyGliner.write(folder.resolve("spans")), TinyGliner.writeOfTokens(folder.resolve("words")))) {
            List<String> labels = List.of("person", "city");
            ExtractionOptions options = ExtractionOptions.DEFAULT.withThreshold(0.2);
            try (EntityExtractor alone = EntityExtractor.load(model);
                    EntityExtractor extractor = EntityExtractor.load(model, shared())) {
                List<List<Entity>> answers = together(text -> extractor.extract(text, labels, options));
                for (int i = 0; i < CALLERS; i++) {
                    List<Entity> expected = alone.extract(texts().get(i), labels, options);
                    assertEquals(
                            expected.stream().map(Entity::word).toList(),
                            answers.get(i).stream().map(Entity::word).toList());
                }
                // Encoding ends with the deadline, although no window of this text would wait for anything.
                assertThrows(
                        DeadlineException.class,
                        () -> Deadline.within(Duration.ofNanos(1), () -> extractor.extract(" ", labels, options)));
            }
        }
    }

    @Test
    void windowsAndAnswersHaveAnEnd() throws IOException {
        Path model = TinyGliner.write(folder.resolve("spans"));
        ExtractionOptions all = new ExtractionOptions(0, false, true);
        List<String> labels = IntStream.range(0, 20).mapToObj(i -> "label " + i).toList();
        try (EntityExtractor extractor = EntityExtractor.load(model, shared())) {
            PipelineException found = assertThrows(
                    PipelineException.class, () -> extractor.extract("Ada lives in London ".repeat(500), labels, all));
            assertTrue(found.getMessage().contains("reach the threshold"), found.getMessage());
            PipelineException wide =
                    assertThrows(PipelineException.class, () -> extractor.extract("1a2b3c".repeat(2_000), labels, all));
            assertTrue(wide.getMessage().contains("at most 4096 are read at once"), wide.getMessage());
        }
    }

    @Test
    void labelsOfAllCallersAreJudged() throws IOException {
        Path model = TinyGliclass.write(folder.resolve("gliclass"));
        List<String> labels = IntStream.range(0, 200)
                .mapToObj(i -> Character.toString('a' + i / 26) + Character.toString('a' + i % 26))
                .toList();
        LabelOptions options = LabelOptions.DEFAULT.withThreshold(0);
        try (LabelClassifier alone = LabelClassifier.load(model);
                LabelClassifier classifier = LabelClassifier.load(model, shared())) {
            List<List<Classification>> answers = together(text -> classifier.classify(text, labels, options));
            for (int i = 0; i < CALLERS; i++) {
                List<Classification> expected = alone.classify(texts().get(i), labels, options);
                assertEquals(expected.size(), answers.get(i).size());
                for (int label = 0; label < expected.size(); label++) {
                    assertEquals(
                            expected.get(label).score(),
                            answers.get(i).get(label).score(),
                            1e-5);
                }
            }
        }
    }

    @Test
    void schemasAreAnsweredTogether() throws IOException {
        Path model = TinyGliner2.write(folder.resolve("gliner2"));
        Schema schema = Schema.ofEntities("person", "city");
        try (SchemaExtractor alone = SchemaExtractor.load(model);
                SchemaExtractor extractor = SchemaExtractor.load(model, shared())) {
            List<List<String>> answers = together(text -> words(extractor, text, schema));
            for (int i = 0; i < CALLERS; i++) {
                assertEquals(words(alone, texts().get(i), schema), answers.get(i));
            }
            PipelineException wide =
                    assertThrows(PipelineException.class, () -> words(extractor, "1a2b3c".repeat(2_000), schema));
            assertTrue(wide.getMessage().contains("at most 4096 are read at once"), wide.getMessage());
        }
    }

    private static List<String> words(SchemaExtractor extractor, String text, Schema schema) {
        return extractor.extract(text, schema, SchemaOptions.DEFAULT).entities().values().stream()
                .flatMap(List::stream)
                .map(entity -> entity.mention().text())
                .toList();
    }

    /** A program that cannot be loaded leaves none of those before it open. */
    @Test
    void programsAreClosedTogether() throws IOException {
        Path model = TinyGliclass.write(folder.resolve("gliclass"));
        try (Weights weights = Weights.open(model)) {
            SecondPrograms programs = new SecondPrograms(weights, Map.of(), SessionOptions.DEFAULT);
            SecondPrograms.Loaded first = programs.load(BertScoreModel.similarity(2));
            Tensor one = Tensor.of(new float[] {1, 0}, 1, 2);
            Map<String, Tensor> inputs = Map.of(BertScoreModel.CANDIDATE, one, BertScoreModel.REFERENCE, one);
            assertEquals(1, first.run(inputs).get(BertScoreModel.PRECISION).getDouble(0), 1e-6);
            assertThrows(
                    DetangleException.class, () -> programs.load(GliclassModel.scores(GliclassConfig.read(model))));
            programs.close();
            assertThrows(IllegalStateException.class, () -> first.run(inputs));
        }
    }
}
