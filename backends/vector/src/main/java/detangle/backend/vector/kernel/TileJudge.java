package detangle.backend.vector.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntToDoubleFunction;

/**
 * Judges which of several contenders is the fastest, from short rounds in which each had its turn. The first one is
 * the default, which has a second turn at the end of a round: where its two turns differ, something else ran
 * meanwhile, and the round does not count. What slows all turns of a round alike leaves their ratios as they are.
 */
final class TileJudge {
    /** The greatest ratio of the default's two turns in a round that counts. */
    private static final double STEADY = 1.03;

    /** A contender replaces another one if it takes less than this part of its time in most rounds. */
    private static final double CLEAR = 0.98;

    /** The number of rounds that have to count. */
    static final int ENOUGH = 60;

    /** The share of the rounds that count which is most of them. */
    private static final double MOST = 0.7;

    private TileJudge() {}

    /**
     * Times of one round in nanoseconds.
     *
     * @param turns of all contenders, the default first
     * @param again of the default's second turn
     */
    record Round(long[] turns, long again) {
        /** Returns whether the round counts. */
        boolean isSteady() {
            return Math.max(turns[0], again) <= STEADY * Math.min(turns[0], again);
        }

        /** The default's is the mean of its turns, as whatever changes slowly has then met all contenders alike. */
        private double nanos(int contender) {
            return contender == 0 ? (turns[0] + again) / 2.0 : turns[contender];
        }
    }

    /**
     * Returns the contender that is to be used from now on: the held one, unless rounds contradict it. That is when the
     * default is faster than it in the middle of all rounds, or when another one is clearly faster in most of them.
     *
     * @param rounds all have as many turns
     * @param held the contender that is used now
     * @return empty if too few rounds count, so that nothing is to be concluded
     */
    static OptionalInt fastest(List<Round> rounds, int held) {
        List<Round> steady = rounds.stream().filter(Round::isSteady).toList();
        if (steady.size() < ENOUGH) {
            return OptionalInt.empty();
        }
        int fastest = median(steady, r -> ratio(steady.get(r), held, 0)) > 1 ? 0 : held;
        int contenders = steady.getFirst().turns().length;
        for (int c = 0; c < contenders; c++) {
            if (isClearlyFaster(steady, c, fastest)) {
                fastest = c;
            }
        }
        return OptionalInt.of(fastest);
    }

    private static boolean isClearlyFaster(List<Round> rounds, int contender, int than) {
        long wins =
                rounds.stream().filter(r -> ratio(r, contender, than) < CLEAR).count();
        return wins >= MOST * rounds.size();
    }

    private static double ratio(Round round, int contender, int to) {
        return round.nanos(contender) / round.nanos(to);
    }

    private static double median(List<Round> rounds, IntToDoubleFunction value) {
        double[] sorted = new double[rounds.size()];
        Arrays.setAll(sorted, value);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
