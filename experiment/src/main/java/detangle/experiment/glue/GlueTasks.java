package detangle.experiment.glue;

import detangle.experiment.ExperimentTask;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.SubmissionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.TaskProvider;
import detangle.experiment.data.TabFile.Line;
import detangle.train.data.Target;
import java.util.List;

/** The tasks of GLUE and ANLI, as in DeBERTa/apps/tasks/glue_tasks.py of the original. */
public final class GlueTasks implements TaskProvider {
    private static final List<String> BINARY = List.of("0", "1");
    private static final List<String> ENTAILMENT = List.of("not_entailment", "entailment");

    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public GlueTasks() {}

    @Override
    public List<ExperimentTask> tasks() {
        return List.of(
                new GlueTask(
                        "sts-b",
                        "how similar two sentences are, from 0 to 5",
                        TaskHead.number("1"),
                        GlueColumns.of(7, 8),
                        line -> new Target.Numbers(new float[] {line.number(9)}),
                        GlueColumns.of(7, 8),
                        Measures.CORRELATIONS,
                        (lines, columns) -> SubmissionFiles.numbers()),
                new GlueTask(
                        "rte",
                        "whether a text entails another one",
                        TaskHead.classes(ENTAILMENT),
                        GlueColumns.of(1, 2),
                        GlueColumns.labelled(ENTAILMENT, 3),
                        GlueColumns.of(1, 2),
                        Measures.ACCURACY,
                        GlueTasks::entailments),
                ofLabels(
                        "mrpc",
                        "whether two sentences say the same",
                        BINARY,
                        GlueColumns.of(3, 4),
                        0,
                        GlueColumns.of(3, 4),
                        Measures.ACCURACY_AND_F1),
                ofLabels(
                        "qnli",
                        "whether a sentence answers a question",
                        ENTAILMENT,
                        GlueColumns.of(2, 1),
                        3,
                        GlueColumns.of(2, 1),
                        Measures.ACCURACY),
                ofLabels(
                        "sst-2",
                        "whether a sentence of a film review is positive",
                        BINARY,
                        GlueColumns.of(0),
                        1,
                        GlueColumns.of(1),
                        Measures.ACCURACY),
                ofLabels(
                        "qqp",
                        "whether two questions ask the same",
                        BINARY,
                        GlueColumns.of(3, 4).withExactly(6),
                        5,
                        GlueColumns.of(-2, -1),
                        Measures.ACCURACY_AND_F1),
                new ColaTask(),
                MnliTask.mnli(),
                MnliTask.anli());
    }

    private static GlueTask ofLabels(
            String name,
            String description,
            List<String> labels,
            GlueColumns labelled,
            int label,
            GlueColumns unlabelled,
            Measures measures) {
        return new GlueTask(
                name,
                description,
                TaskHead.classes(labels),
                labelled,
                GlueColumns.labelled(labels, label),
                unlabelled,
                measures,
                (lines, columns) -> SubmissionFiles.labels(labels));
    }

    private static PredictionFiles entailments(List<Line> lines, GlueColumns columns) {
        return SubmissionFiles.probabilities(
                        "sentence1\tsentence2\tnot_entailment\tentailment",
                        lines.stream()
                                .map(line -> String.join("\t", columns.texts(line)))
                                .toList())
                .and(SubmissionFiles.labels(ENTAILMENT));
    }
}
