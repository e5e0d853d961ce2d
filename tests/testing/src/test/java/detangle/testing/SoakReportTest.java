package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class SoakReportTest {
    private static final int MINUTES = 110;

    /** A run in which the heap is what the function says of the minute, and everything else stays as it is. */
    private static SoakReport report(int minutes, DoubleUnaryOperator heap) {
        SoakReport report = new SoakReport();
        for (int minute = 0; minute <= minutes; minute++) {
            Map<SoakFigure, Double> figures = new EnumMap<>(SoakFigure.class);
            for (SoakFigure figure : SoakFigure.values()) {
                figures.put(figure, 50.0);
            }
            figures.put(SoakFigure.HEAP, heap.applyAsDouble(minute));
            report.add(minute, new SoakSample(figures));
        }
        return report;
    }

    @Test
    void noiseIsFlatAndALeakIsNot() {
        Random random = new Random(1);
        assertTrue(report(MINUTES, minute -> 50 + 10 * random.nextDouble()).isFlat());
        SoakReport leak = report(MINUTES, minute -> 50 + 10 * random.nextDouble() + 0.2 * minute);
        assertFalse(leak.isFlat());
        assertTrue(leak.table().contains("GROWS"), leak.table());
    }

    @Test
    void aWarmUpIsNotGrowth() {
        assertTrue(report(MINUTES, minute -> Math.min(minute, 15) * 10).isFlat());
    }

    @Test
    void singleHighSamplesDoNotCount() {
        assertTrue(report(MINUTES, minute -> minute > 105 ? 500 : 50).isFlat());
    }

    @Test
    void aShortRunHasNoVerdict() {
        SoakReport report = report(3, minute -> 50 + minute);
        assertFalse(report.isLongEnough());
        assertTrue(report.table().startsWith("too short"), report.table());
    }

    @Test
    void aProcessTellsWhatItHolds() throws InterruptedException {
        SoakSample sample = SoakSample.ofThisProcess();
        assertTrue(sample.figures().get(SoakFigure.HEAP) > 0);
        assertTrue(sample.figures().get(SoakFigure.THREADS) > 0);
        assertEquals(sample, SoakSample.parse(sample.text()));
    }
}
