package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is drawn follows from the distribution and the seed, and its times are those of requests. */
class TrafficTest {
    @TempDir
    private Path folder;

    private static List<Integer> lengths(Traffic traffic) {
        return traffic.stream().stream().map(List::getFirst).toList();
    }

    private static List<Integer> lengths(String distribution) {
        return lengths(new Traffic(LengthDistribution.of(distribution), 2000, 8, 42));
    }

    @Test
    void uniformLengthsReachBothEnds() {
        List<Integer> drawn = lengths("uniform:8-256");
        assertEquals(8, drawn.stream().min(Integer::compare).orElseThrow());
        assertEquals(256, drawn.stream().max(Integer::compare).orElseThrow());
        assertEquals(132, drawn.stream().mapToInt(n -> n).average().orElseThrow(), 5);
    }

    /** Of a log-normal distribution 16 % are above the median times e to the power of sigma. */
    @Test
    void logNormalLengthsHaveTheirMedianTheirSpreadAndTheirCap() {
        List<Integer> drawn = lengths("lognormal:40,0.5,60");
        assertEquals(40, drawn.stream().sorted().toList().get(1000), 2);
        assertEquals(60, drawn.stream().max(Integer::compare).orElseThrow());
        List<Integer> wide = lengths("lognormal:40,0.5");
        double above = wide.stream().filter(n -> n > 40 * Math.exp(0.5)).count() / 2000.0;
        assertEquals(0.16, above, 0.03);
    }

    @Test
    void recordedLengthsAreDrawnAsOftenAsTheyWereSeen() throws IOException {
        Path file = Files.writeString(folder.resolve("lengths.txt"), "12\n12\n12\n 300 \n");
        List<Integer> drawn = lengths(file.toString());
        assertEquals(Set.of(12, 300), Set.copyOf(drawn));
        assertEquals(0.75, drawn.stream().filter(n -> n == 12).count() / 2000.0, 0.05);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "uniform:256-8",
                "uniform:0-8",
                "uniform:8",
                "lognormal:40",
                "lognormal:40,11",
                "lognormal:400,1,300",
                "lognormal:1,1",
                "nowhere.txt"
            })
    void whatIsNoDistributionIsRefused(String text) {
        assertThrows(BenchException.class, () -> LengthDistribution.of(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "12\n\n", "12\n1\n", "12\n7.5\n", "9999999\n"})
    void whatIsNoLengthIsRefusedWithItsLine(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("lengths.txt"), text);
        String message = assertThrows(BenchException.class, () -> LengthDistribution.of(file.toString()))
                .getMessage();
        assertTrue(message.startsWith(file.toString()), message);
        assertEquals(text.startsWith("12"), message.contains("line 2"), message);
    }

    @Test
    void theSeedDecidesAndBatchesAreOfTheSameTexts() {
        Traffic traffic = new Traffic(LengthDistribution.of("uniform:8-256"), 100, 8, 1);
        assertEquals(lengths(traffic), lengths(new Traffic(traffic.lengths(), 100, 8, 1)));
        assertNotEquals(lengths(traffic), lengths(new Traffic(traffic.lengths(), 100, 8, 2)));
        assertNotEquals(lengths(traffic), lengths(traffic.warmUp()));
        List<List<Integer>> batches = traffic.batches();
        assertEquals(lengths(traffic), batches.stream().flatMap(List::stream).toList());
        assertEquals(1, batches.stream().mapToInt(List::size).min().orElseThrow());
        assertEquals(8, batches.stream().mapToInt(List::size).max().orElseThrow());
    }

    /** Two texts that come together wait for the same batch; 5 + 3 + 8 tokens in 8 ms are half a millisecond each. */
    @Test
    void eachTextTakesAsLongAsItsBatch() {
        RequestTimes times = new RequestTimes(List.of(List.of(5, 3), List.of(8)));
        times.add(0, new long[] {6_000_000, 2_000_000});
        TrafficReport.Served served = times.served(Optional.empty());
        assertEquals(0.5, served.msPerToken());
        assertEquals(2000, served.tokensPerS());
        assertEquals(6, served.p50Ms());
        assertEquals(List.of(), served.byLength());
    }

    @Test
    void medianTimesOfEachLengthAreThoseOfTheChart() {
        RequestTimes times = new RequestTimes(List.of(List.of(8), List.of(3), List.of(8)));
        times.add(1, new long[] {1_000_000, 4_000_000});
        times.add(0, new long[] {2_000_000});
        RequestTimes all = new RequestTimes(List.of(List.of(8), List.of(3), List.of(8)));
        all.addAll(times);
        assertEquals(
                List.of(new TrafficReport.AtLength(3, 1), new TrafficReport.AtLength(8, 2)),
                all.served(Optional.empty()).byLength());
    }
}
