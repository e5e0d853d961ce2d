package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.MarkedText;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.train.data.Example;
import java.util.ArrayList;
import java.util.List;

/**
 * WiC asks whether a word has one meaning in two sentences. The original names a model for it that is missing from its
 * code, so its head is {@link detangle.experiment.head.WordPair}. Beside val.jsonl the original reads train_weak.jsonl,
 * which is not part of SuperGLUE; it is evaluated as the set {@code wordnet} if the folder has it.
 */
final class WicTask implements MarkedWordsTask {
    @Override
    public String name() {
        return "wic";
    }

    @Override
    public String description() {
        return "whether a word has the same meaning in two sentences";
    }

    @Override
    public List<String> submitted() {
        return SuperGlue.TRUTH;
    }

    @Override
    public List<Example> training(TaskInput input) {
        return examples(JsonLines.read(input.folder().file("train.jsonl"), input.debug()), input.features());
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        List<EvaluationSet> sets = new ArrayList<>(MarkedWordsTask.super.evaluation(input));
        if (input.folder().has("train_weak.jsonl")) {
            sets.add(set("wordnet", JsonLines.read(input.folder().file("train_weak.jsonl")), input.features()));
        }
        return sets;
    }

    @Override
    public Example example(JsonRow row, SegmentFeatures features) {
        MarkedText first = MarkedText.of(features.tokenizer(), row.text("sentence1"));
        MarkedText second = MarkedText.of(features.tokenizer(), row.text("sentence2"));
        return new WordPairs(features, row.where(), SuperGlue.index(row, SuperGlue.TRUTH))
                .of(
                        first,
                        first.span(row.integer("start1"), row.integer("end1")),
                        second,
                        second.span(row.integer("start2"), row.integer("end2")));
    }
}
