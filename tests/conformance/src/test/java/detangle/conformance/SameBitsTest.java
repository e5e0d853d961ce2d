package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A text has the same answer, to its last bit, in the first run of a process, when its kernels have been compiled, and on a JVM that
 * compiles them another way; at one number of threads and one vector width.
 */
class SameBitsTest {
    /** Enough for C2 to compile what the first runs interpret. */
    private static final int RUNS = 600;

    private static final String TEXT = "I still have not got my card, where is it?";

    @TempDir
    private Path folder;

    @BeforeEach
    void writeTexts() throws IOException {
        Files.write(folder.resolve("one.txt"), List.of(TEXT));
        Files.write(folder.resolve("many.txt"), Collections.nCopies(RUNS, TEXT));
    }

    /** How often each answer was given, one run for each text. */
    private Map<String, Integer> answers(String texts, String javaOptions) {
        Result result = DetangleProcess.javaIn(
                folder,
                Map.of("JDK_JAVA_OPTIONS", javaOptions),
                Launch.MODULE_PATH,
                "classify",
                "--model",
                DetangleProcess.HOME
                        .resolve("models/pretrained/banking77-small")
                        .toString(),
                "--file",
                texts,
                "--batch",
                "1",
                "--threads",
                "1",
                "--top-k",
                "5",
                "--format",
                "jsonl");
        assertEquals(0, result.status(), result.err());
        Map<String, Integer> answers = new HashMap<>();
        result.out().lines().forEach(line -> answers.merge(line, 1, Integer::sum));
        return answers;
    }

    @Test
    void compiledKernelsGiveTheFirstAnswer() {
        Map<String, Integer> answers = answers("many.txt", "-XX:+UseSerialGC");

        assertEquals(1, answers.size(), answers.toString());
        assertEquals(
                answers.keySet(), answers("one.txt", "-XX:TieredStopAtLevel=1").keySet());
    }
}
