package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.redaction.CounterScope;
import detangle.pipelines.redaction.OperatorKind;
import detangle.pipelines.redaction.OperatorOptions;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redaction by each kind of model: what any of them finds is covered. */
class RedactorTest {
    private static final String TEXT = "Ada Lovelace lives in London, \uD83D\uDE00 and Grace Hopper works in New York.";
    private static final DetectionOptions NAMED =
            DetectionOptions.DEFAULT.withLabels(List.of("person", "city")).withThreshold(0.3);
    private static final RedactionPolicy MASK = RedactionPolicy.of(new RedactionOperator.Mask("*"));

    @TempDir
    private static Path folder;

    private static Redactor spans;
    private static Redactor words;
    private static Redactor schemas;
    private static Redactor tags;

    @BeforeAll
    static void load() throws IOException {
        spans = Redactor.load(TinyGliner.write(folder.resolve("spans")));
        words = Redactor.load(TinyGliner.writeOfTokens(folder.resolve("words")));
        schemas = Redactor.load(TinyGliner2.write(folder.resolve("schemas")));
        tags = Redactor.load(TinyModel.write(
                folder.resolve("tags"), "ForTokenClassification", List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC")));
    }

    @AfterAll
    static void close() {
        List.of(spans, words, schemas, tags).forEach(Redactor::close);
    }

    private static DetectionOptions options(Redactor redactor) {
        return redactor == tags ? DetectionOptions.DEFAULT : NAMED.withThreshold(redactor == schemas ? 0.01 : 0.3);
    }

    /**
     * Long texts too, which are read in windows: where a mask stands is where something was found, and nowhere else.
     */
    @Test
    void whatIsFoundIsCovered() {
        for (Redactor redactor : List.of(spans, words, schemas, tags)) {
            List<String> texts = List.of(TEXT, " ", (TEXT + " ").repeat(20), "", TEXT + "\r\n\t" + TEXT);
            DetectionOptions options = options(redactor);
            List<List<Entity>> found = redactor.find(texts, options, done -> {});
            List<Redaction> redactions = redactor.redact(texts, options, MASK);
            assertFalse(found.getFirst().isEmpty());
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i);
                boolean[] covered = new boolean[text.length()];
                for (Entity entity : found.get(i)) {
                    for (int at = entity.start(); at < entity.end(); at++) {
                        covered[at] = true;
                    }
                }
                StringBuilder expected = new StringBuilder();
                for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
                    expected.appendCodePoint(covered[at] ? '*' : text.codePointAt(at));
                }
                assertEquals(expected.toString(), redactions.get(i).text());
            }
        }
    }

    /** A candidate that loses to a surer one, which extract leaves out, is covered all the same. */
    @Test
    void allThatReachesTheThresholdIsFound() {
        ExtractionOptions options = ExtractionOptions.DEFAULT.withThreshold(0.3);
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("spans"))) {
            List<Entity> chosen = extractor.extract(TEXT, NAMED.labels(), options);
            List<Entity> found = spans.find(List.of(TEXT), NAMED, done -> {}).getFirst();
            assertTrue(found.size() > chosen.size());
            assertTrue(found.containsAll(chosen), found + " " + chosen);
            assertTrue(found.stream().allMatch(e -> e.score() > 0.3));
        }
        List<Entity> none =
                spans.find(List.of(TEXT), NAMED.withThreshold(1), done -> {}).getFirst();
        assertEquals(List.of(), none);
        assertEquals(TEXT, spans.redact(TEXT, NAMED.withThreshold(1), MASK).text());
    }

    /** A model of tokens that labels a part of a word leaves nothing of the word. */
    @Test
    void wordsOfTokensAreCoveredWhole() {
        String text = TEXT + " Unfathomable antidisestablishmentarianism.";
        List<Entity> found =
                tags.find(List.of(text), DetectionOptions.DEFAULT, done -> {}).getFirst();
        for (Entity entity : found) {
            assertTrue(
                    entity.start() == 0
                            || !Character.isLetter(text.charAt(entity.start() - 1))
                            || !Character.isLetter(text.charAt(entity.start())),
                    entity.toString());
            assertTrue(
                    entity.end() == text.length()
                            || !Character.isLetter(text.charAt(entity.end() - 1))
                            || !Character.isLetter(text.charAt(entity.end())),
                    entity.toString());
        }
        assertEquals(
                new Entity("PER", 1, "Lovelace", 4, 12), WholeWords.around(TEXT, new Entity("PER", 1, "vel", 6, 9)));
        // Of a script without spaces a part is what the model says.
        String chinese = "\u6211\u53eb\u5f20\u4f1f\u4f4f\u5728\u5317\u4eac";
        Entity name = new Entity("PER", 1, "\u5f20\u4f1f", 2, 4);
        assertEquals(name, WholeWords.around(chinese, name));
        assertEquals(
                "\u0915\u094d\u0937",
                WholeWords.around("a \u0915\u094d\u0937 b", new Entity("PER", 1, "\u0915", 2, 3))
                        .word());
    }

    @Test
    void labelsOfAModelOfTokensAreChosen() {
        DetectionOptions people = DetectionOptions.DEFAULT.withLabels(List.of("PER"));
        Set<String> kinds = tags.find(List.of(TEXT.repeat(3)), people, done -> {}).getFirst().stream()
                .map(Entity::entity)
                .collect(Collectors.toSet());
        assertTrue(Set.of("PER").containsAll(kinds), kinds.toString());
        assertEquals(
                "the model has no label 'person'; there are PER, LOC",
                assertThrows(PipelineException.class, () -> tags.redact(TEXT, NAMED, MASK))
                        .getMessage()
                        .replace("'city'", "'person'"));
        assertEquals(
                List.of(),
                tags.find(List.of(TEXT), DetectionOptions.DEFAULT.withThreshold(1), done -> {})
                        .getFirst());
    }

    @Test
    void whatCannotBeMeantIsRefused() {
        RedactionPolicy other =
                RedactionPolicy.of(OperatorKind.MASK, List.of("iban=keep"), CounterScope.TEXT, OperatorOptions.DEFAULT);
        assertEquals(
                "an operator is given for a label that is not looked for: 'iban'; there are person, city",
                assertThrows(PipelineException.class, () -> spans.redact(TEXT, NAMED, other))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> NAMED.withThreshold(2));
        assertEquals(
                spans.redact(TEXT, NAMED.withLabels(DetectionOptions.PERSONAL_DATA), MASK),
                spans.redact(TEXT, NAMED.withLabels(List.of()), MASK));
        assertThrows(
                PipelineException.class, () -> Redactor.load(TinyModel.SHIPPED).close());
    }

    /**
     * Half of a surrogate pair becomes a question mark wherever a text is written, so that the text would not be the
     * same.
     */
    @Test
    void aTextThatIsNotWellFormedIsRefused() {
        List<String> texts = List.of("", "Ada \uD83D lives", TEXT);
        assertEquals(
                "text 2 has half of a surrogate pair at character 5, which is not a character: correct it",
                assertThrows(PipelineException.class, () -> tags.redact(texts, DetectionOptions.DEFAULT, MASK))
                        .getMessage());
        List<ProgressListener.RowMessage> told = new ArrayList<>();
        List<Redaction> redactions = tags.redact(texts, DetectionOptions.DEFAULT, MASK, new ProgressListener() {
            @Override
            public void done(int done) {}

            @Override
            public void unanswerable(RowMessage message) {
                told.add(message);
            }
        });
        assertEquals(
                List.of(1), told.stream().map(ProgressListener.RowMessage::row).toList());
        assertEquals(new Redaction("", List.of()), redactions.get(1));
        assertEquals(
                tags.redact(TEXT, DetectionOptions.DEFAULT, MASK).text(),
                redactions.get(2).text());
    }
}
