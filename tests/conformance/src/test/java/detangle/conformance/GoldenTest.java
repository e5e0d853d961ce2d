package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Launch;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All fixtures, as a user runs them, against outputs that the two original codes computed in double precision. */
class GoldenTest {
    @TempDir
    Path folder;

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    static Stream<Fixture> microsoft() {
        return Fixture.all().filter(Fixture::hasMicrosoftOutputs);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void matchesOnVector(Fixture fixture) {
        check(fixture, false, "--backend", "vector");
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void matchesOnReference(Fixture fixture) {
        check(fixture, false, "--backend", "reference");
    }

    @ParameterizedTest
    @MethodSource("microsoft")
    void matchesTheOriginalCode(Fixture fixture) {
        check(fixture, true, "--convention", "microsoft");
    }

    private void check(Fixture fixture, boolean microsoft, String... options) {
        Path output = folder.resolve("out.safetensors");
        List<String> arguments = new ArrayList<>(List.of(
                "run",
                fixture.folder().toString(),
                "--inputs",
                fixture.inputs().toString(),
                "--output",
                output.toString()));
        if (!fixture.config().architecture().equals(Optional.of(fixture.head()))) {
            arguments.addAll(List.of("--head", fixture.head().text()));
        }
        arguments.addAll(List.of(options));

        Result result = DetangleProcess.java(Launch.MODULE_PATH, arguments.toArray(String[]::new));

        assertEquals(0, result.status(), result.err());
        try (Weights actual = Weights.open(output)) {
            Map<String, Tensor> outputs = new HashMap<>();
            actual.names().forEach(name -> outputs.put(name, actual.get(name)));
            assertTrue(fixture.compare(outputs, microsoft, 1) > 0, "nothing was compared");
        }
    }
}
