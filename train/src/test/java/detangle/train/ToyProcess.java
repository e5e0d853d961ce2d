package detangle.train;

import java.nio.file.Path;

/**
 * Trains the toy in a process of its own, with a checkpoint after each update, and goes on where the last process was
 * killed.
 */
public final class ToyProcess {
    private ToyProcess() {}

    static TrainingOptions options(Path folder) {
        return TrainingOptions.DEFAULT
                .withMaxSteps(40)
                .withPerDeviceTrainBatchSize(5)
                .withGradientAccumulationSteps(2)
                .with(OptimizerOptions.HUGGINGFACE.withLearningRate(0.01))
                .with(SavingOptions.in(folder)
                        .withStrategy(Moment.STEPS, 1)
                        .withSaveTotalLimit(2)
                        .withResume(true));
    }

    /** @param arguments the output folder */
    public static void main(String[] arguments) {
        TrainingOptions options = options(Path.of(arguments[0]));
        new Trainer(Toy.model(), Toy.batches(options), options)
                .with(new TrainingCallback() {
                    @Override
                    public void onBegin(Begin begin) {
                        System.out.println("begins at " + begin.done());
                    }

                    @Override
                    public void onSave(Path checkpoint) {
                        System.out.println("saved " + checkpoint.getFileName());
                    }
                })
                .train();
        System.out.println("done");
    }
}
