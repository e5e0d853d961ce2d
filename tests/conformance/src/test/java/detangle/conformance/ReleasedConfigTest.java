package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.runtime.MemoryEstimate;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The true sizes of the released models: built, inferred, compiled and planned without weights. */
class ReleasedConfigTest {
    static Stream<Path> folders() throws IOException {
        try (Stream<Path> folders = Files.list(SharedFiles.require("configs"))) {
            return folders.filter(Files::isDirectory).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void isPlanned(Path folder) {
        DebertaConfig config = DebertaConfig.read(folder);
        for (Architecture head : Architecture.values()) {
            MemoryEstimate one = MemoryEstimate.of(config, head, head.convention(), 1, 512);
            MemoryEstimate many = MemoryEstimate.of(config, head, head.convention(), 4096, 512);
            long table = (long) config.vocabSize() * config.embeddingSize();
            assertTrue(one.parameters() > table, head + ": " + one);
            assertTrue(one.positionBytes() > 0, head + ": " + one);
            assertTrue(one.activationBytes() > 0 && one.activationBytes() < 2L << 30, head + ": " + one);
            // Beyond what an int counts, and right: all of it grows with the batch but what is constant.
            assertTrue(many.largestArena() > Integer.MAX_VALUE, head + ": " + many);
            assertTrue(many.activationBytes() > 4000L * one.activationBytes(), head + ": " + one + " " + many);
        }
    }
}
