package detangle.experiment;

import detangle.experiment.data.TaskInput;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The examples of an experiment, which are checked before a model is made.
 *
 * @param training the examples to train with; empty if nothing is trained
 * @param evaluated the sets to evaluate with, during training or alone
 * @param tested the sets to predict
 */
record TaskSets(List<Example> training, List<EvaluationSet> evaluated, List<EvaluationSet> tested) {
    /**
     * Reads the sets that an experiment needs.
     *
     * @param log is told of examples that do not count
     * @throws DataException if a file is missing or not well formed, or a set is of no use
     */
    static TaskSets read(FineTuningTask task, TaskInput input, ExperimentOptions options, Consumer<String> log) {
        List<EvaluationSet> evaluated = options.doEval() || options.doTrain() ? task.evaluation(input) : List.of();
        List<EvaluationSet> tested = options.doPredict() ? task.test(input) : List.of();
        List<Example> training = options.doTrain() ? task.training(input) : List.of();
        Checks checks = new Checks(task, input, log);
        evaluated.forEach(set -> checks.examples(set.name(), set.examples()));
        tested.forEach(set -> checks.examples(set.name(), set.examples()));
        for (EvaluationSet set : evaluated) {
            checks.answers(set.name(), set.examples());
            set.measures().check(set.name(), set.examples());
        }
        if (options.doTrain()) {
            checks.examples("train", training);
            checks.answers("train", training);
            checks.decision(evaluated);
        }
        return new TaskSets(training, evaluated, tested);
    }

    private record Checks(FineTuningTask task, TaskInput input, Consumer<String> log) {
        /** Refuses a set without examples, which nothing can be learned from, measured with or predicted of. */
        void examples(String set, List<Example> examples) {
            if (examples.isEmpty()) {
                throw new DataException(
                        "the task " + task.name() + " has no examples for the set " + set + ": its file in "
                                + input.folder().path() + " has no rows; download it again (" + task.origin() + ")");
            }
        }

        /** Refuses examples of which the file does not tell the answer, or tells none that the task knows. */
        void answers(String set, List<Example> examples) {
            for (int i = 0; i < examples.size(); i++) {
                if (examples.get(i).target() == Target.NONE) {
                    throw new DataException("the task " + task.name() + " has no answer for example " + i
                            + " of the set " + set + ", counted from 0: its file lacks the label of a row");
                }
            }
            List<Integer> unknown = IntStream.range(0, examples.size())
                    .filter(i -> !isKnown(examples.get(i).target()))
                    .boxed()
                    .toList();
            String known = task.head().labels().isEmpty()
                    ? ""
                    : ", which are " + String.join(", ", task.head().labels());
            if (unknown.size() == examples.size()) {
                throw new DataException("the task " + task.name() + " knows none of the labels of the set " + set
                        + known + ": its file in " + input.folder().path()
                        + " is of another task, or has its columns in"
                        + " another order; download it again (" + task.origin() + ")");
            }
            if (!unknown.isEmpty()) {
                log.accept(unknown.size() + " of the " + examples.size() + " examples of the set " + set
                        + " do not count, the first of them example " + unknown.getFirst()
                        + ", counted from 0: they have none of the labels" + known);
            }
        }

        private static boolean isKnown(Target target) {
            return switch (target) {
                case Target.OneClass(int index) -> index >= 0;
                case Target.TokenClasses(int[] indices) ->
                    Arrays.stream(indices).anyMatch(index -> index >= 0);
                case Target.Numbers _, Target.Span _, Target.Inputs _, Target.Unknown _ -> true;
            };
        }

        /** Refuses sets of which none decides which model is the best. */
        void decision(List<EvaluationSet> evaluated) {
            if (evaluated.stream().noneMatch(EvaluationSet::decides)) {
                throw new DataException(
                        "the task " + task.name() + " chooses the best model by a set that is not there;"
                                + " there are "
                                + evaluated.stream().map(EvaluationSet::name).toList() + ": its file in "
                                + input.folder().path() + " lacks rows; download it again (" + task.origin() + ")");
            }
        }
    }
}
