package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import detangle.pipelines.WordSpans.Found;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which spans are kept, against the definition that compares each with all that are kept. */
class KeptSpansTest {
    private static final boolean[] BOTH = {false, true};

    private static List<Found> random(Random random, int count, int words, int width) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int first = random.nextInt(words);
            found.add(new Found(first, first + random.nextInt(width), random.nextInt(3), random.nextInt(40) / 40.0));
        }
        return found;
    }

    private static boolean conflicts(Found one, Found kept, boolean flat, boolean several) {
        if (one.first() == kept.first() && one.last() == kept.last()) {
            return !several;
        }
        boolean meets = one.first() <= kept.last() && kept.first() <= one.last();
        boolean nested = one.first() <= kept.first() && kept.last() <= one.last()
                || kept.first() <= one.first() && one.last() <= kept.last();
        return meets && (flat || !nested);
    }

    private static List<Found> byDefinition(List<Found> all, boolean flat, boolean several) {
        List<Found> kept = new ArrayList<>();
        all.stream()
                .sorted(Comparator.comparingDouble(Found::score).reversed())
                .filter(one -> kept.stream().noneMatch(k -> conflicts(one, k, flat, several)))
                .forEach(kept::add);
        kept.sort(Comparator.comparingInt(Found::first));
        return kept;
    }

    @Test
    void theSameAreKeptAsByComparingAll() {
        Random random = new Random(1);
        for (int run = 0; run < 300; run++) {
            List<Found> all = random(random, 60, 20, 1 + random.nextInt(8));
            for (boolean flat : BOTH) {
                for (boolean several : BOTH) {
                    assertEquals(
                            byDefinition(all, flat, several),
                            WordSpans.chosen(all, new ExtractionOptions(0, flat, several)));
                }
            }
        }
    }

    /** Comparing each with all takes minutes. */
    @Test
    void manySpansTakeNoLongTime() {
        List<Found> all = random(new Random(2), 200_000, 150_000, 12);
        for (boolean flat : BOTH) {
            assertTimeout(Duration.ofSeconds(20), () -> WordSpans.chosen(all, new ExtractionOptions(0, flat, true)));
        }
    }

    /** The JDK's patterns take a frame of the stack for each repetition of a group, unless they never go back. */
    @Test
    void aWordOfManyHyphensIsOneWord() {
        String text = "a-".repeat(50_000) + "b " + "a_".repeat(50_000) + " c-";
        assertEquals(
                List.of(100_001, 100_000, 1, 1),
                WordSpans.words(text).stream().map(w -> w.text().length()).toList());
    }
}
