package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.backend.processor.ThreadCount;
import detangle.bench.BenchOptions;
import detangle.bench.Benchmark;
import detangle.bench.ColdStart;
import detangle.bench.EpochBenchmark;
import detangle.bench.ExtractionSuite;
import detangle.bench.Folders;
import detangle.bench.JoinedReports;
import detangle.bench.NewLengths;
import detangle.bench.OpBenchmark;
import detangle.bench.PublishedConfig;
import detangle.bench.RandomModel;
import detangle.bench.Suites;
import detangle.bench.Traffic;
import detangle.bench.TrafficBenchmark;
import detangle.bench.TrainingBenchmark;
import detangle.bench.Workload;
import detangle.models.deberta.Architecture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "bench",
        description = "Times models by batch, length and threads, beside other runtimes in the same rounds.",
        mixinStandardHelpOptions = true)
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..*",
            description = "Folders with config.json and weights, or names on the hub.")
    private List<String> models = List.of();

    @Option(
            names = "--random-weights",
            split = ",",
            paramLabel = "CONFIG",
            description =
                    "Models with the sizes of these configurations and random weights: config.json, its folder, or"
                            + " deberta-v3-xsmall, deberta-v3-small, deberta-v3-base, deberta-v3-large, deberta-base,"
                            + " deberta-v2-xlarge, deberta-v2-xxlarge; or, from texts to entities, gliner_small-v2.1,"
                            + " gliner_base-v2.1, gliner-bi-base-v1.0, gliner2-base-v1.")
    private List<String> configs = List.of();

    @Option(
            names = "--suite",
            arity = "0..1",
            fallbackValue = "shapes",
            paramLabel = "NAME",
            description =
                    "shapes (the default): v3's models with random weights, their batches and heads, v1's base and v2's"
                            + " xlarge; half an hour, 16 GiB of memory. traffic: lengths that vary, busy processes, first"
                            + " answers; half an hour, 8 GiB. extraction: GLiNER and GLiNER2 models, texts one by one and in"
                            + " batches, and 100 labels; a quarter of an hour, 8 GiB.")
    private Optional<Suites> suite;

    @Option(
            names = "--resume",
            paramLabel = "FOLDER",
            description = "Keep what a suite has measured in FOLDER, and go on from there the next time.")
    private Optional<Path> resume;

    @Option(
            names = "--compare",
            arity = "2..*",
            paramLabel = "FILE",
            description =
                    "Measure nothing, and join reports that were written with --format json, of several machines, devices or"
                            + " versions: a table with ratios to the first one, its result in a sentence, and charts with -o"
                            + " FILE.html.")
    private List<Path> compared = List.of();

    @Mixin
    private HeadOption head;

    @Option(
            names = "--backend",
            split = ",",
            paramLabel = "NAME",
            description = "vector by default; also tornado[:opencl|ptx|cuda[:N]] and hybrid, side by side.")
    private List<String> backends = List.of("vector");

    @Mixin
    private PrecisionsOption precisions;

    @Mixin
    private WeightTypeOption weightType;

    @Mixin
    private BatchArguments batches;

    @Option(names = "--threads", split = ",", paramLabel = ThreadsOption.LABEL, description = ThreadsOption.WHAT)
    private List<String> threads = List.of();

    @Option(
            names = "--peer",
            split = ",",
            paramLabel = "NAME[=FILE]",
            description =
                    "onnxruntime or djl (PyTorch), on Detangle's own export, and on FILE too, such as HuggingFace's export;"
                            + " of a folder, on its file MODEL.onnx. pytorch=PYTHON is transformers on the model's folder, in"
                            + " bf16 where --precision has it, in a Python that has both.")
    private List<String> peers = List.of();

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description = "Runs before any counts; 5 by default, and 2 seconds at least.")
    private int warmup = 5;

    @Option(
            names = "--iterations",
            paramLabel = "N",
            description = "Timed runs in each process at least; 20 by default.")
    private int iterations = 20;

    @Option(
            names = "--duration",
            paramLabel = "S",
            description = "Seconds to run each at least, behind a warm-up of twice that at most; 2 by default.")
    private double duration = 2;

    @Option(
            names = "--processes",
            paramLabel = "N",
            description =
                    "Fresh processes of everything, one after another; 1 by default, and 10 with --cold. Peers count by"
                            + " their fastest.")
    private Optional<Integer> processes;

    @Option(names = "--ops", description = "Time each kernel of the model by itself, against the machine's limits.")
    private boolean ops;

    @Option(
            names = "--cold",
            description = "Time from the start of a process to its first answer to a text of 16 tokens.")
    private boolean cold;

    @Option(
            names = "--lengths",
            paramLabel = "N-N",
            description =
                    "Time the first run of each of 200 lengths between these two against its repeats, after 50 others;"
                            + " of fewer lengths a fifth goes first.")
    private Optional<String> newLengths;

    @Mixin
    private TrafficArguments traffic;

    @Option(
            names = "--busy",
            paramLabel = "N",
            description = "Keep N processors busy beside all that is measured, by processes of their own.")
    private int busy;

    @Option(
            names = "--no-data-transfers",
            description =
                    "Leave outputs in the memory of the device that computes them, where they are copied back otherwise.")
    private boolean noDataTransfers;

    @Option(
            names = "--training",
            description =
                    "Time whole steps of training a classifier, or with --train-file epochs; the peer is pytorch=PYTHON, a"
                            + " Python with torch and transformers.")
    private boolean training;

    @Mixin
    private EpochArguments epochs;

    @Mixin
    private TrainingStepOptions step;

    @Mixin
    private ReportFiles reports;

    /** The values of --threads and --precision, which are read once: auto prints what it takes each time. */
    private List<Integer> threadCounts = List.of();

    private List<ComputePrecision> chosenPrecisions = List.of();

    @Override
    public void run() {
        check();
        if (!compared.isEmpty()) {
            reports.write(JoinedReports.of(compared));
            return;
        }
        Optional<Traffic> requests = traffic.traffic();
        Path scratch = Folders.temporary();
        try {
            if (suite.isPresent()) {
                BenchOptions options = options(List.of(), Optional.empty(), List.of());
                reports.write(suite.get().run(options, resume.orElse(scratch), this::progress));
                return;
            }
            if (extracts()) {
                BenchOptions options = options(List.of(), Optional.empty(), List.of());
                reports.write(ExtractionSuite.run(options, configs, scratch, this::progress));
                return;
            }
            List<Path> all =
                    new ArrayList<>(models.stream().map(ModelFolder::of).toList());
            all.addAll(randomModels(configs, head(), scratch));
            BenchOptions options = options(all, head(), batches.workloads());
            if (ops) {
                reports.write(OpBenchmark.run(options, this::progress));
            } else if (training && epochs.areGiven()) {
                reports.write(EpochBenchmark.run(options, epochs::batches, epochs.epochs(), scratch, this::progress));
            } else if (training) {
                reports.write(TrainingBenchmark.run(options, this::progress));
            } else if (cold) {
                reports.write(ColdStart.run(options, processes.orElse(ColdStart.PROCESSES), scratch, this::progress));
            } else if (newLengths.isPresent()) {
                int[] range = range(newLengths.get());
                reports.write(NewLengths.run(options, range[0], range[1], this::progress));
            } else if (requests.isPresent()) {
                reports.write(TrafficBenchmark.run(options, requests.get(), scratch, this::progress));
            } else {
                reports.write(Benchmark.run(options, scratch, this::progress));
            }
        } finally {
            Folders.delete(scratch);
        }
    }

    /** Returns whether a model is asked for that extracts. */
    private boolean extracts() {
        return configs.stream().anyMatch(ExtractionSuite.NAMES::contains);
    }

    private List<Path> randomModels(List<String> names, Optional<String> modelHead, Path scratch) {
        List<Path> folders = new ArrayList<>();
        for (String name : names) {
            Path config = PublishedConfig.NAMES.contains(name)
                    ? PublishedConfig.write(name, scratch.resolve("configs"))
                    : Path.of(name);
            if (training && peers.isEmpty()) {
                folders.add(config); // Steps of training make random weights themselves.
                continue;
            }
            progress("making random weights for " + name);
            folders.add(RandomModel.write(config, modelHead, scratch));
        }
        return folders;
    }

    private BenchOptions options(List<Path> all, Optional<String> modelHead, List<Workload> workloads) {
        Map<String, Optional<Path>> others = new LinkedHashMap<>();
        for (String peer : peers) {
            int equals = peer.indexOf('=');
            others.put(
                    equals < 0 ? peer : peer.substring(0, equals),
                    equals < 0 ? Optional.empty() : Optional.of(Path.of(peer.substring(equals + 1))));
        }
        return new BenchOptions(
                all,
                modelHead,
                weightType.narrowed(),
                step.step(training, weightType.narrowed()),
                backends,
                chosenPrecisions,
                workloads,
                threadCounts,
                others,
                warmup,
                iterations,
                Duration.ofMillis((long) (duration * 1000)),
                busy,
                processes.orElse(1),
                !noDataTransfers);
    }

    private Optional<String> head() {
        return head.wanted().map(Architecture::text);
    }

    /** Returns whether something else is measured than runs of batches. */
    private boolean isOfAKind() {
        return ops || cold || training || newLengths.isPresent() || traffic.areGiven();
    }

    private BenchKind kind() {
        if (!compared.isEmpty()) {
            return BenchKind.COMPARISON;
        }
        if (extracts() || suite.filter(Suites.extraction::equals).isPresent()) {
            return BenchKind.EXTRACTION;
        }
        if (suite.isPresent()) {
            return BenchKind.SUITE;
        }
        if (ops) {
            return BenchKind.OPS;
        }
        if (cold) {
            return BenchKind.COLD;
        }
        if (newLengths.isPresent()) {
            return BenchKind.LENGTHS;
        }
        if (traffic.areGiven()) {
            return BenchKind.TRAFFIC;
        }
        if (training) {
            return epochs.areGiven() ? BenchKind.EPOCHS : BenchKind.TRAINING;
        }
        return BenchKind.BATCHES;
    }

    private void check() {
        if (models.isEmpty() && configs.isEmpty() && suite.isEmpty() && compared.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "name a model, or a configuration with --random-weights, or --suite, or reports with --compare");
        }
        boolean isOfAKind = isOfAKind() || head.wanted().isPresent() || !models.isEmpty() || batches.areGiven();
        if (extracts() && (isOfAKind || noDataTransfers || !ExtractionSuite.NAMES.containsAll(configs))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "models that extract are measured by themselves, from texts to entities: leave other models, heads,"
                            + " batches and kinds of measurement out");
        }
        if (!compared.isEmpty() && (isOfAKind || busy > 0 || !configs.isEmpty() || suite.isPresent())) {
            throw new ParameterException(
                    spec.commandLine(), "--compare measures nothing: leave models and kinds of measurement out");
        }
        if (suite.isPresent() && (isOfAKind || busy > 0 || !configs.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(), "--suite has models, heads, batches and kinds of measurement of its own");
        }
        if (resume.isPresent() && suite.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--resume goes with --suite");
        }
        if (resume.isPresent() && suite.get() == Suites.extraction) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--suite extraction takes a quarter of an hour and keeps nothing: leave --resume out");
        }
        if (ops && weightType.narrowed().isPresent()) {
            throw new ParameterException(
                    spec.commandLine(), "--ops runs weights as they are stored, not --weight-type");
        }
        boolean isStepOfTraining = training && !epochs.areGiven();
        if (!precisions.areDefault() && (isOfAKind() && !isStepOfTraining || suite.isPresent() || extracts())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--precision goes with runs of batches and steps of training; other kinds of measurement and suites"
                            + " compute in fp32");
        }
        if (Stream.of(ops, cold, training, newLengths.isPresent(), traffic.areGiven())
                        .filter(kind -> kind)
                        .count()
                > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--ops, --cold, --training, --lengths and --traffic exclude each other");
        }
        if (epochs.areGiven() && (!training || batches.areGiven())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--train-file goes with --training, and has batches of its own instead of --shape, --seq, --mix");
        }
        epochs.check(spec, !configs.isEmpty());
        newLengths.ifPresent(this::range);
        traffic.check();
        if (traffic.areGiven() && batches.areGiven()) {
            throw new ParameterException(
                    spec.commandLine(), "--traffic has batches of its own instead of --shape, --seq, --mix");
        }
        if (busy > 0 && (ops || training)) {
            throw new ParameterException(
                    spec.commandLine(), "--busy goes with runs of models, not --ops or --training");
        }
        if (noDataTransfers
                && (ops || cold || training || newLengths.isPresent() || traffic.areGiven() || suite.isPresent())) {
            throw new ParameterException(
                    spec.commandLine(), "--no-data-transfers goes with batches, not with other kinds of measurement");
        }
        step.step(training, weightType.narrowed());
        if (iterations < 1 || warmup < 1 || processes.orElse(1) < 1 || busy < 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--iterations, --warmup and --processes must be at least 1, and --busy at least 0");
        }
        BenchKind kind = kind();
        kind.check(spec);
        if (kind == BenchKind.COMPARISON) {
            return;
        }
        threadCounts = threads();
        if ((ops || cold) && threadCounts.size() > 1 || ops && backends.size() > 1) {
            throw new ParameterException(
                    spec.commandLine(), "--ops and --cold take one number of threads, and --ops one backend");
        }
        batches.workloads();
        chosenPrecisions = precisions.chosen(backends);
    }

    private List<Integer> threads() {
        return threads.isEmpty()
                ? List.of(ThreadCount.chosen().threads())
                : threads.stream().map(text -> ThreadsOption.parse(spec, text)).toList();
    }

    /** Returns both ends of {@code 16-512}. */
    private int[] range(String text) {
        if (!text.matches("[0-9]{1,9}-[0-9]{1,9}")) {
            throw new ParameterException(
                    spec.commandLine(), "'" + text + "' is not a range of lengths: write 16-512 for --lengths");
        }
        return Arrays.stream(text.split("-")).mapToInt(Integer::parseInt).toArray();
    }

    private void progress(String message) {
        spec.commandLine().getErr().println("detangle: " + message);
    }
}
