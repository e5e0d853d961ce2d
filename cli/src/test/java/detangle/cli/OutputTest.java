package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.TinyModel;
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
}
