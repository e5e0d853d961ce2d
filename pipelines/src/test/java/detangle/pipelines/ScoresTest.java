package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Logits become scores. */
class ScoresTest {
    private static final double[] LOGITS = {0, Math.log(3), -1000};

    @Test
    void logitsStayAsTheyAre() {
        double[] scores = Scores.of(LOGITS, FunctionToApply.NONE);
        assertArrayEquals(LOGITS, scores);
        assertNotSame(LOGITS, scores);
    }

    @Test
    void probabilitiesAddUpToOne() {
        assertArrayEquals(new double[] {0.25, 0.75, 0}, Scores.of(LOGITS, FunctionToApply.SOFTMAX), 1e-15);
        assertArrayEquals(new double[] {0.5, 0.5}, Scores.softmax(1e4, 1e4));
        assertArrayEquals(new double[0], Scores.softmax());
    }

    @Test
    void eachIsAProbabilityOfItsOwn() {
        assertArrayEquals(new double[] {0.5, 0.75, 0}, Scores.of(LOGITS, FunctionToApply.SIGMOID), 1e-15);
        assertEquals(0.5f, Scores.probability(0));
        assertEquals(0.75f, Scores.probability(Math.log(3)), 1e-6f);
        // In single precision these are equal.
        assertEquals(1f, Scores.probability(20));
        assertEquals(0f, Scores.probability(-200));
        assertThrows(RuntimeException.class, () -> Scores.probability(Double.NaN));
    }
}
