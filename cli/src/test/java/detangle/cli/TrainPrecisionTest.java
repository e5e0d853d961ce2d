package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.ir.Tensor;
import detangle.runtime.Backends;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** {@code --fp16} scales the loss and computes in single precision; {@code --bf16} computes products in bf16. */
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
                err.toString().contains("--fp16: training is computed in single precision, as no backend trains in fp"),
                err.toString());
    }

    @AfterEach
    void computesInFp32Again() {
        System.clearProperty(ComputePrecision.EMULATION);
    }

    private double loss() {
        return state().get("log_history").get(2).get("loss").asDouble();
    }

    /** On a machine with a matrix unit that computes, and elsewhere Java does: the bits are the same. */
    @Test
    void bf16IsNearFp32() throws IOException {
        trained("plain", STEPS);
        double expected = loss();
        byte[] brain = trained("brain", STEPS, "--bf16", "true", "--fp16_full_eval", "false", "--emulate");
        assertTrue(err.toString().contains("products are in bf16; weights, sums and updates are in"), err.toString());
        assertEquals(expected, loss(), 0.01 * expected);
        assertNotEquals(expected, loss());
        assertArrayEquals(brain, trained("named", STEPS, "--precision=bf16", "--emulate"));
    }

    @Test
    void whatWasInterruptedGoesOnInBf16() throws IOException {
        List<String> saves = List.of("--precision=bf16", "--emulate", "--save-steps=2", "--save-strategy=steps");
        String[] options = saves.toArray(String[]::new);
        byte[] whole = trained("whole", with(options, "--max-steps=4"));
        Path checkpoint = output.resolve("checkpoint-2");
        assertArrayEquals(
                whole, trained("resumed", with(options, "--max-steps=4", "--resume-from-checkpoint=" + checkpoint)));
        output = folder.resolve("other");
        String fault = fault(rows, "--learning-rate=0.01", "--max-steps=4", "--resume-from-checkpoint=" + checkpoint);
        assertTrue(fault.contains("precision"), fault);
    }

    private static String[] with(String[] options, String... more) {
        return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
    }

    @Test
    void withoutAMatrixUnitBf16IsRefusedBeforeAnythingIsWritten() {
        assumeFalse(
                Backends.device(Optional.of("vector"), Set.of()).fastestPrecision() == ComputePrecision.BF16,
                "this machine has a matrix unit");
        assertTrue(fault(rows, "--bf16").startsWith("detangle: vector cannot compute in bf16, as there is no matrix"));
        assertFalse(Files.exists(output));
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
    void twoPrecisionsAreRefused() {
        for (String other : List.of("fp32", "fp16", "auto")) {
            String fault = fault(rows, "--bf16", "--emulate", "--precision=" + other);
            assertTrue(fault.contains("--bf16 and --precision " + other + " exclude each other"), fault);
            assertFalse(err.toString().contains("precision: "), err.toString());
        }
        assertFalse(Files.exists(output));
    }

    /** The rows are not there, so that the refusal comes before they are read. */
    @Test
    void aPrecisionThatNothingTrainsInIsRefusedBeforeRowsAreRead() {
        String fault = fault(folder.resolve("missing.csv"), "--precision=fp16");
        assertTrue(fault.contains("no backend trains in fp16: leave --precision fp16 out"), fault);
    }

    /** A device that leaves some operations to a host. */
    private record Partial(Device host) implements Device {
        @Override
        public String name() {
            return "cuda:0";
        }

        @Override
        public String description() {
            return "a device";
        }

        @Override
        public Variables variables(Map<String, Tensor> values) {
            return host.variables(values);
        }

        @Override
        public Executable load(Plan plan, Variables variables) {
            return host.load(plan, variables);
        }

        @Override
        public Optional<Peaks> measurePeaks() {
            return Optional.empty();
        }
    }

    @Test
    void aDeviceBesideTheCpuDoesNotTrainInBf16() {
        Device host = Backends.device(Optional.of("vector"), Set.of());
        System.setProperty(ComputePrecision.EMULATION, "true");
        Device cpu = host.withPrecision(ComputePrecision.BF16);
        assertEquals(Optional.empty(), PrecisionArguments.refusal(cpu, ComputePrecision.BF16));
        assertEquals(Optional.empty(), PrecisionArguments.refusal(new Partial(host), ComputePrecision.TF32));
        assertEquals(
                Optional.of("cuda:0 does not train in bf16: leave --bf16 or --precision bf16 out, or train on the CPU"),
                PrecisionArguments.refusal(new Partial(host), ComputePrecision.BF16));
    }

    @Test
    void whatCannotBeDoneIsRefused() {
        assertTrue(fault(rows, "--fp16", "--precision=bf16", "--emulate")
                .contains("--fp16 scales the loss of training in single precision: leave it or bf16 out"));
        assertTrue(fault(rows, "--fp16", "--bf16").contains("--fp16 and --bf16 exclude each other"));
        assertTrue(
                fault(rows, "--fp16-full-eval").contains("measure 16-bit weights by detangle evaluate --weight-type"));
    }
}
