package detangle.cli;

import detangle.train.TrainingOptions;
import detangle.train.data.EpochBatches;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options of {@code train} that say what is logged, and how often. */
final class ReportArguments {
    private static final int LOG_LINES = 20;
    private static final long MAX_UPDATES_OF_A_LINE = 500;

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--logging-steps",
            paramLabel = "N",
            description = "The number of updates of a line of the log; about twenty lines in all by default.")
    private Optional<Long> loggingSteps;

    @Option(
            names = "--report-to",
            split = ",",
            paramLabel = "NAME",
            description =
                    "With tensorboard, event files are written as well. report.html with curves is always written.")
    private List<String> reportTo = List.of();

    @Option(
            names = "--logging-dir",
            paramLabel = "FOLDER",
            description = "The folder of TensorBoard's files; runs in the output folder by default.")
    private Optional<Path> loggingDir;

    /** Refuses values that are wrong. */
    void check() {
        if (loggingSteps.filter(n -> n < 1).isPresent()) {
            throw wrongUse("--logging-steps must be at least 1");
        }
        reportTo.stream()
                .filter(name -> !List.of("tensorboard", "none").contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw wrongUse("--report-to is tensorboard or none, not '" + name + "'");
                });
        if (loggingDir.isPresent() && !reportTo.contains("tensorboard")) {
            throw wrongUse("--logging-dir is the folder of TensorBoard's files: it goes with --report-to tensorboard");
        }
    }

    /** Returns the number of updates of a line of the log: as asked, or so that there are about twenty lines. */
    long every(EpochBatches batches, TrainingOptions options) {
        double updates = options.maxSteps() > 0 ? options.maxSteps() : batches.updates() * options.numTrainEpochs();
        return loggingSteps.orElse(Math.max(1, Math.min(MAX_UPDATES_OF_A_LINE, Math.round(updates / LOG_LINES))));
    }

    /** Returns the folder of TensorBoard's files, if they were asked for. */
    Optional<Path> tensorBoard(Path outputDir) {
        return reportTo.contains("tensorboard")
                ? Optional.of(loggingDir.orElse(outputDir.resolve("runs")))
                : Optional.empty();
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
