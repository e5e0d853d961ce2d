package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import detangle.conformance.DetangleProcess.Launch;
import detangle.conformance.DetangleProcess.Result;
import detangle.ir.Tensor;
import detangle.peer.djl.DjlModel;
import detangle.peer.onnxruntime.OrtModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fixture, exported by the command line, gives its numbers in ONNX Runtime and in PyTorch. */
class ExportTest {
    @TempDir
    Path folder;

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void givesTheNumbersOfTheFixtureInOnnxRuntime(Fixture fixture) throws OrtException {
        checkOnnx(fixture, false);
    }

    @Test
    void alsoWithItsDataBesideIt() throws OrtException {
        checkOnnx(Fixture.named("v3-encoder"), true, "--external-data");
        assertTrue(Files.exists(folder.resolve("model.data")));
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void givesTheNumbersOfTheFixtureInPyTorch(Fixture fixture) throws Exception {
        Path file = export(fixture, false, "--format", "torchscript");
        Map<String, Tensor> outputs = new HashMap<>();
        try (DjlModel model = DjlModel.load(file, 1)) {
            for (Fixture.Case c : fixture.cases()) {
                List<Tensor> inputs = Stream.of("input_ids", "attention_mask", "token_type_ids")
                        .filter(c.inputs()::containsKey)
                        .map(c.inputs()::get)
                        .toList();
                model.run(inputs).forEach((key, tensor) -> outputs.put(c.name() + "." + key, tensor));
            }
        }
        assertTrue(fixture.compareOutputs(outputs, 1) > 0, "nothing was compared");
    }

    private void checkOnnx(Fixture fixture, boolean isProcess, String... options) throws OrtException {
        Path file = export(fixture, isProcess, options);
        Map<String, Tensor> outputs = new HashMap<>();
        try (OrtModel model = OrtModel.load(file, 1)) {
            for (Fixture.Case c : fixture.cases()) {
                model.run(c.inputs()).forEach((key, tensor) -> outputs.put(c.name() + "." + key, tensor));
            }
        }
        assertTrue(fixture.compareOutputs(outputs, 1) > 0, "nothing was compared");
    }

    /**
     * Exports a fixture.
     *
     * @param isProcess whether by a process of its own
     */
    private Path export(Fixture fixture, boolean isProcess, String... options) {
        Path file = folder.resolve("model");
        List<String> arguments = new ArrayList<>(
                List.of("export", fixture.folder().toString(), "--hidden-states", "-o", file.toString()));
        if (!fixture.config().architecture().equals(Optional.of(fixture.head()))) {
            arguments.addAll(List.of("--head", fixture.head().text()));
        }
        arguments.addAll(List.of(options));
        Result result = isProcess
                ? DetangleProcess.java(Launch.MODULE_PATH, arguments.toArray(String[]::new))
                : DetangleProcess.here(arguments.toArray(String[]::new));
        assertEquals(0, result.status(), result.err());
        return file;
    }
}
