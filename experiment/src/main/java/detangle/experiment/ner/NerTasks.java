package detangle.experiment.ner;

import detangle.experiment.ExperimentTask;
import detangle.experiment.TaskProvider;
import java.util.List;

/** The task of DeBERTa/apps/tasks/ner_task.py of the original. */
public final class NerTasks implements TaskProvider {
    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public NerTasks() {}

    @Override
    public List<ExperimentTask> tasks() {
        return List.of(new NerTask());
    }
}
