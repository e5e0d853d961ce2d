package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.Measures;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.head.MarkedSpans;
import detangle.experiment.head.WordPair;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.metrics.ConfusionMatrix;
import detangle.train.metrics.Logits;
import java.util.List;
import java.util.stream.IntStream;

/** A task that answers yes or no to a question about two marked words: WiC and WSC. */
interface MarkedWordsTask extends SuperGlueTask {
    /** Makes the example of a row. */
    Example example(JsonRow row, SegmentFeatures features);

    /** Returns how a submission spells the classes. */
    List<String> submitted();

    @Override
    default TaskHead head() {
        WordPair head = new WordPair(SuperGlue.TRUTH.size());
        return new TaskHead.Own(head, head, SuperGlue.TRUTH);
    }

    @Override
    default List<Example> examples(List<JsonRow> rows, SegmentFeatures features) {
        return rows.stream().map(row -> example(row, features)).toList();
    }

    @Override
    default EvaluationSet set(String name, List<JsonRow> rows, SegmentFeatures features) {
        Measures accuracy = predictions -> {
            int[] all = IntStream.range(0, predictions.size())
                    .map(i -> MarkedSpans.labels(predictions.target(i, Target.Inputs.class))[0])
                    .toArray();
            int[] known =
                    IntStream.range(0, all.length).filter(i -> all[i] >= 0).toArray();
            ConfusionMatrix matrix = ConfusionMatrix.of(
                    IntStream.of(known).map(i -> all[i]).toArray(),
                    IntStream.of(known)
                            .map(i -> Logits.argmax(predictions.logits(i)))
                            .toArray(),
                    SuperGlue.TRUTH.size());
            return Measures.named("accuracy", matrix.accuracy());
        };
        return new EvaluationSet(name, examples(rows, features), accuracy, SuperGlue.labels(submitted()));
    }
}
