package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** A second training in the same folder or with the same seed gives the same model, or is refused. */
class TrainAgainTest extends TrainCommandCase {
    @Test
    void theSameSeedGivesTheSameModel() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "2", "--seed", "7"), err.toString());
        byte[] first = Files.readAllBytes(output.resolve("model.safetensors"));
        output = folder.resolve("again");
        assertEquals(0, train(rows, "--max-steps", "2", "--seed", "7"), err.toString());
        assertEquals(-1, Arrays.mismatch(first, Files.readAllBytes(output.resolve("model.safetensors"))));
    }

    @Test
    void aTrainingThatGoesOnGivesTheSameModel() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String[] options = {"--max-steps", "4", "--per-device-train-batch-size", "2", "--save-steps", "2"};
        assertEquals(0, train(rows, options), err.toString());
        byte[] whole = Files.readAllBytes(output.resolve("model.safetensors"));
        Path checkpoint = output.resolve("checkpoint-2");
        output = Files.createDirectory(folder.resolve("resumed"));
        Files.move(checkpoint, output.resolve("checkpoint-2"));
        List<String> resuming = new ArrayList<>(List.of(options));
        resuming.addAll(List.of("--resume-from-checkpoint", "--report-to", "tensorboard"));
        assertEquals(0, train(rows, resuming.toArray(String[]::new)), err.toString());
        assertTrue(err.toString().contains("going on after update 2 of 4"), err.toString());
        assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(output.resolve("model.safetensors"))));
        try (Stream<Path> events = Files.list(output.resolve("runs"))) {
            String bytes = HexFormat.of()
                    .formatHex(Files.readAllBytes(events.findFirst().orElseThrow()));
            assertTrue(bytes.contains("10033a020801"), "no start at step 3");
        }
    }

    /** A checkpoint is named by its path, as in HuggingFace. Later ones are refused, or deleted if wanted. */
    @Test
    void aTrainingGoesOnFromACheckpointByItsPath() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String[] options = {"--max-steps", "4", "--per-device-train-batch-size", "2", "--save-steps", "1"};
        assertEquals(0, train(rows, options), err.toString());
        byte[] whole = Files.readAllBytes(output.resolve("model.safetensors"));
        List<String> resuming = new ArrayList<>(List.of(options));
        resuming.addAll(List.of("--resume_from_checkpoint", "" + output.resolve("checkpoint-2")));
        String told = fault(rows, resuming.toArray(String[]::new));
        assertTrue(told.contains("checkpoint-4 is there: "), told);
        resuming.add("--overwrite-output-dir");
        assertEquals(0, train(rows, resuming.toArray(String[]::new)), err.toString());
        assertTrue(err.toString().contains("going on after update 2 of 4"), err.toString());
        assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(output.resolve("model.safetensors"))));
        assertTrue(Files.exists(output.resolve("checkpoint-1")));

        Path first = output.resolve("checkpoint-1");
        output = folder.resolve("elsewhere");
        List<String> elsewhere = new ArrayList<>(List.of(options));
        elsewhere.add("--resume-from-checkpoint=" + first);
        assertEquals(0, train(rows, elsewhere.toArray(String[]::new)), err.toString());
        assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(output.resolve("model.safetensors"))));
        String none = fault(rows, "--resume-from-checkpoint", "none/checkpoint-7");
        assertTrue(none.contains("none/checkpoint-7 is not a checkpoint"), none);
        assertTrue(fault(rows, "--resume-from-checkpoint", "false").contains("has a model or checkpoints already"));
    }

    /** The best evaluation may have taken place before training went on. */
    @Test
    void theBestModelIsMeasuredIfTrainingWentOnAfterIt() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String[] options = {
            "--validation-file", "" + rows, "--max-steps", "2", "--eval-strategy", "steps", "--eval-steps", "1"
        };
        List<String> best = new ArrayList<>(List.of(options));
        best.add("--load-best-model-at-end");
        assertEquals(0, train(rows, best.toArray(String[]::new)), err.toString());
        Path results = output.resolve("eval_results.json");
        double loss = json(results).get("eval_loss").asDouble();
        Files.delete(results);
        best.add("--resume-from-checkpoint");
        assertEquals(0, train(rows, best.toArray(String[]::new)), err.toString());
        assertEquals(loss, json(results).get("eval_loss").asDouble(), 1e-5);
    }

    /** Other texts and other labels, of as many rows and classes. */
    @Test
    void aTrainingDoesNotGoOnWithOtherRows() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "1"), err.toString());
        Path other = file("other.csv", ROWS.replace("my shirt", "a shirt"));
        String told = fault(other, "--max-steps", "2", "--resume-from-checkpoint");
        assertTrue(told.contains("checkpoint-1 was written by a training whose rows_checksum is"), told);
        Path swapped = file("swapped.csv", ROWS.replace("a rose,red", "a rose,blue"));
        assertTrue(
                fault(swapped, "--max-steps", "2", "--resume-from-checkpoint").contains("rows_checksum"),
                err.toString());
        assertEquals(0, train(rows, "--max-steps", "2", "--resume-from-checkpoint"), err.toString());
    }

    /** Another order takes other rows, and the states of an optimizer mean nothing to another one. */
    @Test
    void aTrainingDoesNotGoOnInAnotherOrderOrWithAnotherOptimizer() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "1", "--resume-from-checkpoint"), err.toString());
        assertTrue(err.toString().contains("no checkpoint to go on from: training begins with its first update"));
        String ordered = fault(rows, "--max-steps", "2", "--resume-from-checkpoint", "--group-by-length");
        assertTrue(ordered.contains("whose order is shuffled, and here it is grouped_by_length"), ordered);
        String updated = fault(rows, "--max-steps", "2", "--resume-from-checkpoint", "--optim", "admax");
        assertTrue(updated.contains("whose optim is adamw_torch, and here it is admax"), updated);
    }

    /** Dropout, smoothing, weights of classes and SiFT are parts of the loss. */
    @Test
    void aTrainingDoesNotGoOnWithAnotherLoss() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "1", "--label-smoothing-factor", "0.1"), err.toString());
        String smoothed = "--label-smoothing-factor=0.1";
        Map<List<String>, String> others = Map.of(
                List.of("--label-smoothing-factor=0.2"), "label_smoothing_factor is 0.1, and here it is 0.2",
                List.of(smoothed, "--class-weights=1,2"), "class_weights is not said, and here it is [1.0, 2.0]",
                List.of(smoothed, "--vat-lambda=5"), "vat_init_perturbation is not said, and here it is 0.01",
                List.of(smoothed, "--hidden-dropout-prob=0.3"), ", and here it is 0.3");
        others.forEach((options, fault) -> {
            List<String> all = new ArrayList<>(List.of("--max-steps=2", "--resume-from-checkpoint"));
            all.addAll(options);
            String told = fault(rows, all.toArray(String[]::new));
            assertTrue(told.contains("checkpoint-1 was written by a training whose ") && told.contains(fault), told);
        });
        assertEquals(
                0,
                train(rows, "--max-steps", "2", "--resume-from-checkpoint", "--label-smoothing-factor", "0.1"),
                err.toString());
    }

    /** The mean loss of three updates is that of all three, though training went on within them. */
    @Test
    void theLogGoesOnToo() throws IOException {
        Path rows = file("rows.csv", ROWS);
        String[] options = {
            "--max-steps=4",
            "--per-device-train-batch-size=2",
            "--save-steps=2",
            "--logging-steps=3",
            "--validation-file=" + rows,
            "--eval-strategy=steps",
            "--eval-steps=2"
        };
        assertEquals(0, train(rows, options), err.toString());
        List<JsonNode> whole = log();
        assertEquals(
                List.of(2, 3, 4, 4),
                whole.stream().map(e -> e.get("step").asInt()).toList(),
                whole.toString());
        Path checkpoint = output.resolve("checkpoint-2");
        output = Files.createDirectory(folder.resolve("resumed"));
        Files.move(checkpoint, output.resolve("checkpoint-2"));
        List<String> resuming = new ArrayList<>(List.of(options));
        resuming.add("--resume-from-checkpoint");
        assertEquals(0, train(rows, resuming.toArray(String[]::new)), err.toString());
        List<JsonNode> resumed = log();
        assertEquals(whole.size(), resumed.size(), resumed.toString());
        for (int i = 0; i < 3; i++) {
            for (String value : List.of("step", "epoch", "loss", "eval_loss")) {
                assertEquals(whole.get(i).get(value), resumed.get(i).get(value), value);
            }
        }
    }

    private List<JsonNode> log() {
        return json(output.resolve("trainer_state.json"))
                .get("log_history")
                .valueStream()
                .toList();
    }

    /** A file of a model before would be read with those of the model that was written over it. */
    @Test
    void overwritingLeavesNoFilesOfAnotherKind() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps=1", "--validation-file=" + rows), err.toString());
        assertTrue(Files.exists(output.resolve("eval_results.json")));
        assertEquals(0, train(rows, "--max-steps=1", "--lora", "--lora-r=2", "--overwrite-output-dir"), err.toString());
        for (String name : List.of("model.safetensors", "tokenizer.json", "eval_results.json")) {
            assertFalse(Files.exists(output.resolve(name)), name);
        }
        assertTrue(Files.exists(output.resolve("adapter_model.safetensors")));
        Files.writeString(output.resolve("spm.model"), "of another model");
        assertEquals(0, train(rows, "--max-steps=1", "--overwrite-output-dir"), err.toString());
        for (String name : List.of("adapter_config.json", "adapter_model.safetensors", "spm.model")) {
            assertFalse(Files.exists(output.resolve(name)), name);
        }
        assertTrue(Files.exists(output.resolve("tokenizer.json")));
        Files.writeString(output.resolve("spm.model"), "of the tokenizer that is read");
        assertEquals(
                0,
                train(rows, "--max-steps=1", "--tokenizer-name=" + output, "--overwrite-output-dir"),
                err.toString());
        assertTrue(Files.exists(output.resolve("spm.model")));
        output = model;
        assertEquals(0, train(rows, "--max-steps=1", "--lora", "--lora-r=2", "--overwrite-output-dir"), err.toString());
        assertTrue(Files.exists(model.resolve("model.safetensors")));
    }

    @Test
    void overwritingBeginsAnew() throws IOException {
        Path rows = file("rows.csv", ROWS);
        assertEquals(0, train(rows, "--max-steps", "2"), err.toString());
        assertEquals(0, train(rows, "--max-steps", "1", "--overwrite-output-dir"), err.toString());
        assertTrue(Files.exists(output.resolve("checkpoint-1")));
        assertFalse(Files.exists(output.resolve("checkpoint-2")));
        model = output.resolve("checkpoint-1");
        String told = fault(rows, "--max-steps", "1", "--overwrite-output-dir");
        assertTrue(told.contains("lies in --output-dir"), told);
        assertTrue(Files.exists(model));
    }
}
