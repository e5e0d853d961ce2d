package detangle.experiment;

import detangle.runtime.Backends;
import detangle.train.TrainingCallback;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * An experiment: a model, and options that say whether it is trained, evaluated and asked for predictions.
 *
 * @param options the options
 * @param model the model that it begins with
 * @param log receives a line about each step of the experiment
 * @param callbacks the callbacks that are told of the progress of training
 */
public record Experiment(
        ExperimentOptions options, ModelSource model, Consumer<String> log, List<TrainingCallback> callbacks) {
    public Experiment {
        callbacks = List.copyOf(callbacks);
    }

    /** Makes an experiment whose log is not kept. */
    public Experiment(ExperimentOptions options, ModelSource model) {
        this(options, model, line -> {}, List.of());
    }

    /** Adds a callback that is told of the progress of training. */
    public Experiment with(TrainingCallback callback) {
        List<TrainingCallback> all = new ArrayList<>(callbacks);
        all.add(callback);
        return new Experiment(options, model, log, all);
    }

    /** Makes the output folder. A task calls it once nothing is left to refuse, so that no file is left behind. */
    public void begin() {
        try {
            Files.createDirectories(options.outputDir());
        } catch (IOException e) {
            throw ResultFiles.fault(options.outputDir(), e);
        }
    }

    /**
     * Runs a task, and returns when all its results are written.
     *
     * @throws detangle.ir.DetangleException of the part at fault
     */
    public void run(ExperimentTask task) {
        Backends.device(options.training().backend(), Set.of()); // Refuses a backend that is not there.
        switch (task) {
            case FineTuningTask fineTuning -> new FineTuning(this, fineTuning).run();
            case PretrainingTask pretraining -> pretraining.run(this);
        }
    }
}
