package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be written is never lost in silence, whichever command writes it. */
class OutputTest {
    private static final Path FULL = Path.of("/dev/full");
    private static final String MODEL = TinyModel.SHIPPED.toString();

    @TempDir
    private Path folder;

    /** A command of each kind that prints, in each way in which it prints. */
    static Stream<List<String>> commands() {
        return Stream.of(
                List.of("--help"),
                List.of("--version"),
                List.of("classify", "--help"),
                List.of("help", "classify"),
                List.of("completion", "bash"),
                List.of("classify", "Where is my card?"),
                List.of("classify", "Where is my card?", "--format", "json"),
                List.of("classify", "Where is my card?", "--format", "jsonl"),
                List.of("classify", "Where is my card?", "--format", "csv"),
                List.of("feature-extraction", "Where is my card?"),
                List.of("tokenize", MODEL, "Where is my card?"),
                List.of("tokenize", MODEL, "Where is my card?", "--format", "jsonl"),
                List.of("inspect", MODEL),
                List.of("dump-ir", MODEL),
                List.of("devices"));
    }

    private record Ended(int status, String err) {}

    private static Ended run(OutputStream stream, List<String> arguments) {
        StringWriter err = new StringWriter();
        int status = Main.run(
                CheckedWriter.printer("standard output", stream),
                new PrintWriter(err),
                arguments.toArray(String[]::new));
        return new Ended(status, err.toString());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aFullDiskIsOneLine(List<String> arguments) throws IOException {
        Assumptions.assumeTrue(Files.exists(FULL), "this system has no /dev/full");
        try (OutputStream full = new FileOutputStream(FULL.toFile())) {
            Ended ended = run(full, arguments);
            assertEquals(1, ended.status(), ended.err());
            assertEquals(1, ended.err().lines().count(), ended.err());
            assertTrue(ended.err().startsWith("detangle: standard output cannot be written: "), ended.err());
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aReaderThatHasGoneEndsTheRunQuietly(List<String> arguments) throws IOException {
        Pipe pipe = Pipe.open();
        pipe.source().close();
        try (OutputStream gone = Channels.newOutputStream(pipe.sink())) {
            assertEquals(new Ended(141, ""), run(gone, arguments));
        }
    }

    @Test
    void whatIsNoFileIsNotReplacedByOne() throws IOException {
        Assumptions.assumeTrue(Files.exists(FULL), "this system has no /dev/full");
        for (List<String> arguments : List.of(
                List.of("export", MODEL, "-o", FULL.toString()),
                List.of("run", MODEL, "--inputs", cases().toString(), "--output", FULL.toString()))) {
            Ended ended = run(OutputStream.nullOutputStream(), arguments);
            assertEquals(1, ended.status(), ended.err());
            assertTrue(ended.err().startsWith("detangle: " + FULL), ended.err());
            assertTrue(ended.err().contains("cannot be written: "), ended.err());
            assertEquals(1, ended.err().lines().count(), ended.err());
        }
        assertTrue(!Files.isRegularFile(FULL, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void aFileBehindALinkIsReplacedAndTheLinkStays() throws IOException {
        Path behind = Files.writeString(folder.resolve("behind.safetensors"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), behind);
        Ended ended = run(
                OutputStream.nullOutputStream(),
                List.of("run", MODEL, "--inputs", cases().toString(), "--output", link.toString()));
        assertEquals(0, ended.status(), ended.err());
        assertTrue(Files.isSymbolicLink(link));
        assertTrue(Files.size(behind) > 100);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(3, files.count());
        }
    }

    private Path cases() throws IOException {
        return Files.writeString(
                folder.resolve("cases.json"), "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[1,5,2]]}]}");
    }

    @Test
    void theFileThatIsReadIsNeverWritten() throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("a.csv"), "text\nok\n");
        Path hard = Files.createLink(folder.resolve("hard.csv"), file);
        Path soft = Files.createSymbolicLink(folder.resolve("soft.csv"), file);
        for (Path other : List.of(file, hard, soft, folder.resolve("../" + folder.getFileName() + "/a.csv"))) {
            Ended ended = run(
                    OutputStream.nullOutputStream(),
                    List.of("tokenize", MODEL, "--file", file.toString(), "-o", other.toString()));
            assertEquals(2, ended.status(), ended.err());
            assertTrue(ended.err().contains("--output is the file that is read: name another"), ended.err());
        }
        assertEquals("text\nok\n", Files.readString(file));
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no named pipes among its files")
    void whatCannotBeWrittenIsToldAndNothingIsLost() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe.npy");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        Path loop = Files.createSymbolicLink(folder.resolve("loop.csv"), folder.resolve("loop.csv"));
        Path folders = Files.createDirectory(folder.resolve("folder.csv"));
        for (List<String> arguments : List.of(
                List.of("feature-extraction", "ok", "--model", MODEL, "-o", pipe.toString()),
                List.of("tokenize", MODEL, "ok", "-o", loop.toString()),
                List.of("tokenize", MODEL, "ok", "-o", folders.toString()))) {
            Ended ended = run(OutputStream.nullOutputStream(), arguments);
            assertEquals(1, ended.status(), ended.err());
            assertEquals(1, ended.err().lines().count(), ended.err());
            assertTrue(
                    ended.err().startsWith("detangle: " + arguments.getLast() + " cannot be written: "), ended.err());
        }
    }
}
