package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerTest {
    @TempDir
    Path folder;

    private String fault(String body) throws IOException {
        Path program = folder.resolve("Program.java");
        Files.writeString(program, "void main() throws Exception { " + body + " }");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        BenchException e =
                assertThrows(BenchException.class, () -> new Worker("peer", List.of(java, program.toString())));
        return e.getMessage();
    }

    @Test
    void aProcessThatEndsSaysWhy() throws IOException {
        assertEquals(
                "peer ended unexpectedly: Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space",
                fault("throw new OutOfMemoryError(\"Java heap space\");"));
    }

    @Test
    void aProcessThatSaysNothingMayHaveRunOutOfMemory() throws IOException {
        assertEquals("peer ended unexpectedly; it may have run out of memory", fault("System.exit(1);"));
    }

    /** What a process prints must not fill a pipe that nobody reads. */
    @Test
    void aProcessThatSaysMuchIsNotHeldUp() throws IOException {
        assertEquals(
                "peer: it is broken",
                fault("for (int i = 0; i < 20_000; i++) { System.err.println(\"a warning\"); }"
                        + " System.out.println(\"error it is broken\");"));
    }
}
