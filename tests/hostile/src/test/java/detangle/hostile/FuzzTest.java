package detangle.hostile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.testing.FuzzProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Jazzer gives inputs to each reader, if {@code -Ddetangle.fuzz.seconds=600} asks for it in the profile fuzz. */
class FuzzTest {
    /** The name of a reader, or nothing for all. */
    private static final String READER = System.getProperty("detangle.fuzz.reader", "");

    @TempDir
    Path place;

    private static Stream<String> readers() {
        return Readers.all().map(Reader::name).filter(name -> READER.isEmpty() || name.equals(READER));
    }

    @ParameterizedTest
    @MethodSource("readers")
    void whateverIsInAFileItIsReadOrRefused(String name) throws IOException, InterruptedException {
        assumeTrue(FuzzProcess.seconds() > 0, "nobody asks for fuzzing: set detangle.fuzz.seconds");
        Reader reader =
                Readers.all().filter(r -> r.name().equals(name)).findFirst().orElseThrow();
        FuzzProcess.run(
                name,
                ReaderFuzzTarget.class,
                new FuzzInput(reader, place).seeds(),
                List.of(ReaderFuzzTarget.READER + "=" + reader.getClass().getName()));
    }

    /** Each seed is one file of a good folder, which the folder has again afterwards. */
    @Test
    void inputsAreFilesOfGoodFolders() throws IOException {
        Reader reader = new ShardIndexReader();
        FuzzInput input = new FuzzInput(reader, place);
        List<byte[]> seeds = input.seeds();
        assertTrue(seeds.size() > reader.good().size(), seeds.size() + " seeds");
        for (byte[] seed : seeds) {
            byte[] other = Arrays.copyOf(seed, 2);
            input.use(other, folder -> assertEquals(1, empty(folder)));
            input.use(seed, folder -> assertEquals(0, empty(folder)));
            input.use(seed, folder -> Judge.check(reader, folder));
        }
        for (int i = 0; i < seeds.size(); i++) {
            assertArrayEquals(seeds.get(i), input.seeds().get(i));
        }
    }

    private static long empty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toFile().length() == 0).count();
        }
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        Files.writeString(place.resolve("order"), "throw");
        AssertionError error = assertThrows(AssertionError.class, () -> Judge.check(new HarnessTest.Obedient(), place));
        assertTrue(error.getMessage().contains("obedient failed with java.lang.IllegalArgument"), error.getMessage());
    }
}
