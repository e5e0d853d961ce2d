package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Options change the model or the course of a training as they say, and are not only read. */
class TrainEffectsTest extends TrainCommandCase {
    private static final String LAYER = "deberta.encoder.layer.";

    /** The labels are those of the model, so that its head is trained as it is. */
    private static final String KNOWN = "text,label\nthe sky is blue,a\nmy shirt is red,b\nthe sea,a\na rose,c\n";

    private int folders;

    /** Trains a model in a new folder, with options that blanks divide, and returns the entries of its log. */
    private List<JsonNode> log(String rows, String options, String... more) throws IOException {
        output = folder.resolve("out" + folders++);
        List<String> all = new ArrayList<>(List.of("--logging-steps", "1"));
        all.addAll(List.of(options.split(" ")));
        all.addAll(List.of(more));
        assertEquals(0, train(file("rows.csv", rows), all.toArray(String[]::new)), err.toString());
        return json(output.resolve("trainer_state.json"))
                .get("log_history")
                .valueStream()
                .toList();
    }

    private static List<Double> values(List<JsonNode> log, String name) {
        return log.stream()
                .filter(e -> e.has(name))
                .map(e -> e.get(name).asDouble())
                .toList();
    }

    private double firstLoss(String rows, String... options) throws IOException {
        return values(log(rows, "--max-steps 1", options), "loss").getFirst();
    }

    private static Map<String, float[]> parameters(Path folder) {
        Map<String, float[]> parameters = new TreeMap<>();
        try (Weights weights = Weights.open(folder)) {
            weights.names()
                    .forEach(name -> parameters.put(name, weights.get(name).toFloats()));
        }
        return parameters;
    }

    /** Returns the largest change of an element of the parameters whose name begins as given. */
    private double change(String prefix) {
        Map<String, float[]> before = parameters(model);
        double most = 0;
        for (Map.Entry<String, float[]> after : parameters(output).entrySet()) {
            float[] old = before.get(after.getKey());
            for (int i = 0; after.getKey().startsWith(prefix) && i < old.length; i++) {
                most = Math.max(most, Math.abs(after.getValue()[i] - old[i]));
            }
        }
        return most;
    }

    @Test
    void frozenPartsStay() throws IOException {
        log(KNOWN, "--max-steps 1 --learning-rate 0.01 --freeze embeddings,layer.1,pooler.");
        assertEquals(0, change("deberta.embeddings."));
        assertEquals(0, change(LAYER + "1."));
        assertEquals(0, change("pooler."));
        assertTrue(change(LAYER + "0.") > 0);
        assertTrue(change("classifier.") > 0);
    }

    /** The first update of AdamW changes an element by its rate, if the gradient is not tiny. */
    @Test
    void ratesFallFromLayerToLayerAndTheHeadHasItsOwn() throws IOException {
        log(KNOWN, "--max-steps 1 --learning-rate 0.01 --layerwise-lr-decay 0.5 --head-learning-rate 0.003");
        assertEquals(0.003, change("pooler."), 1e-5);
        assertEquals(0.003, change("classifier."), 1e-5);
        assertEquals(0.005, change(LAYER + "1."), 1e-5);
        assertEquals(0.0025, change(LAYER + "0."), 1e-5);
        assertEquals(0.00125, change("deberta.embeddings."), 1e-5);
    }

    /** The smoothed loss is a mean of the loss of the labels and of the loss of all classes alike. */
    @Test
    void labelsAreSmoothed() throws IOException {
        double sharp = firstLoss(ROWS);
        double even = firstLoss(ROWS, "--label-smoothing-factor", "0.999999");
        assertNotEquals(sharp, even, 1e-3);
        assertEquals(0.75 * sharp + 0.25 * even, firstLoss(ROWS, "--label-smoothing-factor", "0.25"), 1e-4);
    }

    /** Three of four rows are blue. If all labels weigh the same, the loss is the mean of what each label has alone. */
    @Test
    void classesAreWeighted() throws IOException {
        String rows = ROWS.replace("my shirt is red,red", "my shirt is red,blue");
        double blue = firstLoss(rows, "--class-weights", "1,0");
        double red = firstLoss(rows, "--class-weights", "0,2");
        assertNotEquals(blue, red, 1e-3);
        assertEquals((blue + red) / 2, firstLoss(rows, "--class-weights", "balanced"), 1e-4);
    }

    /** One of four words is a name. */
    @Test
    void tagsOfWordsAreWeighted() throws IOException {
        Path words = file("words.conll", "Anna NAME\nsleeps O\nand O\nsnores O\n");
        double name = tagLoss(words, "2,0");
        double other = tagLoss(words, "0,1");
        assertNotEquals(name, other, 1e-3);
        assertEquals((name + other) / 2, tagLoss(words, "balanced"), 1e-4);
    }

    private double tagLoss(Path words, String weights) {
        String[] options = {"--max-steps", "1", "--overwrite-output-dir", "--hidden-dropout-prob", "0"};
        List<String> all = arguments(words, options);
        all.addAll(List.of("--attention-probs-dropout-prob", "0", "--class-weights", weights));
        assertEquals(0, run(all.toArray(String[]::new)), err.toString());
        return json(output.resolve("train_results.json")).get("train_loss").asDouble();
    }

    /** The loss falls, so that under the opposite of what is wanted each evaluation but the first is bad. */
    @Test
    void trainingStopsEarlyAndEndsWithTheBestModel() throws IOException {
        String options = "--eval-strategy steps --eval-steps 1 --save-strategy steps --save-steps 1 --max-steps 5"
                + " --learning-rate 1e-3 --early-stopping-patience 2";
        String[] validation = {"--validation-file", folder.resolve("rows.csv").toString()};
        List<Double> losses = values(
                log(ROWS, options + " --greater-is-better true --load-best-model-at-end", validation), "eval_loss");
        assertEquals(3, losses.size(), losses.toString());
        assertTrue(losses.get(0) > losses.get(1) && losses.get(1) > losses.get(2), losses.toString());
        assertArrayEquals(bytes("checkpoint-1"), bytes("."));
        assertFalse(Arrays.equals(bytes("checkpoint-3"), bytes(".")));
        JsonNode state = json(output.resolve("trainer_state.json"));
        assertEquals(losses.getFirst(), state.get("best_metric").asDouble(), 1e-6);
        assertEquals(
                losses.getFirst(),
                json(output.resolve("eval_results.json")).get("eval_loss").asDouble(),
                1e-6);

        // A loss that falls is better, but by less than counts.
        losses = values(log(ROWS, options + " --early-stopping-threshold 100", validation), "eval_loss");
        assertEquals(3, losses.size(), losses.toString());
        assertTrue(losses.get(0) > losses.get(1) && losses.get(1) > losses.get(2), losses.toString());
    }

    private byte[] bytes(String place) throws IOException {
        return Files.readAllBytes(output.resolve(place).resolve("model.safetensors"));
    }

    /** The first update of XAdam, which does not correct its averages, is 0.1 / sqrt(0.001) times the rate. */
    @Test
    void microsoftsRecipeIsFollowed() throws IOException {
        String options = "--recipe microsoft --learning-rate 0.01 --per-device-train-batch-size ";
        List<JsonNode> log = log(KNOWN, options + "2 --max-steps 4 --warmup-ratio 0.5");
        assertEquals(List.of(0.0, 0.005, 0.005, 0.0025), values(log, "learning_rate"));

        // One update: the original leaves out the row that does not fill a batch.
        log = log(KNOWN, options + "3 --num-train-epochs 1 --lr-scheduler-type constant --weight-decay 0");
        assertEquals(1, values(log, "learning_rate").size());
        assertEquals(0.01 * 0.1 / Math.sqrt(0.001), change("pooler."), 1e-3);
    }
}
