package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.data.DataFolder;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.ir.Tensor;
import detangle.models.files.WholeFiles;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Evaluates the first set of a task with outputs that a test gives, and writes its files as those of {@code final}. */
public final class GivenOutputs {
    private GivenOutputs() {}

    /**
     * Returns the measures of the first set.
     *
     * @param length the most tokens of an example, by the tokenizer of the model that ships
     * @param outputs the outputs of the head for each example, by name
     */
    public static Map<String, Double> evaluate(Path folder, String name, int length, List<Map<String, float[]>> outputs)
            throws IOException {
        FineTuningTask task = (FineTuningTask) Tasks.find().named(name);
        EvaluationSet set = task.evaluation(new TaskInput(
                        new DataFolder(folder, task.name(), task.origin()),
                        new SegmentFeatures(Tokenizers.load(TinyModel.SHIPPED), length),
                        false,
                        Map.of()))
                .getFirst();
        assertEquals(outputs.size(), set.examples().size());
        Predictions predictions = new Predictions(set.examples());
        for (Map<String, float[]> row : outputs) {
            Map<String, Tensor> tensors = new HashMap<>();
            row.forEach((output, values) -> tensors.put(output, Tensor.of(values, 1, values.length)));
            predictions.add(tensors);
        }
        try (WholeFiles files = new WholeFiles()) {
            set.files().write(predictions, new PredictionFiles.Where(files, folder, set.name(), "final"));
            files.publish();
        }
        return set.measures().of(predictions);
    }

    /** Returns logits as outputs. */
    public static List<Map<String, float[]>> logits(float[]... rows) {
        return List.of(rows).stream().map(row -> Map.of("logits", row)).toList();
    }
}
