package detangle.experiment.superglue;

import detangle.experiment.ExperimentTask;
import detangle.experiment.Measures;
import detangle.experiment.TaskProvider;
import detangle.train.metrics.ConfusionMatrix;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The tasks of SuperGLUE: those of DeBERTa/apps/tasks/superglue_tasks.py of the original, WSC, and RTE in its files.
 */
public final class SuperGlueTasks implements TaskProvider {
    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public SuperGlueTasks() {}

    @Override
    public List<ExperimentTask> tasks() {
        return List.of(
                new PairTask(
                        "boolq",
                        "whether the answer to a question about a passage is yes",
                        SuperGlue.TRUTH,
                        "passage",
                        "question",
                        Measures.ACCURACY,
                        "accuracy"),
                new PairTask(
                        "cb",
                        "whether a text entails another one, contradicts it, or neither",
                        List.of("contradiction", "neutral", "entailment"),
                        "premise",
                        "hypothesis",
                        Measures.ACCURACY.and(
                                predictions -> Measures.named("f1", meanF1(Measures.matrix(predictions)))),
                        "f1"),
                new PairTask(
                        "srte",
                        "whether a text entails another one, in the files of SuperGLUE",
                        List.of("not_entailment", "entailment"),
                        "premise",
                        "hypothesis",
                        Measures.ACCURACY,
                        "accuracy"),
                new MultiRcTask(),
                new CopaTask(),
                new RecordTask(),
                new WicTask(),
                new WscTask());
    }

    /** Returns the mean of F1 over all classes, those included that no row has. */
    private static double meanF1(ConfusionMatrix matrix) {
        return IntStream.range(0, matrix.classes())
                .mapToDouble(c -> matrix.of(c).f1())
                .average()
                .orElseThrow();
    }
}
