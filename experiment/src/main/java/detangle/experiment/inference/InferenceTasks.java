package detangle.experiment.inference;

import detangle.experiment.ExperimentTask;
import detangle.experiment.TaskProvider;
import java.util.List;

/** AlphaNLI, as in experiments/my_exp/alpha_nli.py of the original, and XNLI. */
public final class InferenceTasks implements TaskProvider {
    /** Makes a provider; {@link java.util.ServiceLoader} calls it. */
    public InferenceTasks() {}

    @Override
    public List<ExperimentTask> tasks() {
        return List.of(new AlphaNliTask(), new XnliTask());
    }
}
