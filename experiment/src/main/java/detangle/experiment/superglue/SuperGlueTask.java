package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.train.data.Example;
import java.util.List;

/** A task of SuperGLUE: it trains with train.jsonl, is evaluated with val.jsonl, and predicts test.jsonl. */
interface SuperGlueTask extends FineTuningTask {
    /** Makes the examples of rows. */
    List<Example> examples(List<JsonRow> rows, SegmentFeatures features);

    /** Makes a set of rows. */
    EvaluationSet set(String name, List<JsonRow> rows, SegmentFeatures features);

    @Override
    default String origin() {
        return "https://super.gluebenchmark.com/tasks";
    }

    @Override
    default List<Example> training(TaskInput input) {
        return examples(rows(input, "train.jsonl"), input.features());
    }

    @Override
    default List<EvaluationSet> evaluation(TaskInput input) {
        return List.of(set("dev", rows(input, "val.jsonl"), input.features()));
    }

    @Override
    default List<EvaluationSet> test(TaskInput input) {
        return List.of(set("test", rows(input, "test.jsonl"), input.features()));
    }

    private static List<JsonRow> rows(TaskInput input, String file) {
        return JsonLines.read(input.folder().file(file));
    }
}
