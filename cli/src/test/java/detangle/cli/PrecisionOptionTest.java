package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class PrecisionOptionTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int classify(String precision) {
        return Main.run(
                new PrintWriter(out),
                new PrintWriter(err),
                "classify",
                "--model",
                TinyModel.SHIPPED.toString(),
                "--precision",
                precision,
                "Where is my card?");
    }

    /** On a machine with a matrix unit it takes bf16, and says so too. */
    @Test
    void autoSaysWhatItTook() {
        assertEquals(0, classify("auto"), err.toString());
        String said = err.toString();
        assertTrue(said.startsWith("precision: fp32 (no AMX: ") || said.startsWith("precision: bf16 (AMX, "), said);
        assertTrue(out.toString().startsWith("card_arrival"), out.toString());
    }

    @Test
    void anUnknownNameIsRefused() {
        assertEquals(2, classify("bf17"));
        assertTrue(
                err.toString().contains("there is no precision 'bf17': choose one of fp32, tf32, fp16, bf16, auto"),
                err.toString());
    }

    @Test
    void benchTakesAutoForOneBackend() {
        assertEquals(
                2,
                Main.run(
                        new PrintWriter(out),
                        new PrintWriter(err),
                        "bench",
                        TinyModel.SHIPPED.toString(),
                        "--backend",
                        "vector,reference",
                        "--precision",
                        "fp32,auto"));
        assertTrue(
                err.toString().contains("--precision auto is that of one backend: name the precisions of several"),
                err.toString());
    }
}
