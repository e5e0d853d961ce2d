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
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares all fixtures, run by the command {@code run}, with outputs that the two original codes computed in double
 * precision. One of them is run in processes of their own, and the others inside of the tests' process.
 */
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
        check(DetangleProcess::here, fixture, false, "--backend", "vector");
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void matchesOnReference(Fixture fixture) {
        check(DetangleProcess::here, fixture, false, "--backend", "reference");
    }

    @ParameterizedTest
    @MethodSource("microsoft")
    void matchesTheOriginalCode(Fixture fixture) {
        check(DetangleProcess::here, fixture, true, "--convention", "microsoft");
    }

    @Test
    void processesOfTheirOwnMatchToo() {
        Fixture fixture = Fixture.named("v3-encoder");
        check(GoldenTest::inAProcess, fixture, false, "--backend", "vector");
        check(GoldenTest::inAProcess, fixture, false, "--backend", "reference");
        check(GoldenTest::inAProcess, microsoft().findFirst().orElseThrow(), true, "--convention", "microsoft");
    }

    private static Result inAProcess(String... arguments) {
        return DetangleProcess.java(Launch.MODULE_PATH, arguments);
    }

    private void check(Function<String[], Result> run, Fixture fixture, boolean microsoft, String... options) {
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

        Result result = run.apply(arguments.toArray(String[]::new));

        assertEquals(0, result.status(), result.err());
        try (Weights actual = Weights.open(output)) {
            Map<String, Tensor> outputs = new HashMap<>();
            actual.names().forEach(name -> outputs.put(name, actual.get(name)));
            assertTrue(fixture.compare(outputs, microsoft, 1) > 0, "nothing was compared");
        }
    }
}
