package detangle.experiment.pretrain;

import detangle.experiment.ExperimentTask;
import detangle.experiment.TaskProvider;
import java.util.List;

/** The tasks that pre-train, as in the original's experiments/language_model. */
public final class PretrainingTasks implements TaskProvider {
    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public PretrainingTasks() {}

    @Override
    public List<ExperimentTask> tasks() {
        return List.of(new MlmTask(), new RtdTask());
    }
}
