package detangle.experiment.glue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.SubmissionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.TabFile.Line;
import detangle.experiment.data.TaskInput;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.ArrayList;
import java.util.List;

/**
 * CoLA. Only test.tsv has a header. As in the original, training rows have distributions over the classes, all of one
 * class, and the last 1000 of them come first.
 */
final class ColaTask implements FineTuningTask {
    private static final List<String> LABELS = List.of("0", "1");
    private static final GlueColumns LABELLED = GlueColumns.of(3).withoutHeader();
    private static final GlueColumns UNLABELLED = GlueColumns.of(1);
    private static final int LABEL = 1;
    private static final int ROWS_MOVED_FIRST = 1000;

    @Override
    public String name() {
        return "cola";
    }

    @Override
    public String description() {
        return "whether a sentence is acceptable English";
    }

    @Override
    public String origin() {
        return GlueTask.ORIGIN;
    }

    @Override
    public TaskHead head() {
        return TaskHead.softClasses(LABELS);
    }

    @Override
    public List<Example> training(TaskInput input) {
        List<Line> lines = LABELLED.lines(input.folder().file("train.tsv"));
        int rest = Math.max(0, lines.size() - ROWS_MOVED_FIRST);
        List<Line> ordered = new ArrayList<>(lines.subList(rest, lines.size()));
        ordered.addAll(lines.subList(0, rest));
        return LABELLED.examples(ordered, input.features(), ColaTask::distribution);
    }

    /** Returns all of class 0 for the label 0, and all of class 1 for any other, as the original does. */
    private static Target distribution(Line line) {
        boolean isFirst = line.column(LABEL).equals(LABELS.getFirst());
        return new Target.Numbers(isFirst ? new float[] {1, 0} : new float[] {0, 1});
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        List<Line> lines = LABELLED.lines(input.folder().file("dev.tsv"));
        List<Example> examples = LABELLED.examples(lines, input.features(), GlueColumns.labelled(LABELS, LABEL));
        return List.of(set("dev", examples, lines, LABELLED));
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        List<Line> lines = UNLABELLED.lines(input.folder().file("test.tsv"));
        List<Example> examples = UNLABELLED.examples(lines, input.features(), line -> Target.NONE);
        return List.of(set("test", examples, lines, UNLABELLED));
    }

    private static EvaluationSet set(String name, List<Example> examples, List<Line> lines, GlueColumns columns) {
        PredictionFiles files = SubmissionFiles.probabilities(
                        "sentence\tlable_0\tlabel_1", // So spelled by the original.
                        lines.stream()
                                .map(line -> columns.texts(line).getFirst())
                                .toList())
                .and(SubmissionFiles.labels(LABELS));
        return new EvaluationSet(name, examples, Measures.ACCURACY_AND_MATTHEWS, files).withCritical("mcc");
    }
}
