package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.Gliner2Programs;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.ScoredLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The labels of classifications (gliner2/inference/runtime.py:347-389). */
final class SchemaClasses {
    private SchemaClasses() {}

    /**
     * Returns the labels of a classification: the best one, or all that reach the threshold, but at least the best one.
     *
     * @param marks states of the tokens that mark the labels
     * @param temperature divides logits
     */
    static List<ScoredLabel> of(ClassificationTask task, HeadPrograms programs, float[][] marks, double temperature) {
        Map<String, Tensor> inputs = Map.of(Gliner2Programs.MARKS, States.tensor(marks));
        float[][] logits = States.rows(programs.run(Gliner2Programs.CLASSES, inputs, Gliner2Programs.LOGITS));
        double[] all = new double[logits.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = Row.finite(logits[i][0]) / temperature;
        }
        return of(task, all);
    }

    private static List<ScoredLabel> of(ClassificationTask task, double[] logits) {
        List<String> names =
                task.labels().stream().map(ClassificationTask.Label::name).toList();
        double[] probabilities = Scores.of(
                logits,
                switch (task.chosenActivation()) {
                    case SIGMOID -> FunctionToApply.SIGMOID;
                    case SOFTMAX -> FunctionToApply.SOFTMAX;
                });
        List<ScoredLabel> labels = new ArrayList<>();
        for (int i = 0; i < probabilities.length; i++) {
            if (task.multiLabel() && (float) probabilities[i] >= task.threshold()) {
                labels.add(new ScoredLabel(names.get(i), probabilities[i]));
            }
        }
        return labels.isEmpty() ? List.of(best(names, probabilities)) : labels;
    }

    /** Returns the most probable label; the first one if several are equally probable. */
    static ScoredLabel best(List<String> names, double[] probabilities) {
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        return new ScoredLabel(names.get(best), probabilities[best]);
    }
}
