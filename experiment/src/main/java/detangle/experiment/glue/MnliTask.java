package detangle.experiment.glue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.SubmissionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.DataFolder;
import detangle.experiment.data.TabFile.Line;
import detangle.experiment.data.TaskInput;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.metrics.Logits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * MNLI, and ANLI, which trains on the three rounds of adversarial pairs in {@code anli_v0.1} of MNLI's folder, and is
 * evaluated with the sets of MNLI. A folder of ANLI stands for that of MNLI beside it.
 *
 * @param adversarial whether it trains with ANLI's pairs
 */
record MnliTask(String name, String description, boolean adversarial) implements FineTuningTask {
    private static final List<String> LABELS = List.of("contradiction", "neutral", "entailment");
    private static final GlueColumns PAIRS = GlueColumns.of(8, 9);
    private static final GlueColumns ROUNDS = GlueColumns.of(1, 2);
    private static final int ROUND_LABEL = 3;
    private static final int GENRE = 3;

    static MnliTask mnli() {
        return new MnliTask("mnli", "whether a premise entails a hypothesis, contradicts it, or neither", false);
    }

    static MnliTask anli() {
        return new MnliTask("anli", "as mnli, trained with pairs that were written against models", true);
    }

    @Override
    public String origin() {
        return adversarial
                ? GlueTask.ORIGIN + " for MNLI, https://dl.fbaipublicfiles.com/anli/anli_v0.1.zip for anli_v0.1"
                : GlueTask.ORIGIN;
    }

    @Override
    public TaskHead head() {
        return TaskHead.classes(LABELS);
    }

    private DataFolder folder(TaskInput input) {
        DataFolder given = input.folder();
        return adversarial && given.path().endsWith("ANLI") ? given.resolve("../MNLI") : given;
    }

    @Override
    public List<Example> training(TaskInput input) {
        if (!adversarial) {
            List<Line> lines = PAIRS.lines(folder(input).file("train.tsv"));
            return PAIRS.examples(lines, input.features(), GlueColumns.labelled(LABELS, -1));
        }
        List<Line> lines = new ArrayList<>();
        for (String round : List.of("R1", "R2", "R3")) {
            lines.addAll(ROUNDS.lines(folder(input).file("anli_v0.1/" + round + "/train.tsv")));
        }
        return ROUNDS.examples(lines, input.features(), GlueColumns.labelled(LABELS, ROUND_LABEL));
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        return List.of(
                set(input, "matched", "dev_matched.tsv", true), set(input, "mismatched", "dev_mismatched.tsv", true));
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return List.of(
                set(input, "matched", "test_matched.tsv", false),
                set(input, "mismatched", "test_mismatched.tsv", false));
    }

    private EvaluationSet set(TaskInput input, String name, String file, boolean labelled) {
        List<Line> lines = PAIRS.lines(folder(input).file(file));
        List<Example> examples = PAIRS.examples(
                lines, input.features(), labelled ? GlueColumns.labelled(LABELS, -1) : line -> Target.NONE);
        List<String> genres = lines.stream().map(line -> line.column(GENRE)).toList();
        return new EvaluationSet(name, examples, byGenre(genres), SubmissionFiles.labels(LABELS))
                .withCritical("accuracy");
    }

    /** Returns the accuracy, and that of each genre. */
    private static Measures byGenre(List<String> genres) {
        return Measures.ACCURACY.and(predictions -> {
            SequencedMap<String, int[]> counts = new LinkedHashMap<>();
            for (int i = 0; i < predictions.size(); i++) {
                int label = predictions.target(i, Target.OneClass.class).index();
                int[] count = counts.computeIfAbsent(genres.get(i), genre -> new int[2]);
                if (label >= 0) {
                    count[0] += Logits.argmax(predictions.logits(i)) == label ? 1 : 0;
                    count[1]++;
                }
            }
            SequencedMap<String, Double> measures = new LinkedHashMap<>();
            counts.forEach((genre, count) -> {
                if (count[1] > 0) {
                    measures.put("accuracy_" + genre, (double) count[0] / count[1]);
                }
            });
            return measures;
        });
    }
}
