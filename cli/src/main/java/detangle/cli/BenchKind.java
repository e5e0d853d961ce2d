package detangle.cli;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** A kind of measurement, with the options that it heeds. Other options are refused, as they would change nothing. */
enum BenchKind {
    BATCHES("runs of batches"),
    OPS("--ops"),
    COLD("--cold"),
    LENGTHS("--lengths"),
    TRAFFIC("--traffic"),
    TRAINING("--training"),
    EPOCHS("--train-file"),
    SUITE("--suite"),
    EXTRACTION("models that extract"),
    COMPARISON("--compare");

    private static final List<String> OF_REPORTS = List.of("--format", "--output");
    private static final List<String> MODELS = List.of("--random-weights", "--head", "--backend");
    private static final List<String> SHAPES = List.of("--shape", "--batch", "--seq", "--mix");
    private static final List<String> PROCESSES = List.of("--threads", "--peer", "--processes");
    private static final List<String> RUNS = List.of("--warmup", "--iterations", "--duration");
    private static final List<String> PASSES = List.of("--warmup", "--duration");
    private static final List<String> PRECISIONS = List.of("--precision", "--emulate");
    private static final List<String> STEPS = List.of(
            "--training", "--gradient-checkpointing", "--lora", "--lora-rank", "--lora-dropout", "--weight-type");

    /** The kind in messages. */
    private final String text;

    BenchKind(String text) {
        this.text = text;
    }

    /** Returns the longest names of the options that it heeds. */
    Set<String> heeded() {
        return Stream.concat(own(), Stream.of(OF_REPORTS)).flatMap(List::stream).collect(Collectors.toSet());
    }

    private Stream<List<String>> own() {
        return switch (this) {
            case BATCHES ->
                Stream.of(
                        MODELS,
                        SHAPES,
                        PROCESSES,
                        RUNS,
                        PRECISIONS,
                        List.of("--weight-type", "--busy", "--no-data-transfers"));
            case OPS -> Stream.of(MODELS, SHAPES, List.of("--ops", "--threads", "--warmup", "--iterations"));
            case COLD -> Stream.of(MODELS, PROCESSES, List.of("--cold", "--weight-type", "--busy"));
            case LENGTHS -> Stream.of(MODELS, List.of("--lengths", "--threads", "--weight-type", "--busy"));
            case TRAFFIC ->
                Stream.of(
                        MODELS,
                        PROCESSES,
                        PASSES,
                        List.of(
                                "--traffic",
                                "--requests",
                                "--max-batch-requests",
                                "--seed",
                                "--weight-type",
                                "--busy"));
            case TRAINING -> Stream.of(MODELS, SHAPES, PROCESSES, RUNS, STEPS, PRECISIONS);
            case EPOCHS ->
                Stream.of(
                        MODELS,
                        PROCESSES,
                        STEPS,
                        List.of(
                                "--train-file",
                                "--tokenizer-name",
                                "--per-device-train-batch-size",
                                "--num-train-epochs"));
            case SUITE -> Stream.of(PROCESSES, RUNS, List.of("--suite", "--resume", "--backend", "--weight-type"));
            case EXTRACTION ->
                Stream.of(PROCESSES, PASSES, List.of("--suite", "--random-weights", "--backend", "--busy"));
            case COMPARISON -> Stream.of(List.of("--compare"));
        };
    }

    /**
     * Refuses options that are given and that this kind of measurement does not heed. Options that every command
     * inherits, such as {@code --verbose}, change no measurement.
     */
    void check(CommandSpec spec) {
        Set<String> heeded = heeded();
        for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
            String name = option.longestName();
            if (!option.inherited() && !heeded.contains(name)) {
                throw new ParameterException(spec.commandLine(), name + " has no effect on " + text + ": leave it out");
            }
        }
    }
}
