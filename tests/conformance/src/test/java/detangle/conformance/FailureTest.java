package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each failure is one line that says what is wrong, with the status that belongs to it, and leaves nothing behind. */
class FailureTest {
    private static final Path MODEL = DetangleProcess.HOME.resolve("models/pretrained/banking77-small");

    @TempDir
    Path folder;

    private static void fails(int status, String message, String... arguments) {
        Result result = DetangleProcess.shortlyIn(DetangleProcess.HOME, Map.of(), arguments);
        assertEquals(1, result.messages().size(), result.err());
        assertTrue(result.messages().getFirst().contains(message), result.err());
        assertEquals(status, result.status(), result.err());
        assertEquals("", result.out());
    }

    @Test
    void missingModel() {
        fails(1, "nowhere", "classify", "--model", folder.resolve("nowhere").toString(), "hi");
    }

    @Test
    void emptyText() {
        fails(1, "the text is empty", "classify", "--model", MODEL.toString(), "");
    }

    @Test
    void longText() {
        fails(1, "tokens, and the model takes 512", "classify", "--model", MODEL.toString(), "card ".repeat(600));
    }

    @Test
    void missingColumn() throws IOException {
        Path csv = Files.writeString(folder.resolve("a.csv"), "one,two\n1,2\n");
        fails(
                1,
                "its columns are one, two",
                "classify",
                "--model",
                MODEL.toString(),
                "--file",
                csv.toString(),
                "--column",
                "x");
    }

    @Test
    void unknownBackend() {
        fails(1, "there are vector, reference", "classify", "--model", MODEL.toString(), "--backend", "x", "hi");
        fails(1, "and not in fp16", "classify", "--model", MODEL.toString(), "--precision", "fp16", "hi");
    }

    @Test
    void textAndFile() {
        fails(2, "either texts or --file", "classify", "--file", "a.csv", "--column", "x", "hi");
    }

    @Test
    void headThatIsNotThere() throws IOException {
        Path model = copy();
        edit(model.resolve("config.json"), "DebertaV2ForSequenceClassification", "BertModel");
        fails(
                1,
                "qa_outputs.weight, qa_outputs.bias, which question-answering needs; it holds sequence-classification",
                "question-answering",
                "--model",
                model.toString(),
                "--question",
                "Where?",
                "There.");
    }

    @Test
    void layersThatNoParameterTakes() throws IOException {
        Path model = copy();
        edit(model.resolve("config.json"), "\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3");
        fails(1, "num_hidden_layers is 3", "classify", "--model", model.toString(), "hi");
    }

    @Test
    void absentParameter() throws IOException {
        Path model = copy();
        SequencedMap<String, Tensor> kept = new LinkedHashMap<>();
        try (Weights all = Weights.open(MODEL)) {
            all.names().stream().filter(n -> !n.equals("classifier.bias")).forEach(n -> kept.put(n, all.get(n)));
            SafetensorsWriter.write(model.resolve("model.safetensors"), kept, Map.of());
        }
        fails(1, "lacks 1 parameter: classifier.bias", "classify", "--model", model.toString(), "hi");
    }

    @Test
    void parameterOfAnotherShape() throws IOException {
        Path model = copy();
        edit(model.resolve("config.json"), "\"intermediate_size\": 768", "\"intermediate_size\": 767");
        fails(1, "has shape [768", "classify", "--model", model.toString(), "hi");
    }

    @Test
    void idOutsideVocabularyWritesNothing() throws IOException {
        Path inputs = Files.writeString(
                folder.resolve("in.json"), "{\"cases\": [{\"name\": \"a\", \"input_ids\": [[1, 4001]]}]}");
        Path output = folder.resolve("out.safetensors");
        fails(
                1,
                "id 4001 is outside the vocabulary of 4001 rows",
                "run",
                MODEL.toString(),
                "--inputs",
                inputs.toString(),
                "--output",
                output.toString());
        assertFalse(Files.exists(output));
    }

    private Path copy() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("model"));
        for (String name : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
            Files.copy(MODEL.resolve(name), copy.resolve(name));
        }
        return copy;
    }

    private static void edit(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        assertTrue(text.contains(from));
        Files.writeString(file, text.replace(from, to));
    }
}
