package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The judge decides as specified about made-up times, of which contender 0 is the default. */
class TileJudgeTest {
    private static final int ROUNDS = TileJudge.ENOUGH;
    private static final long NANOS = 3_000_000;

    private final Random random = new Random(5);

    /** Rounds in which contender c takes {@code pace[c]} of a time, up to a jitter of one per cent. */
    private List<TileJudge.Round> rounds(IntFunction<double[]> paces) {
        return rounds(ROUNDS, paces);
    }

    private List<TileJudge.Round> rounds(int count, IntFunction<double[]> paces) {
        List<TileJudge.Round> rounds = new ArrayList<>();
        for (int r = 0; r < count; r++) {
            double[] pace = paces.apply(r);
            long[] turns = new long[pace.length];
            for (int c = 0; c < pace.length; c++) {
                turns[c] = jittered(pace[c]);
            }
            rounds.add(new TileJudge.Round(turns, jittered(pace[0])));
        }
        return rounds;
    }

    private long jittered(double pace) {
        return Math.round(NANOS * pace * (0.995 + 0.01 * random.nextDouble()));
    }

    private static OptionalInt fastest(List<TileJudge.Round> rounds, int held) {
        return TileJudge.fastest(rounds, held);
    }

    @Test
    void theFastestOfAQuietMachineWins() {
        assertEquals(OptionalInt.of(2), fastest(rounds(r -> new double[] {1, 0.93, 0.9}), 0));
        assertEquals(OptionalInt.of(1), fastest(rounds(r -> new double[] {1, 0.9, 0.93}), 0));
    }

    @Test
    void oneThatIsHardlyFasterDoesNot() {
        assertEquals(OptionalInt.of(0), fastest(rounds(r -> new double[] {1, 0.99, 1.2}), 0));
    }

    /** A process that computes all the time takes as much from each turn. */
    @Test
    void aSteadyNeighbourChangesNothing() {
        assertEquals(OptionalInt.of(1), fastest(rounds(r -> new double[] {1.9, 1.7, 1.95}), 0));
        assertEquals(OptionalInt.of(0), fastest(rounds(r -> new double[] {1.9, 1.9, 1.95}), 0));
    }

    /** A machine that becomes slower during the rounds. */
    @Test
    void aDriftChangesNothing() {
        assertEquals(OptionalInt.of(0), fastest(rounds(r -> new double[] {1 + 0.02 * r, 1 + 0.02 * r}), 0));
        assertEquals(OptionalInt.of(1), fastest(rounds(r -> new double[] {1 + 0.02 * r, 0.9 * (1 + 0.02 * r)}), 0));
    }

    /** A neighbour that comes and goes takes up to half of the time of a turn. */
    @Test
    void anUnsteadyNeighbourLeavesItUndecided() {
        List<TileJudge.Round> disturbed = rounds(TileTrial.MAX_ROUNDS, r -> new double[] {1, 0.9, 0.9}).stream()
                .map(r -> new TileJudge.Round(
                        Arrays.stream(r.turns()).map(this::disturbed).toArray(), disturbed(r.again())))
                .toList();
        assertEquals(OptionalInt.empty(), fastest(disturbed, 0));
        assertEquals(OptionalInt.empty(), fastest(disturbed, 1));
    }

    /** A host that takes a processor away now and then, so that one round of three counts. */
    @Test
    void asManyRoundsAreTimedAsAreNeeded() {
        List<TileJudge.Round> rounds = rounds(3 * ROUNDS, r -> new double[] {1, 0.93, 1.1});
        for (int r = 0; r < rounds.size(); r++) {
            if (r % 3 != 0) {
                rounds.set(r, new TileJudge.Round(rounds.get(r).turns(), 2 * NANOS));
            }
        }
        assertEquals(OptionalInt.of(1), fastest(rounds, 0));
        assertEquals(OptionalInt.empty(), fastest(rounds.subList(0, rounds.size() - 3), 0));
    }

    private long disturbed(long nanos) {
        return Math.round(nanos * (1 + random.nextDouble()));
    }

    /** A contender that is not faster wins none of many trials, whatever the noise is. */
    @ParameterizedTest
    @ValueSource(doubles = {0.03, 0.05, 0.07, 0.1, 0.3, 1, 3})
    void noiseNeverMakesAnEqualOrSlowerOneWin(double noise) {
        for (int trial = 0; trial < 2_000; trial++) {
            List<TileJudge.Round> rounds = new ArrayList<>();
            int steady = 0;
            while (steady < ROUNDS && rounds.size() < TileTrial.MAX_ROUNDS) {
                long[] turns = {disturbed(1, noise), disturbed(1, noise), disturbed(1.03, noise)};
                TileJudge.Round round = new TileJudge.Round(turns, disturbed(1, noise));
                rounds.add(round);
                steady += round.isSteady() ? 1 : 0;
            }
            OptionalInt fastest = fastest(rounds, 0);
            assertEquals(0, fastest.orElse(0), () -> "noise of " + noise + ": " + rounds);
        }
    }

    private long disturbed(double pace, double noise) {
        return Math.round(NANOS * pace * (1 + noise * random.nextDouble()));
    }

    @Test
    void aDecisionIsKeptWhileNothingContradictsIt() {
        assertEquals(OptionalInt.of(1), fastest(rounds(r -> new double[] {1, 0.975, 0.965}), 1), "no better one");
        assertEquals(OptionalInt.of(1), fastest(rounds(r -> new double[] {1, 0.99, 1.1}), 1), "still faster");
    }

    @Test
    void aDecisionThatIsContradictedIsRenewed() {
        assertEquals(
                OptionalInt.of(0), fastest(rounds(r -> new double[] {1, 1.02, 1.1}), 1), "slower than the default");
        assertEquals(OptionalInt.of(2), fastest(rounds(r -> new double[] {1, 1.05, 0.9}), 1), "slower than both");
        assertEquals(OptionalInt.of(2), fastest(rounds(r -> new double[] {1, 0.95, 0.9}), 1), "another is faster");
    }

    @Test
    void withoutRoundsNothingIsDecided() {
        assertEquals(OptionalInt.empty(), fastest(List.of(), 0));
    }
}
