package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The first answer of a command comes without vectors, which take a second to be compiled; more answers use them. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class FirstAnswerTest {
    private static final int MANY = 300;

    @TempDir
    private Path folder;

    /** The classes that a command loads on a machine that nothing has been measured on. */
    private String classes(String arguments) throws IOException {
        Result result = DetangleProcess.bash(
                folder,
                "DETANGLE_JAVA_OPTS='-Ddetangle.cache=measured -Xlog:class+load:file=classes' '" + DetangleProcess.HOME
                        + "/detangle' classify " + arguments);
        assertEquals(0, result.status(), result.err());
        assertEquals("card_arrival (0.93)", result.out().lines().findFirst().orElseThrow());
        return Files.readString(folder.resolve("classes"));
    }

    @Test
    void oneAnswerCompilesNoVectors() throws IOException {
        String classes = classes("'Where is my card?'");
        assertTrue(classes.contains("detangle.backend.vector.kernel.FloatTile"));
        assertFalse(classes.contains("detangle.backend.vector.kernel.CompiledTile"));
    }

    @Test
    void aSecondAnswerDoes() throws IOException {
        Files.write(folder.resolve("texts.txt"), Collections.nCopies(MANY, "Where is my card?"));
        assertTrue(classes("--batch 1 --file texts.txt").contains("detangle.backend.vector.kernel.CompiledTile"));
    }
}
