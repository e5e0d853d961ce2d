package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.Measures;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.experiment.head.EntityChoice;
import detangle.train.data.Example;
import java.util.List;

/** ReCoRD asks which entity of a passage fills a gap in a sentence. */
final class RecordTask implements SuperGlueTask {
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
    public TaskHead head() {
        return new TaskHead.Own(new EntityChoice(), new EntityChoice(), LABELS);
    }

    @Override
    public List<Example> training(TaskInput input) {
        return examples(JsonLines.read(input.folder().file("train.jsonl"), input.debug()), input.features());
    }

    @Override
    public List<Example> examples(List<JsonRow> rows, SegmentFeatures features) {
        return windows(rows, features).examples();
    }

    /** Makes the windows of rows. */
    static RecordWindows windows(List<JsonRow> rows, SegmentFeatures features) {
        return RecordWindows.of(RecordFile.passages(rows), features);
    }

    @Override
    public EvaluationSet set(String name, List<JsonRow> rows, SegmentFeatures features) {
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
