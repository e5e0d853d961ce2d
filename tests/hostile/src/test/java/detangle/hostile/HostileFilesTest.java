package detangle.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No file that a stranger hands over ends a process, hangs it, or takes more than little of its time and memory; nothing is written, and
 * what comes next is read. Files made by hand and mutants of good ones are given to worker processes. ARCHITECTURE.md has the command for
 * many.
 */
class HostileFilesTest {
    private static final int MUTANTS = Integer.getInteger("detangle.hostile.mutants", 40);

    private static final long SEED = Long.getLong("detangle.hostile.seed", 22);

    /** The name of a reader, or nothing for all. */
    private static final String READER = System.getProperty("detangle.hostile.reader", "");

    /** The name of a file, as the list of faults has it, or nothing for all. */
    private static final String FILE = System.getProperty("detangle.hostile.file", "");

    /** What is wrong is clear by then. */
    private static final int MOST_FAULTS = 25;

    private static final Path PLACE = Path.of("target", "hostile").toAbsolutePath();

    private static Stream<Arguments> readers() {
        return Readers.all()
                .filter(reader -> READER.isEmpty() || reader.name().equals(READER))
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

    @ParameterizedTest(name = "{0}")
    @MethodSource("readers")
    @Execution(ExecutionMode.CONCURRENT)
    void everyFileIsReadOrRefused(String name, Reader reader) throws IOException {
        List<Hostile> files = new ArrayList<>(reader.madeByHand());
        IntStream.range(0, MUTANTS)
                .mapToObj(number -> Mutations.mutant(reader, SEED, number))
                .forEach(files::add);
        files.removeIf(hostile -> !FILE.isEmpty() && !hostile.name().equals(FILE));
        List<String> faults = new ArrayList<>();
        long begun = System.nanoTime();
        int read = 0;
        try (Room room = new Room(reader, PLACE.resolve(reader.name()), Room.PATIENCE)) {
            for (Hostile hostile : files) {
                Room.Result result = room.give(hostile);
                read += result.read() ? 1 : 0;
                result.faults()
                        .forEach(fault -> faults.add(hostile.name() + " " + fault + " [" + result.folder() + "]"));
                if (faults.size() >= MOST_FAULTS) {
                    break;
                }
            }
        }
        System.out.printf(
                "%s: %d by hand, %d in all, %d of them read, %.1f s%n",
                reader.name(), reader.madeByHand().size(), files.size(), read, (System.nanoTime() - begun) / 1e9);
        if (!faults.isEmpty()) {
            fail(faults.stream()
                    .collect(Collectors.joining("\n", faults.size() + " faults of " + reader.name() + ":\n", "")));
        }
    }

    private static void assertUnique(List<String> names) {
        Set<String> seen = new HashSet<>();
        assertEquals(List.of(), names.stream().filter(name -> !seen.add(name)).toList(), "names that occur twice");
    }
}
