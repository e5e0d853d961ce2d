package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A text has the same answer, to its last bit, in the first run of a process, when its kernels have been compiled, and
 * on a JVM that compiles them another way; at one number of threads and one vector width.
 */
class SameBitsTest {
    /** Enough for C2 to compile what the first runs interpret. */
    private static final int RUNS = 600;

    /** Floats in the vector of a text. */
    private static final int SIZE = 192;

    private static final String TEXT = "I still have not got my card, where is it?";

    @TempDir
    private Path folder;

    /** The different vectors that one text has, in so many runs of one process. */
    private Set<ByteBuffer> vectors(int runs, String javaOptions) throws IOException {
        Path texts = folder.resolve(runs + ".txt");
        Path output = folder.resolve(runs + ".npy");
        Files.write(texts, Collections.nCopies(runs, TEXT));
        Result result = DetangleProcess.javaIn(
                folder,
                Map.of("JDK_JAVA_OPTIONS", javaOptions),
                Launch.MODULE_PATH,
                "embed",
                "--model",
                DetangleProcess.HOME
                        .resolve("models/pretrained/banking77-small")
                        .toString(),
                "--file",
                texts.toString(),
                "--batch",
                "1",
                "--threads",
                "1",
                "--output",
                output.toString());
        assertEquals(0, result.status(), result.err());
        byte[] npy = Files.readAllBytes(output);
        int vector = SIZE * Float.BYTES;
        int header = npy.length - runs * vector;
        Set<ByteBuffer> vectors = new HashSet<>();
        for (int run = 0; run < runs; run++) {
            vectors.add(ByteBuffer.wrap(npy, header + run * vector, vector));
        }
        return vectors;
    }

    @Test
    void compiledKernelsGiveTheFirstAnswer() throws IOException {
        Set<ByteBuffer> vectors = vectors(RUNS, "-XX:+UseSerialGC");

        assertEquals(1, vectors.size(), "vectors of one text");
        assertEquals(vectors, vectors(1, "-XX:TieredStopAtLevel=1"));
    }
}
