package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TextGuardTest {
    private static final PipelineOptions COLD = PipelineOptions.DEFAULT.withWarmUp(false);
    private static final WindowOptions OPTIONS =
            WindowOptions.DEFAULT.withWatched(List.of("card_arrival", "pin_blocked"));

    private static TextClassifier classifier;

    @BeforeAll
    static void load() {
        classifier = TextClassifier.load(TinyModel.SHIPPED, COLD);
    }

    @AfterAll
    static void close() {
        classifier.close();
    }

    @Test
    void textsAboveTheThresholdAreFound() {
        TextGuard guard = new TextGuard(classifier, OPTIONS, 0.5);
        List<Optional<TextGuard.Finding>> findings =
                guard.check(List.of("Where is my card?", " \n", "What is the exchange rate?", "My PIN is blocked."));

        assertEquals("card_arrival", findings.get(0).orElseThrow().label());
        assertEquals(17, findings.get(0).orElseThrow().end());
        assertEquals(Optional.empty(), findings.get(1));
        assertEquals(Optional.empty(), findings.get(2));
        assertEquals("pin_blocked", findings.get(3).orElseThrow().label());
        assertEquals(List.of(), guard.check(List.of()));
    }

    @Test
    void aLongTextIsReadInWindows() {
        String text = "What is the exchange rate? ".repeat(60) + "Where is my card? ".repeat(60);
        StrongestWindow window =
                classifier.classifyInWindows(List.of(text), OPTIONS, done -> {}).getFirst();
        assertTrue(window.windows() > 1);
        double score = window.labels().stream()
                .filter(label -> OPTIONS.watched().contains(label.label()))
                .mapToDouble(Classification::score)
                .sum();

        TextGuard.Finding finding =
                new TextGuard(classifier, OPTIONS, score * 0.99).check(text).orElseThrow();
        assertEquals(score, finding.score(), 1e-6);
        assertEquals(window.start(), finding.start());
        assertEquals(window.end(), finding.end());
        assertEquals(Optional.empty(), new TextGuard(classifier, OPTIONS, score * 1.01).check(text));
    }

    @Test
    void aGuardThatWouldFindNothingIsRefused() {
        assertTrue(assertThrows(
                        PipelineException.class,
                        () -> new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("JAILBREAK")), 0.5))
                .getMessage()
                .startsWith("the model has no label 'JAILBREAK'; its labels are "));
        assertTrue(assertThrows(PipelineException.class, () -> new TextGuard(classifier, WindowOptions.DEFAULT, 0.5))
                .getMessage()
                .startsWith("a guard needs at least one label to watch; the model has "));
        assertThrows(IllegalArgumentException.class, () -> new TextGuard(classifier, OPTIONS, 0));
        assertThrows(IllegalArgumentException.class, () -> new TextGuard(classifier, OPTIONS, Double.NaN));
    }
}
