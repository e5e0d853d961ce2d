package detangle.experiment.inference;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.OptionRows;
import detangle.experiment.data.TaskInput;
import detangle.experiment.data.TextLines;
import detangle.train.data.DataException;
import detangle.train.data.Draws;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * AlphaNLI asks which of two hypotheses explains what happened between two observations. Each hypothesis is an example
 * with two classes: the pair of both observations and of the hypothesis. For each line of train.jsonl, a line of
 * {@code train-labels.lst} has the number of the right one: 1 or 2.
 */
final class AlphaNliTask implements FineTuningTask {
    private static final int OPTIONS = 2;
    /** The number of rows of the training set that the original evaluates too. */
    private static final int MEASURED_ROWS = 1000;

    /** A row, and the number of its right hypothesis from 0; -1 if it is not known. */
    private record Labelled(JsonRow row, int right) {}

    @Override
    public String name() {
        return "alphanli";
    }

    @Override
    public String description() {
        return "which of two hypotheses explains two observations";
    }

    @Override
    public String origin() {
        return "https://storage.googleapis.com/ai2-mosaic/public/alphanli/alphanli-train-dev.zip";
    }

    @Override
    public TaskHead head() {
        return TaskHead.classes(OptionRows.LABELS);
    }

    @Override
    public List<Example> training(TaskInput input) {
        return examples(labelled(input, "train"), input);
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        List<Labelled> train = labelled(input, "train");
        int[] chosen = Draws.permutation(train.size(), Draws.of(0, MEASURED_ROWS));
        List<Labelled> some =
                Arrays.stream(chosen).limit(MEASURED_ROWS).mapToObj(train::get).toList();
        return List.of(
                set("dev", labelled(input, "dev"), input),
                set("train", some, input).withoutDecision());
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return List.of(set("test", labelled(input, "test"), input));
    }

    private static List<Labelled> labelled(TaskInput input, String split) {
        List<JsonRow> rows = JsonLines.read(input.folder().file(split + ".jsonl"));
        String labels = split + "-labels.lst";
        if (!split.equals("test") || input.folder().has(labels)) {
            Path file = input.folder().file(labels);
            List<String> lines = new ArrayList<>();
            TextLines.read(file, (number, line) -> lines.add(line));
            if (lines.size() != rows.size()) {
                throw new DataException(
                        file + " has " + lines.size() + " lines for the " + rows.size() + " of " + split + ".jsonl");
            }
            return IntStream.range(0, lines.size())
                    .mapToObj(i -> new Labelled(rows.get(i), right(lines.get(i), file, i + 1)))
                    .toList();
        }
        return rows.stream().map(row -> new Labelled(row, -1)).toList();
    }

    private static int right(String line, Path file, int number) {
        return switch (line.strip()) {
            case "1" -> 0;
            case "2" -> 1;
            default -> throw new DataException(file + ", line " + number + " is '" + line + "', and neither 1 nor 2");
        };
    }

    private static List<Example> examples(List<Labelled> rows, TaskInput input) {
        List<Example> examples = new ArrayList<>();
        for (Labelled labelled : rows) {
            String observed = labelled.row.text("obs1") + " " + labelled.row.text("obs2");
            for (int i = 0; i < OPTIONS; i++) {
                List<String> pair = List.of(observed, labelled.row.text("hyp" + (i + 1)));
                Target target = labelled.right < 0 ? Target.NONE : OptionRows.target(i == labelled.right);
                examples.add(input.features().example(pair, target, examples.size()));
            }
        }
        return examples;
    }

    /** Makes a set, whose {@code submit-SET-PREFIX.tsv} has a line for each row: 1 or 2. */
    private static EvaluationSet set(String name, List<Labelled> rows, TaskInput input) {
        PredictionFiles submission = (predictions, where) -> {
            StringBuilder text = new StringBuilder();
            for (int option : OptionRows.chosen(predictions, OPTIONS)) {
                text.append(option + 1).append('\n');
            }
            Files.writeString(where.file("submit", "tsv"), text);
        };
        return new EvaluationSet(name, examples(rows, input), Measures.ofOptions(OPTIONS), submission);
    }
}
