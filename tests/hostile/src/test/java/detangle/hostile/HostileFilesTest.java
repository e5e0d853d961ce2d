package detangle.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No file that a stranger hands over ends a process, hangs it, or takes more than little of its time and memory;
 * nothing is written, and what comes next is read. Files made by hand and mutants of good ones are given to worker
 * processes. CONTRIBUTING.md has the command for a night.
 */
class HostileFilesTest {
    /** How many mutants each reader is given: a number, or {@value #NIGHT}. */
    private static final String MUTANTS = System.getProperty("detangle.hostile.mutants", "40");

    /** As many of each kind of files as {@link Readers} has for a night. */
    private static final String NIGHT = "night";

    private static final long SEED = Long.getLong("detangle.hostile.seed", 22);

    /** The names of some readers with commas between them, or nothing for all. */
    private static final String READER = System.getProperty("detangle.hostile.reader", "");

    /** The name of a file, as the list of faults has it, or nothing for all. */
    private static final String FILE = System.getProperty("detangle.hostile.file", "");

    /** What is wrong is clear by then. */
    private static final int MAX_FAULTS = 25;

    /** Files made by hand, of all readers together. */
    private static final int LEAST_BY_HAND = 300;

    /** Fewer mutants of one reader may all be refused by chance. */
    private static final int MANY_MUTANTS = 300;

    /**
     * Of one reader's mutants that are read, and of those that are refused. Where mutants only ever have one of the
     * two fates, they hardly try the reader. Artifacts have the fewest that are read, as each of their bytes is
     * covered by a checksum.
     */
    private static final double LEAST_SHARE = 0.005;

    /** The same for the mutants of all readers together. */
    private static final double LEAST_SHARE_OF_ALL = 0.05;

    /** With fewer, the share of all is chance too. */
    private static final int MANY_OF_ALL = 500;

    private static final AtomicInteger ALL_MUTANTS = new AtomicInteger();

    private static final AtomicInteger ALL_MUTANTS_READ = new AtomicInteger();

    private static final HostileReport REPORT = new HostileReport();

    private static final Path PLACE = Path.of("target", "hostile").toAbsolutePath();

    private static Stream<Arguments> readers() {
        return Readers.all()
                .filter(reader -> READER.isEmpty() || List.of(READER.split(",")).contains(reader.name()))
                .map(reader -> Arguments.of(reader.name(), reader));
    }

    @Test
    void namesAreUnique() {
        assertUnique(Readers.all().map(Reader::name).toList());
        Readers.all()
                .forEach(reader -> assertUnique(Stream.of(reader.good(), reader.madeByHand())
                        .flatMap(Collection::stream)
                        .map(Hostile::name)
                        .toList()));
    }

    @Test
    void thereAreHundredsOfFilesMadeByHand() {
        int byHand =
                Readers.all().mapToInt(reader -> reader.madeByHand().size()).sum();
        assertTrue(byHand >= LEAST_BY_HAND, byHand + " files are made by hand");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("readers")
    @Execution(ExecutionMode.CONCURRENT)
    void everyFileIsReadOrRefused(String name, Reader reader) throws IOException {
        Readers kind = Readers.of(reader);
        int mutants = MUTANTS.equals(NIGHT) ? kind.mutantsOfNight() : Integer.parseInt(MUTANTS);
        List<String> faults = new ArrayList<>();
        int given = 0;
        int mutantsRead = 0;
        long begun = System.nanoTime();
        List<Hostile> madeByHand = reader.madeByHand();
        try (Room room = new Room(reader, PLACE.resolve(name), Room.PATIENCE)) {
            for (int number = -madeByHand.size(); number < mutants && faults.size() < MAX_FAULTS; number++) {
                boolean isMade = number < 0;
                Hostile hostile =
                        isMade ? madeByHand.get(madeByHand.size() + number) : Mutations.mutant(reader, SEED, number);
                if (!FILE.isEmpty() && !hostile.name().equals(FILE)) {
                    continue;
                }
                Room.Result result = room.give(hostile);
                given++;
                mutantsRead += !isMade && result.read() ? 1 : 0;
                REPORT.add(kind, HostileReport.Fate.of(reader, hostile, isMade, result));
                result.faults()
                        .forEach(fault -> faults.add(hostile.name() + " " + fault + " [" + result.folder() + "]"));
            }
        }
        assertTrue(given > 0, name + " has no file '" + FILE + "' among " + mutants + " mutants of seed " + SEED);
        System.out.printf(
                "%s: %d by hand; of %d mutants %d read; %.1f s%n",
                name, madeByHand.size(), mutants, mutantsRead, (System.nanoTime() - begun) / 1e9);
        if (!faults.isEmpty()) {
            fail(faults.stream().collect(Collectors.joining("\n", faults.size() + " faults of " + name + ":\n", "")));
        }
        ALL_MUTANTS.addAndGet(mutants);
        ALL_MUTANTS_READ.addAndGet(mutantsRead);
        if (FILE.isEmpty() && mutants >= MANY_MUTANTS) {
            assertBothFates("mutants of " + name, mutantsRead, mutants, LEAST_SHARE);
        }
    }

    @BeforeAll
    static void forgetReachedLines() throws IOException {
        ReachedLines.begin();
    }

    @AfterAll
    static void printReport() throws IOException, InterruptedException {
        System.out.print(REPORT.text());
        System.out.print(ReachedLines.table());
    }

    @AfterAll
    static void mutantsOfAllReadersHaveBothFates() {
        if (ALL_MUTANTS.get() >= MANY_OF_ALL && FILE.isEmpty() && READER.isEmpty()) {
            assertBothFates("mutants", ALL_MUTANTS_READ.get(), ALL_MUTANTS.get(), LEAST_SHARE_OF_ALL);
        }
    }

    private static void assertBothFates(String what, long read, long all, double leastShare) {
        assertTrue(
                Math.min(read, all - read) >= leastShare * all,
                read + " of " + all + " " + what + " are read, and the others refused");
    }

    private static void assertUnique(List<String> names) {
        Set<String> seen = new HashSet<>();
        assertEquals(List.of(), names.stream().filter(name -> !seen.add(name)).toList(), "names that occur twice");
    }
}
