package detangle.experiment;

import detangle.experiment.data.TaskInput;
import detangle.train.data.Example;
import java.util.List;

/**
 * A task whose examples have right answers: a model is trained with some of them, evaluated with others, and predicts
 * the rest. An implementation reads the files of the task's folder through {@link TaskInput#folder}, which says what to
 * download where one is missing, and makes examples by {@link TaskInput#features} or by itself. Examples of one set
 * have targets of one kind, those that the head is trained with.
 */
public non-sealed interface FineTuningTask extends ExperimentTask {
    /** Returns where the files of the task come from, for messages: {@code https://gluebenchmark.com/tasks}. */
    String origin();

    /** Returns the head that the task puts on the encoder, with its loss. */
    TaskHead head();

    /**
     * Reads the examples to train with, in the order of their files.
     *
     * @throws detangle.train.data.DataException if a file is missing, cannot be read, or is not well formed
     */
    List<Example> training(TaskInput input);

    /** Reads the sets to evaluate with, in the order of the original. Exceptions are those of {@link #training}. */
    List<EvaluationSet> evaluation(TaskInput input);

    /**
     * Reads the sets to predict. Their examples may lack an answer ({@link detangle.train.data.Target#NONE}).
     * Exceptions are those of {@link #training}.
     */
    List<EvaluationSet> test(TaskInput input);
}
