package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Options of half precision scale the loss and say that the arithmetic is in single precision. */
class TrainPrecisionTest extends TrainCommandCase {
    private static final String KNOWN = "text,label\nthe sky is blue,a\nmy shirt is red,b\nthe sea,a\na rose,c\n";

    private static final String STEPS = "--max-steps=3";

    private Path rows;

    @BeforeEach
    void makeRows() throws IOException {
        rows = file("rows.csv", KNOWN);
    }

    /** Trains into a folder of its own, and returns its weights. */
    private byte[] trained(String name, String... more) throws IOException {
        output = folder.resolve(name);
        List<String> all = new ArrayList<>(List.of("--learning-rate=0.01", "--logging-steps=1"));
        all.addAll(List.of(more));
        assertEquals(0, train(rows, all.toArray(String[]::new)), err.toString());
        return Files.readAllBytes(output.resolve("model.safetensors"));
    }

    private JsonNode state() {
        return json(output.resolve("trainer_state.json"));
    }

    @Test
    void aScaleThatFitsChangesNoBit() throws IOException {
        byte[] plain = trained("plain", STEPS);
        assertFalse(err.toString().contains("single precision"), err.toString());
        assertArrayEquals(plain, trained("half", STEPS, "--fp16"));
        assertTrue(
                err.toString().contains("--fp16: training is computed in single precision, as no backend trains in 16"),
                err.toString());
        assertArrayEquals(plain, trained("brain", STEPS, "--bf16", "true", "--fp16_full_eval", "false"));
        assertTrue(err.toString().contains("--bf16: training is computed in single precision"), err.toString());
    }

    /** With a scale of 65536 the squares of such gradients are infinite, and with a smaller one they are not. */
    @Test
    void gradientsThatOverflow() throws IOException {
        TinyModel.set(model, "classifier.weight", 0, 1e15f);
        byte[] before = Files.readAllBytes(model.resolve("model.safetensors"));
        trained("skipped", "--fp16", "--max-steps=1");
        byte[] skipped = Files.readAllBytes(output.resolve("model.safetensors"));
        assertArrayEquals(tail(before), tail(skipped), "an update that overflows changes nothing");
        assertTrue(state().get("log_history").get(0).get("grad_norm").isNull(), state().toString());
        byte[] plain = trained("plain", STEPS, "--recipe=microsoft", "--warmup-ratio=0");
        assertArrayEquals(plain, trained("repeated", STEPS, "--recipe=microsoft", "--warmup-ratio=0", "--fp16"));
        assertTrue(state().get("log_history").get(0).get("grad_norm").asDouble() > 1e14, state().toString());
    }

    /** Returns the end of a file, which has no header. */
    private static byte[] tail(byte[] file) {
        return Arrays.copyOfRange(file, file.length - 100_000, file.length);
    }

    @Test
    void whatCannotBeDoneIsRefused() {
        assertTrue(fault(rows, "--fp16", "--bf16").contains("--fp16 and --bf16 exclude each other"));
        assertTrue(
                fault(rows, "--fp16-full-eval").contains("measure 16-bit weights by detangle evaluate --weight-type"));
    }
}
