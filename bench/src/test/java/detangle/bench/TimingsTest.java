package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TimingsTest {
    private static Timings of(int... ms) {
        Timings timings = new Timings();
        for (int t : ms) {
            timings.add(new long[] {t * 1_000_000L});
        }
        return timings;
    }

    /** By nearest rank, a percentile is a time that was measured. */
    @Test
    void percentilesAreTimesThatWereMeasured() {
        Timings ten = of(7, 1, 9, 3, 5, 2, 10, 4, 8, 6);
        assertEquals(5, ten.median());
        assertEquals(9, ten.percentile(0.9));
        assertEquals(10, ten.percentile(0.99));
        assertEquals(1, ten.percentile(0));
    }

    @Test
    void timesOfProcessesTogetherAreSortedAnew() {
        Timings all = of(4, 6);
        all.addAll(of(1, 2, 3));
        assertEquals(5, all.count());
        assertEquals(3, all.median());
    }
}
