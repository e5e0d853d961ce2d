package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.experiment.head.EntityChoice;
import detangle.train.data.Example;
import java.util.List;

/** ReCoRD: which entity of a passage fits into a gap of a sentence. */
final class RecordTask implements FineTuningTask {
    private static final List<String> LABELS = List.of("0", "1");

    @Override
    public String name() {
        return "record";
    }

    @Override
    public String description() {
        return "which entity of a passage fits into a gap of a sentence";
    }

    @Override
    public String origin() {
        return SuperGlue.ORIGIN;
    }

    @Override
    public TaskHead head() {
        return new TaskHead.Own(new EntityChoice(), new EntityChoice(), LABELS);
    }

    @Override
    public List<Example> training(TaskInput input) {
        List<JsonRow> rows = JsonLines.read(input.folder().file("train.jsonl"), input.debug());
        return windows(rows, input.features()).examples();
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        return SuperGlue.evaluation(input, (name, rows) -> set(name, rows, input.features()));
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return SuperGlue.test(input, (name, rows) -> set(name, rows, input.features()));
    }

    /** Makes the windows of rows. */
    static RecordWindows windows(List<JsonRow> rows, SegmentFeatures features) {
        return RecordWindows.of(RecordFile.passages(rows), features);
    }

    private static EvaluationSet set(String name, List<JsonRow> rows, SegmentFeatures features) {
        RecordWindows windows = windows(rows, features);
        Measures measures =
                predictions -> RecordAnswers.of(windows, predictions).measures();
        return new EvaluationSet(
                        name,
                        windows.examples(),
                        measures,
                        (predictions, where) ->
                                RecordAnswers.of(windows, predictions).write(where))
                .withCritical("f1");
    }
}
