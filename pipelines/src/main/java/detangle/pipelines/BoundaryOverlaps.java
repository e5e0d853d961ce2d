package detangle.pipelines;

import detangle.models.gliner2.OverlapPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses the spans of one kind that stay if they overlap (gliner2/models/boundary/engine.py:21-77). */
final class BoundaryOverlaps {
    private static final Comparator<Scored> BEST_FIRST = Comparator.comparingDouble((Scored s) -> -s.probability())
            .thenComparingInt(s -> s.span().start())
            .thenComparingInt(s -> s.span().end());

    private BoundaryOverlaps() {}

    /** A span and its probability. */
    record Scored(BoundarySpan span, float probability) {}

    /** Returns the spans that stay, the most probable first. */
    static List<Scored> resolved(List<Scored> spans, OverlapPolicy policy) {
        List<Scored> kept = switch (policy) {
            case FLAT -> flat(spans);
            case NESTED -> spans;
            case LONGEST -> longest(spans);
        };
        return kept.stream().sorted(BEST_FIRST).toList();
    }

    /**
     * Returns the spans without common words whose probabilities have the greatest sum. If sums are equal, fewer spans
     * and earlier ends win.
     */
    private static List<Scored> flat(List<Scored> all) {
        List<Scored> spans = all.stream()
                .sorted(Comparator.comparingInt((Scored s) -> s.span().end())
                        .thenComparingInt(s -> s.span().start())
                        .thenComparingDouble(s -> -s.probability()))
                .toList();
        int count = spans.size();
        int[] before = new int[count];
        double[] best = new double[count + 1];
        for (int i = 0; i < count; i++) {
            int start = spans.get(i).span().start();
            int ended = i;
            while (ended > 0 && spans.get(ended - 1).span().end() > start) {
                ended--;
            }
            before[i] = ended;
            best[i + 1] = Math.max(best[i], spans.get(i).probability() + best[ended]);
        }
        List<Scored> kept = new ArrayList<>();
        int i = count - 1;
        while (i >= 0) {
            if (spans.get(i).probability() + best[before[i]] > best[i]) {
                kept.add(spans.get(i));
                i = before[i] - 1;
            } else {
                i--;
            }
        }
        return kept;
    }

    /** Returns all spans except those inside a more probable span. */
    private static List<Scored> longest(List<Scored> all) {
        List<Scored> kept = new ArrayList<>();
        for (Scored scored : all.stream().sorted(BEST_FIRST).toList()) {
            BoundarySpan span = scored.span();
            boolean isInside = kept.stream()
                    .map(Scored::span)
                    .anyMatch(k -> k.start() <= span.start() && span.end() <= k.end() && !k.equals(span));
            if (!isInside) {
                kept.add(scored);
            }
        }
        return kept;
    }
}
