package detangle.pipelines;

import detangle.models.gliner2.BoundaryHead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Chooses the spans that are scored (gliner2/models/boundary/proposal.py:428-690, pool.py:107-330). If values are
 * equal, the earlier span wins.
 */
record BoundaryProposer(BoundaryMarginals marginals) {
    /** The bonus of a query's own choices: it is greater than the values of all spans. */
    private static final float BONUS_OF_A_CHOICE = 5000;

    /** Returns the proposed spans of one query, the best first. */
    List<BoundarySpan> ofQuery(int query, float[] gate, BoundaryHead.Proposals asked) {
        Deadline.check();
        float[] firsts = marginals.firsts()[query];
        float[] lasts = marginals.lasts()[query];
        int boundaries = marginals.boundaries();
        Map<Long, Float> values = new TreeMap<>();
        for (int start : best(0, boundaries, asked.chosen(asked.starts(), boundaries - 1), i -> firsts[i])) {
            float[] scores = new float[boundaries];
            for (int end = start + 1; end < boundaries; end++) {
                scores[end] = marginals.product(start, end, gate) + lasts[end] + firsts[start];
            }
            for (int end : best(start + 1, boundaries, asked.endsPerStart(), i -> scores[i])) {
                values.merge(key(start, end), scores[end], Math::max);
            }
        }
        if (asked.bidirectional()) {
            for (int end : best(0, boundaries, asked.chosen(asked.ends(), boundaries - 1), i -> lasts[i])) {
                float[] scores = new float[boundaries];
                for (int start = 0; start < end; start++) {
                    scores[start] = marginals.product(start, end, gate) + firsts[start] + lasts[end];
                }
                for (int start : best(0, end, asked.startsPerEnd(), i -> scores[i])) {
                    values.merge(key(start, end), scores[start], Math::max);
                }
            }
        }
        return best(values, asked.budget());
    }

    /** Returns the proposed spans that all queries share, the best first. */
    List<BoundarySpan> shared(BoundaryHead.Pool pool) {
        float[] firsts = greatest(marginals.firsts());
        float[] lasts = greatest(marginals.lasts());
        int boundaries = marginals.boundaries();
        List<BoundarySpan> spans = new ArrayList<>();
        int[] ends = best(0, boundaries, pool.boundaries(), i -> lasts[i]);
        for (int start : best(0, boundaries, pool.boundaries(), i -> firsts[i])) {
            for (int end : ends) {
                if (end > start) {
                    spans.add(new BoundarySpan(start, end));
                }
            }
        }
        float[] products = new float[spans.size()];
        Map<Long, Float> values = new TreeMap<>();
        for (int i = 0; i < products.length; i++) {
            BoundarySpan span = spans.get(i);
            products[i] = marginals.product(span.start(), span.end(), new float[0]);
            values.put(key(span.start(), span.end()), products[i] + firsts[span.start()] + lasts[span.end()]);
        }
        for (int query = 0; query < marginals.firsts().length; query++) {
            Deadline.check();
            float[] own = new float[products.length];
            for (int i = 0; i < own.length; i++) {
                BoundarySpan span = spans.get(i);
                own[i] = marginals.firsts()[query][span.start()] + marginals.lasts()[query][span.end()] + products[i];
            }
            int[] chosen = best(0, own.length, pool.perQuery(), i -> own[i]);
            for (int rank = 0; rank < chosen.length; rank++) {
                BoundarySpan span = spans.get(chosen[rank]);
                values.merge(key(span.start(), span.end()), BONUS_OF_A_CHOICE + chosen.length - rank, Math::max);
            }
        }
        return best(values, pool.size());
    }

    private static float[] greatest(float[][] rows) {
        float[] greatest = rows[0].clone();
        for (float[] row : rows) {
            for (int i = 0; i < greatest.length; i++) {
                greatest[i] = Math.max(greatest[i], row[i]);
            }
        }
        return greatest;
    }

    private static long key(int start, int end) {
        return (long) start << Integer.SIZE | end;
    }

    /** Returns the numbers from one to before another with the greatest values, the greatest first. */
    private static int[] best(int from, int to, int count, IntToDoubleFunction value) {
        return IntStream.range(from, to)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -value.applyAsDouble(i)))
                .limit(count)
                .mapToInt(i -> i)
                .toArray();
    }

    private static List<BoundarySpan> best(Map<Long, Float> values, int count) {
        return values.entrySet().stream()
                .sorted(Comparator.comparingDouble((Map.Entry<Long, Float> e) -> -e.getValue()))
                .limit(count)
                .map(e -> new BoundarySpan((int) (e.getKey() >> Integer.SIZE), (int) (long) e.getKey()))
                .toList();
    }
}
