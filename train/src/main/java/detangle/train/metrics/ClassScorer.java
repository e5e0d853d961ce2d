package detangle.train.metrics;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.OutputNames;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The measures of classification, and of multiple choice, whose classes are the choices: {@code accuracy},
 * {@code matthews_correlation}, and {@code f1} of class 1 if there are two classes or {@code macro_f1} if there are
 * more. Rows with a label below 0 do not count.
 */
public final class ClassScorer implements Scorer {
    private static final int PAIR = 2;

    private final IntList labels = new IntList();
    private final IntList predictions = new IntList();
    private final boolean choices;
    private int classes;

    private ClassScorer(boolean choices, int classes) {
        this.choices = choices;
        this.classes = classes;
    }

    /**
     * Makes a scorer of classification.
     *
     * @param count the number of classes
     */
    public static ClassScorer ofClasses(int count) {
        return new ClassScorer(false, count);
    }

    /** Makes a scorer of multiple choice. It gives the accuracy alone, as the numbers of choices have no meaning. */
    public static ClassScorer ofChoices() {
        return new ClassScorer(true, 0);
    }

    @Override
    public void add(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
        long[] given = inputs.get(InputNames.LABELS).toLongs();
        float[][] logits = Logits.rows(outputs.get(OutputNames.LOGITS));
        for (int row = 0; row < logits.length; row++) {
            if (given[row] >= 0) {
                labels.add((int) given[row]);
                predictions.add(Logits.argmax(logits[row]));
                classes = Math.max(classes, logits[row].length);
            }
        }
    }

    @Override
    public SequencedMap<String, Double> scores() {
        ConfusionMatrix matrix = ConfusionMatrix.of(labels.toArray(), predictions.toArray(), classes);
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("accuracy", matrix.accuracy());
        if (!choices) {
            if (classes == PAIR) {
                scores.put("f1", matrix.of(1).f1());
            } else {
                scores.put("macro_f1", matrix.macroF1());
            }
            scores.put("matthews_correlation", matrix.matthews());
        }
        return scores;
    }
}
