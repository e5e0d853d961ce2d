package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.gliner2.OverlapPolicy;
import detangle.pipelines.BoundaryOverlaps.Scored;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which spans stay, against a search of all choices. */
class BoundaryOverlapsTest {
    private static Scored span(int start, int end, double probability) {
        return new Scored(new BoundarySpan(start, end), (float) probability);
    }

    @Test
    void nestedSpansAllStay() {
        List<Scored> all = List.of(span(0, 2, 0.5), span(1, 3, 0.75), span(0, 3, 0.75), span(1, 2, 0.75));
        assertEquals(
                List.of(span(0, 3, 0.75), span(1, 2, 0.75), span(1, 3, 0.75), span(0, 2, 0.5)),
                BoundaryOverlaps.resolved(all, OverlapPolicy.NESTED));
    }

    @Test
    void theLongestOfSpansInOneAnotherStays() {
        assertEquals(
                List.of(span(0, 4, 0.9), span(3, 5, 0.8)),
                BoundaryOverlaps.resolved(
                        List.of(span(1, 2, 0.7), span(0, 4, 0.9), span(3, 5, 0.8), span(0, 3, 0.6), span(2, 4, 0.5)),
                        OverlapPolicy.LONGEST));
        // A less probable span around others goes beside them.
        assertEquals(
                List.of(span(1, 2, 0.9), span(0, 4, 0.5)),
                BoundaryOverlaps.resolved(List.of(span(0, 4, 0.5), span(1, 2, 0.9)), OverlapPolicy.LONGEST));
    }

    private static double greatest(List<Scored> all, int from, List<Scored> kept) {
        if (from == all.size()) {
            return kept.stream().mapToDouble(Scored::probability).sum();
        }
        double without = greatest(all, from + 1, kept);
        BoundarySpan span = all.get(from).span();
        boolean meets = kept.stream()
                .anyMatch(k ->
                        k.span().start() < span.end() && span.start() < k.span().end());
        if (meets) {
            return without;
        }
        List<Scored> more = new ArrayList<>(kept);
        more.add(all.get(from));
        return Math.max(without, greatest(all, from + 1, more));
    }

    @Test
    void spansWithoutCommonWordsHaveTheGreatestSum() {
        Random random = new Random(5);
        for (int run = 0; run < 200; run++) {
            List<Scored> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int start = random.nextInt(8);
                all.add(span(start, start + 1 + random.nextInt(4), (1 + random.nextInt(15)) / 16.0));
            }
            List<Scored> kept = BoundaryOverlaps.resolved(all, OverlapPolicy.FLAT);
            assertEquals(
                    greatest(all, 0, List.of()),
                    kept.stream().mapToDouble(Scored::probability).sum());
            for (int i = 0; i < kept.size(); i++) {
                for (int j = 0; j < i; j++) {
                    BoundarySpan a = kept.get(i).span();
                    BoundarySpan b = kept.get(j).span();
                    assertTrue(a.end() <= b.start() || b.end() <= a.start());
                }
            }
        }
    }

    @Test
    void ofEqualSumsTheOneThatEndsEarlyStays() {
        assertEquals(
                List.of(span(0, 1, 0.5)),
                BoundaryOverlaps.resolved(List.of(span(0, 2, 0.5), span(0, 1, 0.5)), OverlapPolicy.FLAT));
        assertEquals(
                List.of(span(0, 2, 0.5)),
                BoundaryOverlaps.resolved(
                        List.of(span(0, 2, 0.5), span(0, 1, 0.25), span(1, 3, 0.25)), OverlapPolicy.FLAT));
    }
}
