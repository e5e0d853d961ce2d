package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.OptionRows;
import detangle.experiment.data.SegmentFeatures;
import detangle.models.text.WhiteSpace;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * COPA: each of the two choices of a premise is an example with two classes. The cause stands before its effect.
 * Classes say whether the choice is the right one.
 */
final class CopaTask implements SuperGlueTask {
    @Override
    public String name() {
        return "copa";
    }

    @Override
    public String description() {
        return "which of two choices is the cause or the effect of a premise";
    }

    @Override
    public TaskHead head() {
        return TaskHead.classes(OptionRows.LABELS);
    }

    @Override
    public EvaluationSet set(String name, List<JsonRow> rows, SegmentFeatures features) {
        // The original calls this file .tsv, though its lines are JSON.
        PredictionFiles submission = (predictions, where) -> {
            int[] chosen = OptionRows.chosen(predictions, 2);
            SuperGlue.write(
                    where.file("submit", "tsv"),
                    SuperGlue.lines(
                            chosen.length, i -> SuperGlue.object().put("idx", i).put("label", chosen[i])));
        };
        return new EvaluationSet(name, examples(rows, features), Measures.ofOptions(2), submission);
    }

    @Override
    public List<Example> examples(List<JsonRow> rows, SegmentFeatures features) {
        List<Example> examples = new ArrayList<>();
        for (JsonRow row : rows) {
            String premise = SuperGlue.text(row, "premise");
            boolean cause = WhiteSpace.strip(row.text("question"))
                    .toLowerCase(Locale.ROOT)
                    .equals("cause");
            for (int i = 0; i < 2; i++) {
                String choice = SuperGlue.text(row, "choice" + (i + 1));
                examples.add(features.example(
                        cause ? List.of(choice, premise) : List.of(premise, choice),
                        row.has("label") ? OptionRows.target(i == row.integer("label")) : Target.NONE,
                        examples.size()));
            }
        }
        return examples;
    }
}
