package detangle.experiment.glue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.TabFile.Line;
import detangle.experiment.data.TaskInput;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.List;
import java.util.function.Function;

/**
 * A task with train.tsv, dev.tsv and test.tsv, whose lines are examples.
 *
 * @param labelled the columns of the texts of train.tsv and dev.tsv
 * @param target the answer in a line of these files
 * @param unlabelled the columns of the texts of test.tsv
 * @param files makes the files of predictions of the lines of a file and the columns of their texts
 */
record GlueTask(
        String name,
        String description,
        TaskHead head,
        GlueColumns labelled,
        Function<Line, Target> target,
        GlueColumns unlabelled,
        Measures measures,
        Files files)
        implements FineTuningTask {
    static final String ORIGIN = "https://gluebenchmark.com/tasks";

    /** Makes the files of predictions of a set. */
    @FunctionalInterface
    interface Files {
        PredictionFiles of(List<Line> lines, GlueColumns columns);
    }

    @Override
    public String origin() {
        return ORIGIN;
    }

    @Override
    public List<Example> training(TaskInput input) {
        return labelled.examples(labelled.lines(input.folder().file("train.tsv")), input.features(), target);
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        List<Line> lines = labelled.lines(input.folder().file("dev.tsv"));
        return List.of(new EvaluationSet(
                "dev", labelled.examples(lines, input.features(), target), measures, files.of(lines, labelled)));
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        List<Line> lines = unlabelled.lines(input.folder().file("test.tsv"));
        return List.of(new EvaluationSet(
                "test",
                unlabelled.examples(lines, input.features(), line -> Target.NONE),
                measures,
                files.of(lines, unlabelled)));
    }
}
