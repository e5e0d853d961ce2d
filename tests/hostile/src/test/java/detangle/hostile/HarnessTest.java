package detangle.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.TokenizerException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The harness itself notices each thing that no file may bring about. */
class HarnessTest {
    /** How many mutants of a seed are compared. */
    private static final int MUTANTS = 20;

    @TempDir
    Path place;

    /** Does what its one file says. */
    static final class Obedient implements Reader {
        @Override
        public String name() {
            return "obedient";
        }

        @Override
        public List<Hostile> good() {
            return List.of(told("read"));
        }

        @Override
        public List<Hostile> madeByHand() {
            return List.of();
        }

        @Override
        public void read(Path folder) throws Exception {
            String order = Files.readString(folder.resolve("order"));
            switch (order) {
                case "read" -> {
                    // There is nothing else to do.
                }
                case "refuse" -> throw new TokenizerException(folder.resolve("order"), "it is refused");
                case "refuse without a name" -> throw new TokenizerException(Path.of("somewhere"), "it is refused");
                case "throw" -> throw new IllegalArgumentException("not a typed exception");
                case "hang" -> Thread.sleep(Duration.ofMinutes(5));
                case "exit" -> System.exit(0);
                case "halt" -> Runtime.getRuntime().halt(7);
                case "work" -> work();
                case "allocate" -> allocate();
                case "allocate outside" -> allocateOutside();
                case "recurse" -> System.out.println(depth(0));
                case "write beside" -> Files.writeString(folder.resolveSibling("new"), "x");
                case "write inside" -> Files.writeString(folder.resolve("new"), "x");
                case "change" -> Files.writeString(folder.resolve("order"), "other");
                case "write and remove" -> Files.delete(Files.writeString(folder.resolve("new"), "x"));
                case "write a temporary file" -> Files.createTempFile("detangle", "");
                case "write into the working folder" -> Files.writeString(Path.of("new"), "x");
                case "leave files open" -> leaveOpen(folder.resolve("order"));
                case "print" -> System.out.println("\u001b[31mred");
                case "log" -> System.getLogger("detangle").log(System.Logger.Level.WARNING, "one line\nanother");
                case "answer twice" -> answerToo();
                default -> throw new AssertionError(order);
            }
        }

        /** Held by the class, so that no garbage collector closes them. */
        private static final List<InputStream> OPEN = new ArrayList<>();

        private static void leaveOpen(Path file) throws IOException {
            for (int i = 0; i < 50; i++) {
                OPEN.add(Files.newInputStream(file));
            }
        }

        private static void work() {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            while (threads.getCurrentThreadCpuTime() < Duration.ofMillis(1500).toNanos()) {
                Thread.onSpinWait();
            }
        }

        private static void allocate() {
            byte[][] blocks = new byte[200][];
            Arrays.setAll(blocks, i -> new byte[1 << 20]);
            System.out.println(blocks.length);
        }

        private static void allocateOutside() throws InterruptedException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment block = arena.allocate(200L << 20);
                block.fill((byte) 1);
                Thread.sleep(Duration.ofMillis(100));
            }
        }

        private static int depth(int depth) {
            return depth + depth(depth + 1);
        }

        /** As native code could. */
        private static void answerToo() throws IOException {
            try (FileOutputStream out = new FileOutputStream("/proc/self/fd/1")) {
                out.write("another line\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private static Hostile told(String order) {
        return new Hostile(order, FolderWriter.file("order", order), "");
    }

    @Test
    void whatIsReadOrRefusedIsFine() throws IOException {
        assertEquals("", faults(told("read")));
        assertEquals("", faults(told("refuse")));
        assertEquals("", faults(new Hostile("refuse", FolderWriter.file("order", "refuse"), "it is refused")));
    }

    @Test
    void theMessageMustBeWhatIsExpected() throws IOException {
        assertTrue(faults(new Hostile("n", FolderWriter.file("order", "refuse"), "too long"))
                .contains("was refused, but not with 'too long'"));
        assertTrue(faults(new Hostile("n", FolderWriter.file("order", "read"), "too long"))
                .contains("was read"));
        assertTrue(faults(told("refuse without a name")).contains("names no file"));
    }

    @Test
    void endsAreNoticed() throws IOException {
        assertTrue(faults(told("throw")).contains("failed with java.lang.IllegalArgumentException"));
        assertTrue(faults(told("recurse")).contains("failed with java.lang.StackOverflowError"));
        assertTrue(faults(told("allocate")).contains("failed with java.lang.OutOfMemoryError"));
        assertTrue(faults(told("exit")).contains("ended its process with status 0"));
        assertTrue(faults(told("halt")).contains("ended its process with status 7"));
        assertTrue(faults(told("hang"), Duration.ofSeconds(2)).contains("said nothing for 2 s"));
    }

    @Test
    void timeIsMeasured() throws IOException {
        assertTrue(faults(told("work")).contains("ms of processor time"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryOutsideOfTheHeapIsMeasured() throws IOException {
        assertTrue(faults(told("allocate outside")).contains("MB outside of the heap"));
    }

    @Test
    void whatIsWrittenIsNoticed() throws IOException {
        assertTrue(faults(told("write beside")).contains("changed new"));
        assertTrue(faults(told("write inside")).contains("/new"));
        assertTrue(faults(told("change")).contains("/order"));
        assertTrue(faults(told("write and remove")).contains("changed obedient-"));
        assertTrue(faults(told("write a temporary file")).contains("left detangle"));
        assertTrue(faults(told("write into the working folder")).contains("left new"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatIsLeftOpenIsNoticed() throws IOException {
        assertTrue(faults(told("leave files open")).contains("have left 50 files"));
    }

    @Test
    void whatIsSaidIsLookedAt() throws IOException {
        assertTrue(faults(told("print")).contains("printed what is not clean"));
        assertTrue(faults(told("log")).contains("printed what is not clean"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void anotherLineIsNotAnAnswer() throws IOException {
        assertTrue(faults(told("answer twice")).contains("made its process say"));
    }

    /** After each fault the next file is read, by another process if need be. */
    @Test
    void theNextFileIsRead() throws IOException {
        try (Room room = new Room(new Obedient(), place.resolve("room"), Duration.ofSeconds(5))) {
            for (String order : List.of("exit", "hang", "allocate")) {
                assertEquals(1, room.give(told(order)).faults().size());
                assertEquals(List.of(), room.give(told("read")).faults());
            }
        }
    }

    @Test
    void mutantsAreTheSameForASeed() throws IOException {
        List<Optional<String>> mutants = mutants("one", 1);
        assertEquals(mutants, mutants("two", 1));
        assertNotEquals(mutants, mutants("three", 2));
        assertTrue(Set.copyOf(mutants).size() > MUTANTS / 4, mutants.toString());
    }

    private List<Optional<String>> mutants(String folder, long seed) throws IOException {
        List<Optional<String>> mutants = new ArrayList<>();
        for (int number = 0; number < MUTANTS; number++) {
            mutants.add(mutant(folder + "-" + number, seed, number));
        }
        return mutants;
    }

    /** What a mutant has in the place of the file of the only good folder; nothing where there is no file any more. */
    private Optional<String> mutant(String folder, long seed, int number) throws IOException {
        Path written = Files.createDirectory(place.resolve(folder));
        Mutations.mutant(new Obedient(), seed, number).files().write(written);
        Path order = written.resolve("order");
        return Files.isRegularFile(order)
                ? Optional.of(Files.readString(order, StandardCharsets.ISO_8859_1))
                : Optional.empty();
    }

    private String faults(Hostile hostile) throws IOException {
        return faults(hostile, Room.PATIENCE);
    }

    private String faults(Hostile hostile, Duration patience) throws IOException {
        try (Room room = new Room(new Obedient(), place.resolve("room"), patience)) {
            return String.join("\n", room.give(hostile).faults());
        }
    }
}
