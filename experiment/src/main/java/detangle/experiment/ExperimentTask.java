package detangle.experiment;

import java.util.List;

/** A task that {@code --task_name} names. */
public sealed interface ExperimentTask permits FineTuningTask, PretrainingTask {
    /** Returns the name in lower case, such as {@code sts-b}. */
    String name();

    /** Returns what the task is about, in one line. */
    String description();

    /** Returns the options that this task has beside those of all tasks. */
    default List<TaskOption> options() {
        return List.of();
    }
}
