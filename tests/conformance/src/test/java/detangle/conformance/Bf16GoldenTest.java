package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.conformance.DetangleProcess.Result;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bounds what products in bfloat16 change in each fixture, on any machine: the tiles in Java give the bits of a matrix
 * unit. docs/NUMERICS.md has the numbers.
 */
class Bf16GoldenTest {
    /** The largest error of hidden states, as squares of errors by squares of the original code's numbers. */
    private static final double HIDDEN_STATES = 4e-5;

    /** The same of logits. */
    private static final double LOGITS = 2e-4;

    @TempDir
    Path folder;

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    @AfterEach
    void computesInFp32Again() {
        System.clearProperty(ComputePrecision.EMULATION);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void errorsAreBounded(Fixture fixture) {
        Path output = folder.resolve("out.safetensors");
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                fixture.folder().toString(),
                "--inputs",
                fixture.inputs().toString(),
                "--output",
                output.toString(),
                "--precision",
                "bf16",
                "--emulate"));
        if (!fixture.config().architecture().equals(Optional.of(fixture.head()))) {
            arguments.addAll(List.of("--head", fixture.head().text()));
        }

        Result result = DetangleProcess.here(arguments.toArray(String[]::new));

        assertEquals(0, result.status(), result.err());
        try (Weights actual = Weights.open(output)) {
            Map<String, Tensor> outputs = new HashMap<>();
            actual.names().forEach(name -> outputs.put(name, actual.get(name)));
            double states = fixture.nmse(outputs, "hidden_states.");
            double logits = fixture.nmse(outputs, "logits");
            assertTrue(states > 0, "hidden states are those of fp32");
            assertTrue(states <= HIDDEN_STATES, states + " of hidden states");
            assertTrue(logits <= LOGITS, logits + " of logits");
        }
    }
}
