package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyGliner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts, labels and options at the edges of what models of spans and of tokens are asked. */
class EntityEdgesTest {
    private static final ExtractionOptions ALL = new ExtractionOptions(0.05, false, true);

    @TempDir
    private Path folder;

    /** The kinds of models. */
    enum Kind {
        SPANS,
        TOKENS
    }

    private EntityExtractor extractor(Kind kind) throws IOException {
        return EntityExtractor.load(
                switch (kind) {
                    case SPANS -> TinyGliner.write(folder);
                    case TOKENS -> TinyGliner.writeOfTokens(folder);
                });
    }

    @ParameterizedTest
    @EnumSource
    void textsWithoutWordsAndWithoutLabelsHaveNoEntities(Kind kind) throws IOException {
        try (EntityExtractor extractor = extractor(kind)) {
            List<ExtractionRequest> requests = List.of(
                    ExtractionRequest.of("", List.of("person"), ALL),
                    ExtractionRequest.of(" \n\t\u3000", List.of("person"), ALL),
                    ExtractionRequest.of("Ada lives in London.", List.of(), ALL),
                    ExtractionRequest.of("Ada lives in London.", List.of("person", "person"), ALL));
            List<Extraction> found = extractor.run(requests, done -> {});
            assertEquals(
                    List.of(true, true, true, false),
                    found.stream().map(e -> e.entities().isEmpty()).toList());
            assertEquals(List.of(), extractor.run(List.of(), done -> {}));
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoHundredLabelsAreAnswered(Kind kind) throws IOException {
        List<String> labels =
                IntStream.range(0, 200).mapToObj(i -> "label " + i).toList();
        try (EntityExtractor extractor = extractor(kind)) {
            List<String> texts = List.of("Ada lives in London.", "Oslo");
            List<List<Entity>> found = extractor.extract(texts, labels, ALL);
            assertFalse(found.getFirst().isEmpty());
            found.getFirst().forEach(e -> assertTrue(labels.contains(e.entity())));
            assertClose(extractor.extract(texts.getLast(), labels, ALL), found.getLast());
        }
    }

    /** The original counts a marker in a label as one more label, and fails or answers for another one. */
    @ParameterizedTest
    @EnumSource
    void aMarkerInALabelOrATextIsNotALabel(Kind kind) throws IOException {
        List<String> labels = List.of("a <<ENT>> b", "<<SEP>>", "<<ENT>>", "person");
        String text = "Ada <<ENT>> lives <<SEP>> in London.";
        try (EntityExtractor extractor = extractor(kind)) {
            List<Entity> found = extractor.extract(text, labels, ALL);
            assertFalse(found.isEmpty());
            for (Entity entity : found) {
                assertTrue(labels.contains(entity.entity()));
                assertEquals(text.substring(entity.start(), entity.end()), entity.word());
            }
        }
    }

    /** Texts that run from right to left, combining characters, and characters of two chars keep their places. */
    @ParameterizedTest
    @EnumSource
    void placesAreThoseOfTheText(Kind kind) throws IOException {
        String text = "\u05e9\u05dc\u05d5\u05dd \u0639\u0627\u0644\u0645, cafe\u0301 \ud83d\udc69\u200d\ud83d\ude80 "
                + "\ud835\udcd0da \u0928\u092e\u0938\u094d\u0924\u0947 \u6771\u4eac\u200b.";
        try (EntityExtractor extractor = extractor(kind)) {
            List<Entity> found = extractor.extract(text, List.of("person", "place"), ALL);
            assertTrue(found.size() > 5, found.toString());
            for (Entity entity : found) {
                assertEquals(text.substring(entity.start(), entity.end()), entity.word());
                assertFalse(Character.isLowSurrogate(entity.word().charAt(0)), entity.toString());
                assertFalse(Character.isHighSurrogate(text.charAt(entity.end() - 1)), entity.toString());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void longTextsAreReadInWindowsOrCut(Kind kind) throws IOException {
        String sentence = "Ada Lovelace lived in London, and worked with Charles Babbage. ";
        String text = sentence.repeat(20);
        List<String> labels = List.of("person", "place");
        try (EntityExtractor extractor = extractor(kind)) {
            List<Entity> all = extractor.extract(text, labels, ALL);
            assertTrue(all.getLast().end() > text.length() - sentence.length());
            List<Entity> cut = extractor.extract(text, labels, ALL.withLongTexts(LongTexts.CUT));
            assertFalse(cut.isEmpty());
            assertTrue(cut.getLast().end() < 5 * sentence.length());
            assertClose(extractor.extract(text, labels, ALL.withLongTexts(LongTexts.CUT)), cut);
        }
    }

    @ParameterizedTest
    @EnumSource
    void onlyGivenPartsAreEntities(Kind kind) throws IOException {
        String text = "Ada lives in London.";
        List<String> labels = List.of("person", "place");
        try (EntityExtractor extractor = extractor(kind)) {
            List<Entity> all = extractor.extract(text, labels, ALL);
            Entity one = all.getFirst();
            ExtractionRequest request = ExtractionRequest.of(text, labels, ALL)
                    .withSpans(List.of(new TextSpan(one.start(), one.end()), new TextSpan(1, 3), new TextSpan(-1, 99)));
            List<Entity> found =
                    extractor.run(List.of(request), done -> {}).getFirst().entities();
            assertClose(
                    all.stream()
                            .filter(e -> e.start() == one.start() && e.end() == one.end())
                            .toList(),
                    found);
            assertEquals(
                    List.of(),
                    extractor
                            .run(List.of(request.withSpans(List.of())), done -> {})
                            .getFirst()
                            .entities());
        }
    }

    @Test
    void relationsAreThoseOfTheEntitiesThatAreKept() throws IOException {
        String text = "Ada lives in London. ".repeat(12);
        List<String> labels = List.of("person", "place");
        ExtractionOptions options = ExtractionOptions.DEFAULT
                .withThreshold(0.4)
                .withRelationThreshold(0)
                .withAdjacencyThreshold(0);
        try (EntityExtractor extractor = EntityExtractor.load(TinyGliner.writeWithRelations(folder))) {
            assertTrue(extractor.findsRelations());
            ExtractionRequest request =
                    ExtractionRequest.of(text, labels, options).withRelations(List.of("lives in", "lives in"));
            Extraction found = extractor.run(List.of(request), done -> {}).getFirst();
            assertFalse(found.relations().isEmpty());
            for (Relation relation : found.relations()) {
                assertEquals("lives in", relation.relation());
                assertTrue(relation.head() != relation.tail());
                assertTrue(Math.max(relation.head(), relation.tail())
                        < found.entities().size());
            }
            assertEquals(
                    List.of(),
                    extractor
                            .run(List.of(request.withRelations(List.of())), done -> {})
                            .getFirst()
                            .relations());
        }
        try (EntityExtractor without = EntityExtractor.load(TinyGliner.write(folder.resolve("without")))) {
            ExtractionRequest request =
                    ExtractionRequest.of(text, labels, options).withRelations(List.of("lives in"));
            PipelineException e =
                    assertThrows(PipelineException.class, () -> without.run(List.of(request), done -> {}));
            assertTrue(e.getMessage().contains("relations_layer is not set"), e.getMessage());
            PipelineException none =
                    assertThrows(PipelineException.class, () -> without.labelVectors(List.of("person")));
            assertTrue(none.getMessage().contains("labels_encoder is not set"), none.getMessage());
        }
    }

    @Test
    void neighboursOfOneLabelAreJoined() {
        String text = "Ada Lovelace, Ada met Bob";
        List<Entity> entities = new ArrayList<>();
        entities.add(new Entity("person", 0.9, "Ada", 0, 3));
        entities.add(new Entity("person", 0.7, "Lovelace", 4, 12));
        entities.add(new Entity("person", 0.8, "Ada", 14, 17));
        entities.add(new Entity("verb", 0.8, "met", 18, 21));
        entities.add(new Entity("person", 0.6, "Bob", 22, 25));
        assertEquals(
                List.of(
                        new Entity("person", 0.7, "Ada Lovelace", 0, 12),
                        entities.get(2),
                        entities.get(3),
                        entities.get(4)),
                WordSpans.merged(entities, text));
        assertEquals(0, WordSpans.holding(WordSpans.merged(entities, text), entities.get(1)));
    }

    @Test
    void thresholdsAreProbabilities() {
        for (double value : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> ALL.withThreshold(value));
            assertThrows(IllegalArgumentException.class, () -> ALL.withRelationThreshold(value));
            assertThrows(IllegalArgumentException.class, () -> ALL.withAdjacencyThreshold(value));
        }
        assertEquals(Optional.empty(), ExtractionRequest.of("", List.of(), ALL).spans());
    }

    private static void assertClose(List<Entity> expected, List<Entity> found) {
        assertEquals(
                expected.stream()
                        .map(e -> e.entity() + e.start() + "-" + e.end())
                        .toList(),
                found.stream().map(e -> e.entity() + e.start() + "-" + e.end()).toList());
        for (int i = 0; i < found.size(); i++) {
            assertEquals(expected.get(i).score(), found.get(i).score(), 1e-5);
        }
    }
}
