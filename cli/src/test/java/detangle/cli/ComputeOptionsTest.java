package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the options of all commands of pipelines do to answers. */
class ComputeOptionsTest {
    private static final String LONG = "card ".repeat(200);

    @TempDir
    private static Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void writeModel() throws IOException {
        TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("yes", "no"));
    }

    private int classify(String... options) {
        String[] line = new String[options.length + 5];
        System.arraycopy(
                new String[] {
                    "classify",
                    "--format",
                    "json",
                    "--model",
                    folder.resolve("model").toString()
                },
                0,
                line,
                0,
                5);
        System.arraycopy(options, 0, line, 5, options.length);
        out.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), line);
    }

    @Test
    void theStrategySaysWhichTextOfAPairIsCut() {
        assertEquals(0, classify("--truncation", "--text-pair", LONG, "short"), err.toString());
        String longestFirst = out.toString();

        assertEquals(0, classify("--truncation=only_second", "--text-pair", LONG, "short"), err.toString());
        assertEquals(longestFirst, out.toString());

        err.getBuffer().setLength(0);
        assertEquals(1, classify("--truncation=only_first", "--text-pair", LONG, "short"));
        assertEquals(1, err.toString().lines().count(), err.toString());
    }

    @Test
    void theTypeOfWeightsRoundsThem() {
        assertEquals(0, classify("Where is my card?"), err.toString());
        String stored = out.toString();

        assertEquals(0, classify("--weight-type", "fp32", "Where is my card?"), err.toString());
        assertEquals(stored, out.toString());
        assertEquals(0, classify("--weight-type", "bf16", "Where is my card?"), err.toString());
        assertNotEquals(stored, out.toString());
        assertTrue(out.toString().contains("\"score\""), out.toString());
    }
}
