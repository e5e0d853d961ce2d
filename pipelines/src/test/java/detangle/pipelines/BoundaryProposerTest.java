package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Tensor;
import detangle.models.gliner2.BoundaryHead.Pool;
import detangle.models.gliner2.BoundaryHead.Proposals;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Spans that are scored, against all spans in the order of their values. */
class BoundaryProposerTest {
    private static final int BOUNDARIES = 6;

    private final Random random = new Random(7);
    private final BoundaryMarginals marginals = new BoundaryMarginals(
            Tensor.of(new float[0], 0),
            numbers(2, BOUNDARIES),
            numbers(2, BOUNDARIES),
            numbers(BOUNDARIES, 4),
            numbers(BOUNDARIES, 4),
            Map.of());
    private final BoundaryProposer proposer = new BoundaryProposer(marginals);

    private float[][] numbers(int rows, int width) {
        float[][] numbers = new float[rows][width];
        for (float[] row : numbers) {
            for (int i = 0; i < width; i++) {
                row[i] = random.nextInt(-64, 64) / 16f;
            }
        }
        return numbers;
    }

    private double product(int start, int end, float... gate) {
        double sum = 0;
        for (int i = 0; i < 4; i++) {
            double weight = gate.length == 0 ? 1 : gate[i];
            sum += weight * marginals.firstVectors()[start][i] * marginals.lastVectors()[end][i];
        }
        return sum / 2;
    }

    private static List<BoundarySpan> ordered(BiFunction<Integer, Integer, Double> value) {
        List<BoundarySpan> all = new ArrayList<>();
        for (int start = 0; start < BOUNDARIES; start++) {
            for (int end = start + 1; end < BOUNDARIES; end++) {
                all.add(new BoundarySpan(start, end));
            }
        }
        all.sort(Comparator.comparingDouble(span -> -value.apply(span.start(), span.end())));
        return all;
    }

    private double value(int query, int start, int end, float... gate) {
        return product(start, end, gate)
                + marginals.firsts()[query][start]
                + marginals.lasts()[query][end];
    }

    private static Proposals asked(int starts, int endsPerStart, int ends, int startsPerEnd, int budget) {
        return new Proposals(starts, ends, endsPerStart, startsPerEnd, budget, ends > 0, 0, 0, 1);
    }

    @Test
    void allSpansOfAQueryAreInOrder() {
        float[] gate = {0.5f, 2, 0, -1};
        for (int query = 0; query < 2; query++) {
            int q = query;
            List<BoundarySpan> all = ordered((start, end) -> value(q, start, end));
            assertEquals(15, all.size());
            assertEquals(all, proposer.ofQuery(query, new float[0], asked(6, 6, 0, 0, 100)));
            assertEquals(all, proposer.ofQuery(query, new float[0], asked(1, 1, 6, 6, 100)));
            assertEquals(all.subList(0, 4), proposer.ofQuery(query, new float[0], asked(6, 6, 6, 6, 4)));
            assertEquals(
                    ordered((start, end) -> value(q, start, end, gate)),
                    proposer.ofQuery(query, gate, asked(6, 6, 0, 0, 100)));
        }
    }

    private static int best(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    @Test
    void theBestStartsHaveTheirBestEnds() {
        int start = best(marginals.firsts()[0]);
        assertEquals(
                ordered((from, to) -> value(0, from, to)).stream()
                        .filter(span -> span.start() == start)
                        .limit(2)
                        .toList(),
                proposer.ofQuery(0, new float[0], asked(1, 2, 0, 0, 100)));
        int end = best(marginals.lasts()[0]);
        assertEquals(
                ordered((from, to) -> value(0, from, to)).stream()
                        .filter(span -> span.end() == end)
                        .limit(2)
                        .toList(),
                proposer.ofQuery(0, new float[0], asked(0, 0, 1, 2, 100)));
    }

    /** Those that a query would choose itself come first, each query's best before its second. */
    @Test
    void sharedSpansHaveTheChoicesOfQueriesFirst() {
        List<BoundarySpan> first = ordered((start, end) -> value(0, start, end));
        List<BoundarySpan> second = ordered((start, end) -> value(1, start, end));
        List<BoundarySpan> shared = proposer.shared(new Pool(BOUNDARIES, 100, 1, 0, 0, 0));
        List<BoundarySpan> chosen = List.of(first.getFirst(), second.getFirst());
        assertEquals(15, shared.size());
        assertEquals(Set.copyOf(chosen), Set.copyOf(shared.subList(0, 2)));
        List<BoundarySpan> rest = new ArrayList<>(ordered((start, end) -> product(start, end)
                + Math.max(marginals.firsts()[0][start], marginals.firsts()[1][start])
                + Math.max(marginals.lasts()[0][end], marginals.lasts()[1][end])));
        rest.removeAll(chosen);
        assertEquals(rest, shared.subList(2, 15));
        assertEquals(shared.subList(0, 5), proposer.shared(new Pool(BOUNDARIES, 5, 1, 0, 0, 0)));
    }

    @Test
    void vectorsOfEndsAreMultiplied() {
        assertEquals(BOUNDARIES, marginals.boundaries());
        float[] gate = {2, 0, 1, -1};
        for (int start = 0; start < BOUNDARIES; start++) {
            assertEquals((float) product(start, 3), marginals.product(start, 3, new float[0]), 1e-5);
            assertEquals((float) product(start, 3, gate), marginals.product(start, 3, gate), 1e-5);
        }
    }
}
