package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.Measures;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.train.data.Example;
import java.util.ArrayList;
import java.util.List;

/**
 * A task whose rows are two texts with a class: BoolQ, CB and RTE.
 *
 * @param labels the labels in the order of their classes, as files have them
 * @param first the name of the first text
 * @param second the name of the second text
 * @param critical the measure that decides on the best model
 */
record PairTask(
        String name,
        String description,
        List<String> labels,
        String first,
        String second,
        Measures measures,
        String critical)
        implements SuperGlueTask {
    @Override
    public TaskHead head() {
        return TaskHead.classes(labels);
    }

    @Override
    public EvaluationSet set(String set, List<JsonRow> rows, SegmentFeatures features) {
        return new EvaluationSet(set, examples(rows, features), measures, SuperGlue.labels(labels))
                .withCritical(critical);
    }

    @Override
    public List<Example> examples(List<JsonRow> rows, SegmentFeatures features) {
        List<Example> examples = new ArrayList<>();
        for (JsonRow row : rows) {
            List<String> texts = List.of(SuperGlue.text(row, first), SuperGlue.text(row, second));
            examples.add(features.example(texts, SuperGlue.target(row, labels), examples.size()));
        }
        return examples;
    }
}
