package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompileCommandTest {
    @TempDir
    private static Path folder;

    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void writeModel() throws IOException {
        TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("yes", "no"));
    }

    private byte[] compiled(String... options) throws IOException {
        Path file = folder.resolve("model.dtl");
        String[] all = new String[options.length + 4];
        System.arraycopy(
                new String[] {"compile", folder.resolve("model").toString(), "-o", file.toString()}, 0, all, 0, 4);
        System.arraycopy(options, 0, all, 4, options.length);
        assertEquals(0, Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), all), err.toString());
        return Files.readAllBytes(file);
    }

    @Test
    void anOldSpellingOfTheTypeIsReadWithAWarning() throws IOException {
        byte[] file = compiled("--weight-type", "bf16");
        assertEquals(1, err.toString().lines().count(), err.toString());

        assertArrayEquals(file, compiled("--weights", "bf16"));
        assertTrue(
                err.toString().contains("detangle: --weights bf16 is the old spelling of --weight-type bf16\n"),
                err.toString());
    }

    @Test
    void weightsAreReadFromTheFileThatIsNamed() throws IOException {
        byte[] own = compiled();
        Path other = Files.copy(folder.resolve("model/model.safetensors"), folder.resolve("other.safetensors"));

        assertArrayEquals(own, compiled("--weights", other.toString()));
        assertEquals(2, err.toString().lines().count(), err.toString());
    }
}
