package detangle.cli;

import detangle.train.SavingOptions;
import detangle.train.TrainingOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * The options of {@code experiment} that the original's trainer has (DeBERTa/training/args.py), and those that resume a
 * training.
 */
final class ExperimentTrainerOptions {
    private static final String FROM_NEWEST = "true";
    private static final String FROM_START = "false";
    private static final String NO_EFFECT = "The original sets it for its own processes; without an effect here.";

    @Option(
            names = "--accumulative_update",
            paramLabel = "N",
            description =
                    "The number of parts into which the rows of an update are cut, for less memory; 1 by" + " default.")
    private int accumulation = 1;

    @Option(
            names = "--dump_interval",
            paramLabel = "N",
            description = "The number of updates between evaluations, each with a checkpoint; 1000 by default.")
    private long dumpInterval = 1000;

    @Option(
            names = "--num_train_epochs",
            paramLabel = "X",
            description = "The number of epochs, which may be a fraction; 3 by default.")
    private double epochs = 3;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "The seed of dropout and of initial values; 1234 by default. The order of rows does not follow"
                            + " from it.")
    private long seed = 1234;

    @Option(
            names = "--train_batch_size",
            paramLabel = "N",
            description = "The number of rows of an update; 64 by default.")
    private int batch = 64;

    @Option(
            names = "--workers",
            paramLabel = "N",
            description = "An option of the original without an effect: the number of processes that read data.")
    private Optional<Integer> workers;

    @Option(names = "--local_rank", hidden = true, description = NO_EFFECT)
    private int localRank = -1;

    @Option(names = "--world_size", hidden = true, description = NO_EFFECT)
    private int worldSize = -1;

    @Option(names = "--rank", hidden = true, description = NO_EFFECT)
    private int rank = -1;

    @Option(names = "--master_ip", hidden = true, description = NO_EFFECT)
    private Optional<String> masterIp;

    @Option(names = "--master_port", hidden = true, description = NO_EFFECT)
    private Optional<String> masterPort;

    @Option(
            names = "--resume_from_checkpoint",
            paramLabel = "CHECKPOINT",
            arity = "0..1",
            fallbackValue = FROM_NEWEST,
            preprocessor = RunArguments.LooksLikeCheckpoint.class,
            description = "Continue, bit for bit, from this checkpoint; by default from the newest one in the"
                    + " output folder, if there is one. The original does not have this option.")
    private Optional<String> resume;

    @Option(
            names = "--overwrite_output_dir",
            description = "Write into a folder that has checkpoints already, and delete them.")
    private boolean overwrites;

    @Option(
            names = "--gradient_checkpointing",
            description = "Compute each layer of the encoder again in the backward pass, which takes less memory"
                    + " and more time.")
    private boolean checkpointing;

    /** Refuses numbers outside their ranges. */
    void check(NumberChecks numbers) {
        numbers.atLeast("--accumulative_update", accumulation, 1);
        numbers.atLeast("--dump_interval", dumpInterval, 1);
        numbers.atLeast("--train_batch_size", batch, 1);
        numbers.above("--num_train_epochs", epochs, 0);
    }

    long dumpInterval() {
        return dumpInterval;
    }

    boolean resumes() {
        return resume.filter(value -> !value.equalsIgnoreCase(FROM_START)).isPresent();
    }

    /** Returns whether the output folder may have checkpoints already. */
    boolean goesOn() {
        return resumes() || overwrites;
    }

    /** Returns remarks on options that do nothing. */
    List<String> notices() {
        List<String> notices = new ArrayList<>();
        boolean distributed =
                worldSize > 1 || rank > 0 || localRank > 0 || masterIp.isPresent() || masterPort.isPresent();
        if (distributed) {
            notices.add("--world_size, --rank, --local_rank, --master_ip and --master_port have no effect: this process"
                    + " trains alone; the spark module trains on several machines");
        }
        workers.ifPresent(n -> notices.add("--workers has no effect: examples are read before training begins"));
        return notices;
    }

    /** Returns the options of the training but those of the optimizer. */
    TrainingOptions options(Path output) {
        SavingOptions saving = SavingOptions.in(output).withOverwrites(overwrites);
        SavingOptions resuming = !resumes()
                ? saving
                : resume.orElseThrow().equalsIgnoreCase(FROM_NEWEST)
                        ? saving.withResume(true)
                        : saving.withResumeFrom(Path.of(resume.orElseThrow()));
        return TrainingOptions.MICROSOFT
                .withDataSeed(0)
                .withSeed(seed)
                .withNumTrainEpochs(epochs)
                .withPerDeviceTrainBatchSize(batch)
                .withGradientAccumulationSteps(accumulation)
                .withGradientCheckpointing(checkpointing)
                .with(resuming);
    }
}
