package detangle.experiment.inference;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.SubmissionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.TabFile;
import detangle.experiment.data.TabFile.Line;
import detangle.experiment.data.TaskInput;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * XNLI by zero-shot transfer: a model of several languages is trained with the English pairs of MNLI (train.tsv of
 * GLUE) and evaluated with those of each language of xnli.dev.tsv and xnli.test.tsv. As no other language may help to
 * choose the model, {@code dev-en} alone decides on the best one. The original reports such results, but has no task
 * for them.
 */
final class XnliTask implements FineTuningTask {
    private static final List<String> LABELS = List.of("contradiction", "neutral", "entailment");
    private static final String DECIDING = "dev-en";

    /** The columns of MNLI's train.tsv; the label is the last one. */
    private static final int PREMISE = 8;

    private static final int HYPOTHESIS = 9;

    @Override
    public String name() {
        return "xnli";
    }

    @Override
    public String description() {
        return "whether a text entails another one, in 15 languages, learned from English";
    }

    @Override
    public String origin() {
        return "train.tsv of MNLI: https://gluebenchmark.com/tasks; xnli.dev.tsv and xnli.test.tsv:"
                + " https://dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip";
    }

    @Override
    public TaskHead head() {
        return TaskHead.classes(LABELS);
    }

    @Override
    public List<Example> training(TaskInput input) {
        List<Example> examples = new ArrayList<>();
        for (Line line : TabFile.read(input.folder().file("train.tsv"), true)) {
            examples.add(example(line, PREMISE, HYPOTHESIS, -1, examples.size(), input));
        }
        return examples;
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        List<EvaluationSet> sets = new ArrayList<>(sets(input, "dev"));
        sets.addAll(sets(input, "test"));
        return sets;
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return sets(input, "test");
    }

    /** Makes a set for each language of a file, in the order in which they occur. */
    private static List<EvaluationSet> sets(TaskInput input, String split) {
        Path file = input.folder().file("xnli." + split + ".tsv");
        List<Line> lines = TabFile.read(file, false);
        if (lines.isEmpty()) {
            throw new DataException(file + " is empty");
        }
        Line header = lines.getFirst();
        int language = column(header, "language", file);
        int label = column(header, "gold_label", file);
        int first = column(header, "sentence1", file);
        int second = column(header, "sentence2", file);
        SequencedMap<String, List<Example>> byLanguage = new LinkedHashMap<>();
        for (Line line : lines.subList(1, lines.size())) {
            List<Example> examples = byLanguage.computeIfAbsent(line.column(language), l -> new ArrayList<>());
            examples.add(example(line, first, second, label, examples.size(), input));
        }
        List<EvaluationSet> sets = new ArrayList<>();
        byLanguage.forEach((of, examples) -> {
            String name = split + "-" + of;
            EvaluationSet set = new EvaluationSet(name, examples, Measures.ACCURACY, SubmissionFiles.labels(LABELS));
            sets.add(name.equals(DECIDING) ? set : set.withoutDecision());
        });
        return sets;
    }

    private static int column(Line header, String name, Path file) {
        int column = header.columns().indexOf(name);
        if (column < 0) {
            throw new DataException(file + " has no column '" + name + "' in its first line");
        }
        return column;
    }

    private static Example example(Line line, int first, int second, int label, int slot, TaskInput input) {
        return input.features()
                .example(
                        List.of(line.column(first), line.column(second)),
                        new Target.OneClass(LABELS.indexOf(line.column(label))),
                        slot);
    }
}
