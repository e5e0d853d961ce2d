package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.MeasurementFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tuner remembers its decisions, and passes over a file that is old or damaged. */
class TileTunerTest {
    private static final TileShape STANDARD = TileShape.DEFAULT;

    /** The heights that the default is tried against on this machine. */
    private static final TileShape OTHER = tuner().contenders(TileRows.FEW).get(1);

    private static final int ROUNDS = TileJudge.ENOUGH;

    /** Rounds of a trial here: fewer than the judge wants, as a trial on a busy machine takes long. */
    private static final int MOST = 6;

    @TempDir
    private Path folder;

    private Optional<String> before = Optional.empty();
    private Optional<String> forced = Optional.empty();

    @BeforeEach
    void rememberHere() {
        before = Optional.ofNullable(System.setProperty(MeasurementFile.FOLDER, folder.toString()));
        forced = Optional.ofNullable(System.clearProperty(TileShape.PROPERTY));
    }

    @AfterEach
    void rememberThereAgain() {
        before.ifPresentOrElse(
                f -> System.setProperty(MeasurementFile.FOLDER, f), () -> System.clearProperty(MeasurementFile.FOLDER));
        forced.ifPresent(f -> System.setProperty(TileShape.PROPERTY, f));
    }

    private static TileTuner tuner() {
        return new TileTuner(rows -> STANDARD, "a processor, a JDK");
    }

    /** Rounds in which another shape takes so many nanoseconds, and all others more than the default's 1000. */
    private static List<TileJudge.Round> rounds(TileShape shape, long nanos) {
        List<TileShape> contenders = tuner().contenders(TileRows.FEW);
        long[] turns = new long[contenders.size()];
        Arrays.fill(turns, 2_000);
        turns[0] = 1_000;
        turns[contenders.indexOf(shape)] = nanos;
        return Collections.nCopies(ROUNDS, new TileJudge.Round(turns, 1_000));
    }

    private static List<TileJudge.Round> disturbed() {
        return rounds(OTHER, 900).stream()
                .map(r -> new TileJudge.Round(r.turns(), 1_500))
                .toList();
    }

    @Test
    void classesOfRowsAreDecidedOneByOne() {
        assertTrue(tuner().judge(TileRows.FEW, rounds(OTHER, 900)));
        assertEquals(OTHER, tuner().shape(TileRows.FEW));
        assertEquals(STANDARD, tuner().shape(TileRows.MANY));
        assertTrue(tuner().judge(TileRows.MANY, rounds(OTHER, 1_100)));
        assertEquals(STANDARD, tuner().shape(TileRows.MANY));
    }

    @Test
    void anUndecidedTrialLeavesWhatWasThere() {
        assertFalse(tuner().judge(TileRows.FEW, disturbed()));
        assertEquals(STANDARD, tuner().shape(TileRows.FEW));
        tuner().judge(TileRows.FEW, rounds(OTHER, 900));
        assertFalse(tuner().judge(TileRows.FEW, disturbed()));
        assertEquals(OTHER, tuner().shape(TileRows.FEW));
    }

    @Test
    void aLaterTrialThatContradictsRenewsADecision() {
        tuner().judge(TileRows.FEW, rounds(OTHER, 900));
        assertTrue(tuner().judge(TileRows.FEW, rounds(OTHER, 1_010)));
        assertEquals(STANDARD, tuner().shape(TileRows.FEW));
    }

    @Test
    void aForcedShapeIsUsedWhateverWasDecided() {
        tuner().judge(TileRows.FEW, rounds(OTHER, 900));
        System.setProperty(TileShape.PROPERTY, "14");
        try {
            assertEquals(new TileShape(14, false), tuner().shape(TileRows.FEW));
        } finally {
            System.clearProperty(TileShape.PROPERTY);
        }
    }

    /** The first is what files held when there was one shape for all products. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\\ processor,\\ a\\ JDK=14\n",
                "a\\ processor,\\ a\\ JDK,\\ few\\ rows=9\n",
                "a\\ processor,\\ a\\ JDK,\\ few\\ rows=\n",
                "a\\ processor,\\ a\\ JDK,\\ few\\ rows=99999999999999999999\n",
                "a\\ processor,\\ a\\ JDK,\\ few\\ rows=\\u00",
                "\0\0\0"
            })
    void anOldOrDamagedFileDecidesNothing(String content) throws IOException {
        Files.writeString(folder.resolve("tile-shapes.properties"), content);
        assertEquals(STANDARD, tuner().shape(TileRows.FEW));
        assertTrue(tuner().judge(TileRows.FEW, rounds(OTHER, 900)));
        assertEquals(OTHER, tuner().shape(TileRows.FEW));
    }

    /** A shape that this machine has too few registers for, or that is lower than the default. */
    @Test
    void aShapeThatIsNotTriedIsGivenUp() throws IOException {
        TileShape untried = TileShape.CANDIDATES.stream()
                .filter(c -> !tuner().contenders(TileRows.FEW).contains(c))
                .findFirst()
                .orElseThrow();
        Files.writeString(
                folder.resolve("tile-shapes.properties"), "a\\ processor,\\ a\\ JDK,\\ few\\ rows=" + untried + "\n");
        assertEquals(untried, tuner().shape(TileRows.FEW));
        assertTrue(tuner().judge(TileRows.FEW, rounds(OTHER, 1_100)));
        assertEquals(STANDARD, tuner().shape(TileRows.FEW));
    }

    /** Each turn of a trial takes time. */
    @Test
    void aTrialTimesAllContenders() {
        Warmup.ATTENTION.await();
        List<MicroKernel> kernels =
                tuner().contenders(TileRows.FEW).stream().map(MicroKernel::new).toList();
        for (TileRows rows : TileRows.values()) {
            List<TileJudge.Round> rounds =
                    TileTrial.rounds(rows, kernels, MOST, () -> true).orElseThrow();
            assertEquals(MOST, rounds.size());
            for (TileJudge.Round round : rounds) {
                assertEquals(kernels.size(), round.turns().length);
                assertTrue(Arrays.stream(round.turns()).allMatch(t -> t > 0) && round.again() > 0);
            }
            assertEquals(Optional.empty(), TileTrial.rounds(rows, kernels, MOST, () -> false));
        }
    }
}
