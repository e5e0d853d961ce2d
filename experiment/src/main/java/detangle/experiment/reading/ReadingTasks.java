package detangle.experiment.reading;

import detangle.experiment.ExperimentTask;
import detangle.experiment.TaskProvider;
import java.util.List;

/** RACE, as in DeBERTa/apps/tasks/race_task.py of the original, and SQuAD. */
public final class ReadingTasks implements TaskProvider {
    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public ReadingTasks() {}

    @Override
    public List<ExperimentTask> tasks() {
        return List.of(new RaceTask("race"), new RaceTask("myrace"), new SquadTask("1.1"), new SquadTask("2.0"));
    }
}
