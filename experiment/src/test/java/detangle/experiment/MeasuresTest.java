package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Tensor;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Measures of a few predictions, computed by scikit-learn and scipy. */
final class MeasuresTest {
    private static final TokenIds TEXT = new TokenIds(new int[] {1, 2}, 2);

    private static Predictions predictions(List<Target> targets, float[] logits, int width) {
        List<Example> examples =
                targets.stream().map(target -> Example.of(TEXT, target)).toList();
        Predictions predictions = new Predictions(examples);
        predictions.add(Map.of("logits", Tensor.of(logits, targets.size(), width), "loss", Tensor.of(new float[] {1})));
        return predictions;
    }

    private static Predictions classes(int[] labels, int[] predicted) {
        List<Target> targets = new ArrayList<>();
        float[] logits = new float[2 * labels.length];
        for (int i = 0; i < labels.length; i++) {
            targets.add(new Target.OneClass(labels[i]));
            logits[2 * i + predicted[i]] = 1;
        }
        return predictions(targets, logits, 2);
    }

    @Test
    void ofClasses() {
        Predictions given = classes(new int[] {0, 1, 1, 0, 1, 0, 1, 1}, new int[] {0, 1, 0, 0, 1, 1, 1, 0});
        assertEquals(
                List.of("accuracy", "f1"),
                List.copyOf(Measures.ACCURACY_AND_F1.of(given).keySet()));
        assertEquals(0.625, Measures.ACCURACY.of(given).get("accuracy"));
        assertEquals(0.6666667, Measures.ACCURACY_AND_F1.of(given).get("f1"), 1e-7);
        assertEquals(0.2581989, Measures.ACCURACY_AND_MATTHEWS.of(given).get("mcc"), 1e-7);
    }

    @Test
    void aRowWithoutALabelDoesNotCount() {
        assertEquals(
                0.5,
                Measures.ACCURACY
                        .of(classes(new int[] {0, -1, 1}, new int[] {0, 0, 0}))
                        .get("accuracy"));
    }

    /** The answer to a question is the option with the greatest probability of class 1. */
    @Test
    void ofOptions() {
        Predictions given = predictions(
                List.of(new Target.OneClass(1), new Target.OneClass(0), new Target.OneClass(0), new Target.OneClass(1)),
                new float[] {5, 4, 5, 3, 0, 9, 0, 8},
                2);
        assertEquals(0.5, Measures.ofOptions(2).of(given).get("accuracy"));
    }

    @Test
    void ofNumbers() {
        List<Target> labels = new ArrayList<>();
        for (float label : new float[] {0, 1.5f, 1.5f, 3, 5}) {
            labels.add(new Target.Numbers(new float[] {label}));
        }
        Predictions given = predictions(labels, new float[] {.2f, 1, 2, 2, 4.4f}, 1);
        assertEquals(0.9531697, Measures.CORRELATIONS.of(given).get("pearsonr"), 1e-7);
        assertEquals(0.9210526, Measures.CORRELATIONS.of(given).get("spearmanr"), 1e-7);
    }
}
