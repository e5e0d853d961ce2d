package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Vectors of texts from the states of tokens, worked out by hand. */
class PoolingTest {
    private static final double[][] STATES = {{100, -100}, {1, 2}, {4, -6}, {-2, 1}};

    private static void assertPooled(Pooling pooling, double first, double second) {
        assertArrayEquals(new double[] {first, second}, pooling.apply(STATES, 1), 1e-12, pooling.text());
    }

    @Test
    void tokensBeforeTheFirstDoNotCount() {
        assertPooled(Pooling.CLS, 1, 2);
        assertPooled(Pooling.LASTTOKEN, -2, 1);
        assertPooled(Pooling.MAX, 4, 2);
        assertPooled(Pooling.MEAN, 1, -1);
        assertPooled(Pooling.MEAN_SQRT_LEN_TOKENS, Math.sqrt(3), -Math.sqrt(3));
        // A token counts as often as its place says, those before the first included.
        assertPooled(Pooling.WEIGHTEDMEAN, (2 * 1 + 3 * 4 - 4 * 2) / 9.0, (2 * 2 - 3 * 6 + 4 * 1) / 9.0);
        assertArrayEquals(new double[] {100, -100}, Pooling.CLS.apply(STATES, 0));
    }

    @Test
    void namesAreThoseOfSentenceTransformers() {
        assertEquals(Optional.of(Pooling.MEAN_SQRT_LEN_TOKENS), Pooling.named("mean_sqrt_len_tokens"));
        assertEquals(Optional.of(Pooling.CLS), Pooling.named("cls"));
        assertEquals(Optional.empty(), Pooling.named("MEAN"));
    }
}
