package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Spans in the order of first words and lengths. */
class SpanGridTest {
    @Test
    void spansEndInTheText() {
        SpanGrid grid = new SpanGrid(4, 2);
        assertEquals(7, grid.spans());
        assertEquals(2, grid.lengths(0));
        assertEquals(1, grid.lengths(3));
        assertArrayEquals(new long[] {0, 0, 1, 1, 2, 2, 3}, grid.starts());
        assertArrayEquals(new long[] {0, 1, 1, 2, 2, 3, 3}, grid.ends());
        assertEquals(0, new SpanGrid(0, 2).spans());
        assertArrayEquals(new long[] {0, 0, 0, 1, 1, 2}, new SpanGrid(3, 9).starts());
    }

    @Test
    void eachRowHasItsLogits() {
        SpanGrid grid = new SpanGrid(3, 2);
        float[] logits = new float[10];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = i;
        }
        grid.set(logits, 2);
        assertEquals(0, grid.logit(0, 0, 0));
        assertEquals(1, grid.logit(1, 0, 0));
        assertEquals(2, grid.logit(0, 0, 1));
        assertEquals(7, grid.logit(1, 1, 1));
        assertEquals(8, grid.logit(0, 2, 0));
        assertEquals(0.5f, grid.probability(0, 0, 0));
        assertEquals((float) (1 / (1 + Math.exp(-3))), grid.probability(1, 0, 1));
    }
}
