package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.Architecture;
import detangle.pipelines.task.TextTasks;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands say of a model's folder in which something is not as it should be. */
class ModelFoldersTest {
    private static final String CASES = "{\"cases\":[{\"name\":\"a\",\"input_ids\":[[1,3000,2]]}]}";

    @TempDir
    private Path folder;

    private record Result(int status, String out, String err) {}

    private static Result result(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(status, out.toString(), err.toString());
    }

    private static void fails(String message, String... arguments) {
        Result result = result(arguments);
        assertEquals(1, result.status(), result.err());
        assertTrue(result.err().contains(message), result.err());
        assertEquals(1, result.err().lines().count(), result.err());
    }

    private Path model(Architecture head) throws IOException {
        return TinyModel.write(
                folder.resolve("model"), "ForSequenceClassification", List.of("a", "b"), Optional.of(head));
    }

    private static void edit(Path model, String from, String to) throws IOException {
        Path config = model.resolve("config.json");
        String text = Files.readString(config);
        assertTrue(text.contains(from), text);
        Files.writeString(config, text.replace(from, to));
    }

    private String[] command(String name, Path model) throws IOException {
        Path inputs = Files.writeString(folder.resolve("in.json"), CASES);
        String path = model.toString();
        return switch (name) {
            case "classify" -> new String[] {name, "--model", path, "hi"};
            case "run" ->
                new String[] {
                    name,
                    path,
                    "--inputs",
                    inputs.toString(),
                    "--output",
                    folder.resolve("o").toString()
                };
            case "compile" ->
                new String[] {name, path, "-o", folder.resolve("o.dtl").toString()};
            case "export" ->
                new String[] {name, path, "-o", folder.resolve("o.onnx").toString()};
            default -> new String[] {name, path};
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"classify", "run", "compile", "export", "dump-ir"})
    void tensorsThatNoParameterTakesAreAnErrorUnlessTheyAreToBeIgnored(String name) throws IOException {
        Path model = model(Architecture.SEQUENCE_CLASSIFICATION);
        edit(model, "\"num_hidden_layers\":2", "\"num_hidden_layers\":1");
        String[] command = command(name, model);
        fails("num_hidden_layers is 1", command);
        List<String> ignoring = new ArrayList<>(List.of(command));
        ignoring.add(1, "--ignore-unused");
        Result result = result(ignoring.toArray(String[]::new));
        assertEquals(0, result.status(), result.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "compile", "export"})
    void numbersThatAreNoneAreReported(String name) throws IOException {
        Path model = model(Architecture.SEQUENCE_CLASSIFICATION);
        TinyModel.set(model, "deberta.embeddings.word_embeddings.weight", 3_000 * 32, Float.NaN);
        fails("tensor 'deberta.embeddings.word_embeddings.weight' holds NaN at [3000, 0]", command(name, model));
        assertFalse(Files.exists(folder.resolve("o")));
        assertFalse(Files.exists(folder.resolve("o.dtl")));
        assertFalse(Files.exists(folder.resolve("o.onnx")));
    }

    private Path withHeads(Architecture first, Architecture second) throws IOException {
        Path model = model(first);
        edit(model, "\"architectures\":[\"DebertaV2ForSequenceClassification\"],", "");
        TinyModel.add(model, TinyModel.write(folder.resolve("other"), "Model", List.of("a", "b"), Optional.of(second)));
        return model;
    }

    /** As microsoft has published v3. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "compile", "export", "dump-ir", "inspect"})
    void headsOfPreTrainingAreNeverAskedFor(String name) throws IOException {
        Path model = withHeads(Architecture.MASKED_LM_EMD, Architecture.REPLACED_TOKEN_DETECTION);
        Result result = result(command(name, model));
        assertEquals(0, result.status(), result.err());
        if (name.equals("inspect")) {
            assertTrue(result.out().lines().anyMatch(line -> line.matches("head +encoder")), result.out());
        }
    }

    @Test
    void headsOfSeveralTasksAreToBeChosenFrom() throws IOException {
        Path model = withHeads(Architecture.TOKEN_CLASSIFICATION, Architecture.QUESTION_ANSWERING);
        Result inspected = result("inspect", model.toString());
        assertEquals(0, inspected.status(), inspected.err());
        assertTrue(
                inspected.out().contains("token-classification or question-answering; choose one with --head"),
                inspected.out());
        fails("has the heads token-classification, question-answering", command("run", model));
        assertEquals(0, result("dump-ir", model.toString(), "--head", "encoder").status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"classify", "run", "compile", "export", "dump-ir", "inspect"})
    void moreLayersThanThereAreAreNamed(String name) throws IOException {
        Path model = model(Architecture.SEQUENCE_CLASSIFICATION);
        edit(model, "\"num_hidden_layers\":2", "\"num_hidden_layers\":200");
        fails("config.json: says 200 layers (num_hidden_layers), and the checkpoint ", command(name, model));
        edit(model, "\"num_hidden_layers\":200", "\"num_hidden_layers\":1000000000");
        fails("num_hidden_layers is 1000000000; it must be at most 256", command(name, model));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "export"})
    void anOutputDoesNotReplaceAFileOfTheModel(String name) throws IOException {
        Path model = model(Architecture.SEQUENCE_CLASSIFICATION);
        for (String file : List.of("model.safetensors", "config.json")) {
            byte[] before = Files.readAllBytes(model.resolve(file));
            List<String> command = new ArrayList<>(List.of(command(name, model)));
            command.set(
                    Math.max(command.indexOf("--output"), command.indexOf("-o")) + 1,
                    model.resolve(".").resolve(file).toString());
            fails("is a file that is read", command.toArray(String[]::new));
            assertArrayEquals(before, Files.readAllBytes(model.resolve(file)));
        }
    }

    @Test
    void externalDataIsForOnnx() throws IOException {
        Path target = folder.resolve("model.pt");
        fails(
                "external data is for onnx",
                "export",
                model(Architecture.ENCODER).toString(),
                "--format",
                "torchscript",
                "--external-data",
                "--output",
                target.toString());
        assertFalse(Files.exists(target));
    }

    @Test
    void randomWeightsThatDoNotFitIntoMemoryAreRefused() throws IOException {
        Path model = model(Architecture.ENCODER);
        Files.delete(model.resolve("model.safetensors"));
        edit(model, "\"hidden_size\":32", "\"hidden_size\":65536");
        edit(model, "\"pooler_hidden_size\":32", "\"pooler_hidden_size\":65536");
        fails("random ones of so many do not fit into memory", "dump-ir", model.toString());
    }

    @Test
    void aMisspelledFieldIsAWarningOnce() throws IOException {
        Path model = model(Architecture.SEQUENCE_CLASSIFICATION);
        edit(model, "\"share_att_key\"", "\"share_att_keys\":true,\"share_att_key\"");
        List<String> warnings = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                warnings.add(logged.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger("detangle.models.deberta.ConfigWarnings");
        logger.addHandler(handler);
        try {
            assertEquals(0, result(command("classify", model)).status());
        } finally {
            logger.removeHandler(handler);
        }
        assertEquals(1, warnings.size(), warnings.toString());
        assertTrue(
                warnings.getFirst().contains("share_att_keys is not read, and stands one letter from share_att_key"));
    }

    @Test
    void inspectSaysWhatIsThereWhateverTheLabels() throws IOException {
        Path model = model(Architecture.SEQUENCE_CLASSIFICATION);
        edit(model, "\"id2label\":{\"0\":\"a\",\"1\":\"b\"}", "\"id2label\":[[1]]");
        Result inspected = result("inspect", model.toString(), "--head", "encoder");
        assertEquals(0, inspected.status(), inspected.err());
        assertTrue(inspected.out().contains("not understood: id2label has a label \"0\""), inspected.out());
        fails("id2label has a label \"0\" that is neither", command("classify", model));
    }

    @Test
    void tasksOfTheServerAreNamed() throws IOException {
        Result result =
                result("serve", model(Architecture.SEQUENCE_CLASSIFICATION).toString(), "--task", "poetry");
        assertEquals(2, result.status(), result.err());
        assertTrue(
                result.err()
                        .contains("--task must be one of " + TextTasks.names()
                                + ", not 'poetry'; see detangle serve --help"),
                result.err());
    }
}
