package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.weights.Weights;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Adapters of all heads, the best of a training, and one whose training is killed and goes on. */
class TrainAdapterTest extends TrainCommandCase {
    private static final String ADAPTER = "adapter_model.safetensors";
    private static final String SAVED = "base_model.model.";
    private static final String LOG = "killed.log";
    private static final int UPDATES = 12;
    private static final int KILLED_AFTER = 2;

    private static List<String> lora(String... more) {
        List<String> options = new ArrayList<>(List.of("--lora", "--lora-r", "2", "--lora-dropout", "0.1"));
        options.addAll(List.of(more));
        return options;
    }

    private void trains(Path file, List<String> options) {
        assertEquals(0, train(file, options.toArray(String[]::new)), err.toString());
    }

    /** The model with the adapter gives the loss that the end of training gave, and the adapter has these modules. */
    private void evaluatesAlike(Path file, String... modules) {
        out.getBuffer().setLength(0);
        assertEquals(
                0,
                run("evaluate", "" + model, "" + file, "--adapter", "" + output, "--max-seq-length", "24"),
                err.toString());
        double trained =
                json(output.resolve("eval_results.json")).get("eval_loss").asDouble();
        String line = out.toString()
                .lines()
                .filter(l -> l.startsWith("eval_loss"))
                .findFirst()
                .orElseThrow();
        assertEquals(trained, Double.parseDouble(line.replaceFirst("eval_loss +", "")), 1e-3 * trained);
        JsonNode saved = json(output.resolve("adapter_config.json")).get("modules_to_save");
        assertEquals(
                List.of(modules),
                saved.valueStream().map(JsonNode::asString).sorted().toList());
    }

    @Test
    void ofTags() throws IOException {
        Path words = file("words.conll", "Anna B-PER\nsleeps O\n\nBob B-PER\nStone I-PER\nwakes O\n");
        trains(words, lora("--max-steps", "2", "--validation-file", "" + words, "--max-seq-length", "24"));
        evaluatesAlike(words, "classifier");
    }

    @Test
    void ofAnswers() throws IOException {
        Path squad = file("squad.json", """
                {"version": "1", "data": [{"paragraphs": [{"context": "The sky is blue.", "qas": [
                  {"id": "q", "question": "Which?", "answers": [{"text": "blue", "answer_start": 11}]}]}]}]}
                """);
        trains(squad, lora("--max-steps", "2", "--validation-file", "" + squad, "--max-seq-length", "24"));
        evaluatesAlike(squad, "qa_outputs");
    }

    /** PEFT reads all of a module that it saves from the adapter, that too which is tied to the model. */
    @Test
    void ofAMaskedLanguageModel() throws IOException {
        model = TinyModel.write(folder.resolve("masked"), "ForMaskedLM", List.of());
        Path texts = file("texts.txt", "the sky is blue and the sea is blue\n\nmy shirt is red\n");
        trains(texts, lora("--max-steps", "2", "--validation-file", "" + texts, "--max-seq-length", "24"));
        evaluatesAlike(texts, "cls");
        try (Weights adapter = Weights.open(output.resolve(ADAPTER));
                Weights whole = Weights.open(model)) {
            String decoder = SAVED + "cls.predictions.decoder.";
            assertArrayEquals(
                    whole.get("deberta.embeddings.word_embeddings.weight").toFloats(),
                    adapter.get(decoder + "weight").toFloats());
            assertArrayEquals(
                    adapter.get(SAVED + "cls.predictions.bias").toFloats(),
                    adapter.get(decoder + "bias").toFloats());
        }
    }

    /** No evaluation has taken place when training ends. */
    @Test
    void isMeasuredAtTheEnd() throws IOException {
        Path rows = file("rows.csv", ROWS);
        trains(rows, lora("--max-steps", "1", "--validation-file", "" + rows, "--eval-strategy", "no"));
        evaluatesAlike(rows, "classifier", "pooler");
    }

    /** The greatest loss counts as the best here, so that the best is not the last. */
    @Test
    void theBestAdapterIsWritten() throws IOException {
        Path rows = file("rows.csv", ROWS);
        trains(
                rows,
                lora(
                        "--max-steps",
                        "6",
                        "--learning-rate",
                        "0.01",
                        "--validation-file",
                        "" + rows,
                        "--eval-strategy",
                        "steps",
                        "--eval-steps",
                        "2",
                        "--load-best-model-at-end",
                        "--metric-for-best-model",
                        "loss",
                        "--greater-is-better",
                        "true"));
        Path best = Path.of(json(output.resolve("trainer_state.json"))
                .get("best_model_checkpoint")
                .asString());
        assertNotEquals("checkpoint-6", best.getFileName().toString());
        assertEquals(-1, Files.mismatch(output.resolve(best.getFileName()).resolve(ADAPTER), output.resolve(ADAPTER)));
        assertNotEquals(-1, Files.mismatch(output.resolve("checkpoint-6").resolve(ADAPTER), output.resolve(ADAPTER)));
    }

    @Test
    void goesOnBitForBitAfterItWasKilled() throws Exception {
        Path rows = file("rows.csv", ROWS);
        List<String> options = lora("--max-steps", "" + UPDATES, "--per-device-train-batch-size", "2");
        options.addAll(List.of("--learning-rate", "0.01", "--use-dora", "--save-total-limit", "2"));
        Path killed = folder.resolve("killed");
        List<String> stepwise = new ArrayList<>(options);
        stepwise.addAll(List.of("--save-steps", "1"));
        output = killed;
        Process process = start(rows, stepwise);
        try {
            while (process.isAlive() && checkpoints(killed) < KILLED_AFTER) {
                Thread.sleep(2);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertTrue(checkpoints(killed) >= KILLED_AFTER, Files.readString(folder.resolve(LOG)));
        List<String> otherRank = new ArrayList<>(stepwise);
        otherRank.set(otherRank.indexOf("--lora-r") + 1, "4");
        otherRank.add("--resume-from-checkpoint");
        String told = fault(rows, otherRank.toArray(String[]::new));
        assertTrue(told.contains("does not hold") && told.contains("lora_A.weight as "), told);
        stepwise.add("--resume-from-checkpoint");
        List<String> otherScale = new ArrayList<>(stepwise);
        otherScale.addAll(List.of("--lora-alpha", "4"));
        told = fault(rows, otherScale.toArray(String[]::new));
        assertTrue(told.contains("has lora_alpha 8.0 and use_rslora false, and here they are 4.0"), told);
        trains(rows, stepwise);
        assertTrue(err.toString().contains("going on after update"), err.toString());
        output = folder.resolve("whole");
        trains(rows, options);
        assertEquals(-1, Files.mismatch(output.resolve(ADAPTER), killed.resolve(ADAPTER)));
    }

    /** Returns the number of the newest checkpoint. */
    private static int checkpoints(Path output) throws IOException {
        if (!Files.isDirectory(output)) {
            return 0;
        }
        try (var files = Files.list(output)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("checkpoint-\\d+"))
                    .mapToInt(name -> Integer.parseInt(name.substring("checkpoint-".length())))
                    .max()
                    .orElse(0);
        }
    }

    private Process start(Path rows, List<String> options) throws IOException {
        String path = String.join(
                System.getProperty("path.separator"),
                Path.of("target", "classes").toAbsolutePath().toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-Xmx256m",
                "-cp",
                path,
                Main.class.getName()));
        command.addAll(arguments(rows, options.toArray(String[]::new)));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(LOG).toFile())
                .start();
    }
}
