package detangle.experiment;

import java.util.List;

/**
 * Gives tasks. {@link java.util.ServiceLoader} finds the implementations: a jar names its class in {@code
 * META-INF/services/detangle.experiment.TaskProvider}.
 */
public interface TaskProvider {
    /** Returns the tasks, each with a name of its own. */
    List<ExperimentTask> tasks();
}
