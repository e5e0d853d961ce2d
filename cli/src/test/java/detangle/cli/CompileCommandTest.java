package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    private int run(Object... arguments) {
        String[] all = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
        return Main.run(new PrintWriter(new StringWriter()), new PrintWriter(err, true), all);
    }

    /** The conventions differ at distances of 48 or more in this model. */
    @Test
    void commandsFollowTheConventionThatAnArtifactWasCompiledFor() throws IOException {
        Path model = folder.resolve("model");
        compiled("--convention", "microsoft");
        Path artifact = folder.resolve("model.dtl");
        String ids = IntStream.range(0, 60).mapToObj(i -> "" + (7 + 61 * i)).collect(Collectors.joining(","));
        Path inputs = Files.writeString(
                folder.resolve("inputs.json"), "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[" + ids + "]]}]}");
        Path expected = folder.resolve("expected.safetensors");
        Path found = folder.resolve("found.safetensors");
        assertEquals(
                0, run("run", model, "--inputs", inputs, "-o", expected, "--convention", "microsoft"), err::toString);
        assertEquals(0, run("run", artifact, "--inputs", inputs, "-o", found), err::toString);
        assertArrayEquals(Files.readAllBytes(expected), Files.readAllBytes(found));

        assertEquals(0, run("run", model, "--inputs", inputs, "-o", expected), err::toString);
        assertFalse(Arrays.equals(Files.readAllBytes(expected), Files.readAllBytes(found)));
        assertEquals(
                0, run("run", artifact, "--inputs", inputs, "-o", found, "--convention", "huggingface"), err::toString);
        assertArrayEquals(Files.readAllBytes(expected), Files.readAllBytes(found));

        Path ofFolder = folder.resolve("expected.onnx");
        Path ofArtifact = folder.resolve("found.onnx");
        assertEquals(0, run("export", model, "-o", ofFolder, "--convention", "microsoft"), err::toString);
        assertEquals(0, run("export", artifact, "-o", ofArtifact), err::toString);
        assertArrayEquals(Files.readAllBytes(ofFolder), Files.readAllBytes(ofArtifact));
    }

    @Test
    void optionsThatAModelHasNoUseForAreRefused() throws IOException {
        Path artifact = folder.resolve("refused.dtl");
        Path gliclass = TinyGliclass.write(folder.resolve("gliclass"));
        for (List<String> option : List.of(List.of("--head", "masked-lm"), List.of("--convention", "microsoft"))) {
            assertEquals(2, run("compile", gliclass, "-o", artifact, option.get(0), option.get(1)));
            assertTrue(
                    err.toString().contains("--head and --convention are not for GLiClass models: leave them out"),
                    err.toString());
            err.getBuffer().setLength(0);
        }
        Path gliner = TinyGliner.write(folder.resolve("gliner"));
        assertEquals(2, run("compile", gliner, "-o", artifact, "--ignore-unused"));
        assertTrue(
                err.toString().contains("--ignore-unused are not for compiling GLiNER models: leave them out"),
                err.toString());
        assertFalse(Files.exists(artifact));
    }

    @Test
    void aTypeThatCannotHoldTheWeightsIsRefused() throws IOException {
        String matrix = "deberta.encoder.layer.0.output.dense.weight";
        Path model = TinyModel.write(folder.resolve("large"), "ForSequenceClassification", List.of("yes", "no"));
        TinyModel.set(model, matrix, 3, 1e5f);
        Path artifact = folder.resolve("large.dtl");
        Path inputs = Files.writeString(
                folder.resolve("inputs.json"), "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[5,6]]}]}");
        assertEquals(1, run("compile", model, "-o", artifact, "--weight-type", "fp16"));
        assertEquals(
                1,
                run(
                        "run",
                        model,
                        "--inputs",
                        inputs,
                        "-o",
                        folder.resolve("out.safetensors"),
                        "--weight-type",
                        "fp16"));
        String line = "detangle: " + model.resolve("model.safetensors") + ": tensor '" + matrix
                + "' holds 100000.0 at [0, 3], which is beyond f16's 65504.0: use bf16 or leave --weight-type out";
        assertEquals(List.of(line, line), err.toString().lines().toList());
        assertFalse(Files.exists(artifact));
        assertEquals(0, run("compile", model, "-o", artifact, "--weight-type", "bf16"), err::toString);
    }
}
