package detangle.bench;

import detangle.compiler.Compiler;
import detangle.compiler.Cost;
import detangle.compiler.Pipeline;
import detangle.ir.Program;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.runtime.OnnxExport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Times models in processes of their own, each of what is compared in turn, a few runs at a time, so that whatever the
 * machine does meets all of them alike.
 */
public final class Benchmark {
    private static final int RUNS_PER_TURN = 5;
    private static final long WARMUP_NANOS = 2_000_000_000L;

    private final BenchOptions options;
    private final Path scratch;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new LinkedHashMap<>();
    private final List<Result> results = new ArrayList<>();

    private Benchmark(BenchOptions options, Path scratch, Consumer<String> progress) {
        this.options = options;
        this.scratch = scratch;
        this.progress = progress;
    }

    /**
     * Measures everything.
     *
     * @param scratch a folder for exported models
     * @param progress is told what is measured next
     */
    public static Report run(BenchOptions options, Path scratch, Consumer<String> progress) {
        Benchmark benchmark = new Benchmark(options, scratch, progress);
        options.peers().keySet().forEach(Benchmark::checkPeer);
        for (Path model : options.models()) {
            benchmark.measure(model);
        }
        return new Report(Host.of(benchmark.versions), benchmark.results);
    }

    private static void checkPeer(String name) {
        if (!Worker.peers().contains(name)) {
            throw new BenchException("there is no peer '" + name + "'; there are " + String.join(", ", Worker.peers()));
        }
    }

    /** Something that runs the model: Detangle on a backend, or a peer on a file. */
    private record Contender(String name, String model, boolean peer) {}

    private void measure(Path folder) {
        DebertaConfig config = DebertaConfig.read(folder);
        Architecture head = options.head().flatMap(Architecture::named).orElse(config.architecture());
        Program kernels = Compiler.run(
                DebertaModel.build(config, head, ModelOptions.DEFAULT.withHiddenStates(false)),
                Pipeline.optimisations(),
                (pass, p) -> {});
        Map<String, Path> files = exports(folder, head);
        for (int threads : options.threads()) {
            Map<Workload, Map<Contender, Measured>> all = new LinkedHashMap<>();
            options.workloads().forEach(w -> all.put(w, new LinkedHashMap<>()));
            Map<String, double[]> peaks = new HashMap<>();
            for (int process = 0; process < options.processes(); process++) {
                round(folder, config, head, threads, files, all, peaks);
            }
            all.forEach((workload, measured) ->
                    results.addAll(results(folder, head, kernels, threads, workload, measured, peaks)));
        }
    }

    /** The files that peers load: Detangle's export, and one of their own where it is given. */
    private Map<String, Path> exports(Path folder, Architecture head) {
        Map<String, Path> files = new TreeMap<>();
        if (!options.peers().isEmpty()) {
            progress.accept("exporting " + folder.getFileName());
            Path own = scratch.resolve(folder.getFileName() + ".onnx");
            OnnxExport.write(
                    folder,
                    own,
                    new OnnxExport.Options(
                            Optional.of(head), Optional.of(head.convention()), Optional.empty(), false, false));
            files.put("own export", own);
        }
        return files;
    }

    /** What one contender showed at one workload. */
    private static final class Measured {
        private final Timings times = new Timings();
        private final Timings oneByOne = new Timings();
        private final List<Timings> byProcess = new ArrayList<>();
        private final List<Timings> oneByOneByProcess = new ArrayList<>();
        private OptionalLong rss = OptionalLong.empty();
        private boolean clean = true;

        /** The faster of a runtime's processes: some run in a slow mode for as long as they live. */
        Timings fastest() {
            return byProcess.stream()
                    .min((a, b) -> Double.compare(a.median(), b.median()))
                    .orElseThrow();
        }
    }

    /** Fresh processes for all contenders, through all workloads. */
    private void round(
            Path folder,
            DebertaConfig config,
            Architecture head,
            int threads,
            Map<String, Path> files,
            Map<Workload, Map<Contender, Measured>> all,
            Map<String, double[]> peaks) {
        SequencedMap<Contender, Worker> workers = new LinkedHashMap<>();
        try {
            progress.accept("loading " + folder.getFileName());
            for (String backend : options.backends()) {
                Worker worker = Worker.detangle(folder, backend, head.text(), threads);
                workers.put(new Contender(backend, folder.getFileName().toString(), false), worker);
            }
            options.peers().forEach((peer, given) -> {
                files.forEach(
                        (name, file) -> workers.put(new Contender(peer, name, true), Worker.peer(peer, file, threads)));
                given.ifPresent(file -> workers.put(
                        new Contender(peer, file.getFileName().toString(), true), Worker.peer(peer, file, threads)));
            });
            workers.forEach((c, w) -> versions.put(c.name(), w.version()));
            for (Map.Entry<Workload, Map<Contender, Measured>> entry : all.entrySet()) {
                Workload workload = entry.getKey();
                progress.accept(folder.getFileName() + ", batch " + workload.batch() + ", length " + workload.longest()
                        + ", " + threads + (threads == 1 ? " thread" : " threads"));
                turns(workers, workload, config.vocabSize(), false, entry.getValue());
                if (workload.isMix()) {
                    turns(workers, workload, config.vocabSize(), true, entry.getValue());
                }
            }
            // Last, as it takes memory that is not the model's.
            workers.forEach((contender, worker) -> {
                if (!contender.peer()) {
                    peaks.merge(contender.name(), worker.peaks(), Benchmark::larger);
                }
            });
        } finally {
            workers.values().forEach(Worker::close);
        }
    }

    private static double[] larger(double[] a, double[] b) {
        return new double[] {Math.max(a[0], b[0]), Math.max(a[1], b[1])};
    }

    private void turns(
            SequencedMap<Contender, Worker> workers,
            Workload workload,
            int vocabulary,
            boolean oneByOne,
            Map<Contender, Measured> measured) {
        Map<Contender, Timings> times = new LinkedHashMap<>();
        workers.forEach((contender, worker) -> {
            ProcFiles.forgetPeak(worker.pid());
            worker.prepare(workload, vocabulary, oneByOne);
            warmUp(worker);
            times.put(contender, new Timings());
        });
        List<Long> own = new ArrayList<>(List.of(ProcessHandle.current().pid()));
        workers.values().forEach(w -> own.add(w.pid()));
        Disturbance disturbance = new Disturbance(own);
        long end = options.duration()
                .map(d -> System.nanoTime() + d.toNanos() * workers.size())
                .orElse(0L);
        int done = 0;
        while (options.duration().isPresent() ? System.nanoTime() < end || done == 0 : done < options.iterations()) {
            int runs = options.duration().isPresent()
                    ? RUNS_PER_TURN
                    : Math.min(RUNS_PER_TURN, options.iterations() - done);
            workers.forEach((contender, worker) -> {
                // Not timed: threads of the one before spin for a moment after its last run.
                worker.run(1);
                times.get(contender).add(worker.run(runs));
            });
            done += runs;
        }
        boolean clean = disturbance.clean();
        workers.forEach((contender, worker) -> {
            Measured m = measured.computeIfAbsent(contender, c -> new Measured());
            (oneByOne ? m.oneByOne : m.times).addAll(times.get(contender));
            (oneByOne ? m.oneByOneByProcess : m.byProcess).add(times.get(contender));
            OptionalLong peak = ProcFiles.peakBytes(worker.pid());
            if (peak.isPresent() && !oneByOne) {
                m.rss = OptionalLong.of(Math.max(peak.getAsLong(), m.rss.orElse(0)));
            }
            m.clean &= clean;
        });
    }

    /** As many runs as were asked for, and as long as a just-in-time compiler takes to finish with small models. */
    private void warmUp(Worker worker) {
        long end = System.nanoTime() + WARMUP_NANOS;
        for (int done = 0; done < options.warmup() || System.nanoTime() < end; done++) {
            worker.run(1);
        }
    }

    private List<Result> results(
            Path folder,
            Architecture head,
            Program kernels,
            int threads,
            Workload workload,
            Map<Contender, Measured> measured,
            Map<String, double[]> peaks) {
        double flops = workload.lengths().stream()
                .mapToDouble(n -> Cost.of(kernels, Map.of("B", 1L, "S", (long) n, "C", 1L))
                        .flops())
                .sum();
        List<Result> lines = new ArrayList<>();
        measured.forEach((contender, m) -> {
            if (contender.peer()) {
                return;
            }
            double p50 = m.times.median();
            double peak = peaks.get(contender.name())[0];
            lines.add(new Result(
                    folder.getFileName().toString(),
                    head.text(),
                    contender.name(),
                    workload.batch(),
                    workload.longest(),
                    workload.isMix() ? Optional.of(workload.lengthList()) : Optional.empty(),
                    threads,
                    m.times.count(),
                    rounded(p50),
                    rounded(m.times.percentile(0.9)),
                    rounded(m.times.percentile(0.99)),
                    rounded(workload.tokens() / p50 * 1e3),
                    rounded(flops / p50 / 1e6),
                    Double.isNaN(peak) ? Optional.empty() : Optional.of(rounded(flops / (p50 / 1e3) / peak)),
                    mebibytes(m.rss),
                    m.clean,
                    oneByOne(m.oneByOne),
                    peers(m, measured)));
        });
        return lines;
    }

    private Map<String, Result.Peer> peers(Measured ours, Map<Contender, Measured> measured) {
        Map<String, Result.Peer> peers = new TreeMap<>();
        measured.forEach((contender, m) -> {
            if (contender.peer()) {
                double p50 = m.fastest().median();
                Optional<Double> each =
                        m.oneByOneByProcess.stream().map(Timings::median).min(Double::compare);
                Result.Peer peer = new Result.Peer(
                        contender.model(),
                        rounded(p50),
                        rounded(ours.times.median() / p50),
                        mebibytes(m.rss),
                        each.map(Benchmark::rounded),
                        each.map(e -> rounded(ours.oneByOne.median() / e)));
                peers.merge(contender.name(), peer, (a, b) -> a.p50Ms() <= b.p50Ms() ? a : b);
            }
        });
        return peers;
    }

    private static Optional<Double> oneByOne(Timings times) {
        return times.count() == 0 ? Optional.empty() : Optional.of(rounded(times.median()));
    }

    private static Optional<Double> mebibytes(OptionalLong bytes) {
        return bytes.isPresent() ? Optional.of((double) Math.round(bytes.getAsLong() / 0x1p20)) : Optional.empty();
    }

    /** Three decimals: no clock here is better. */
    private static double rounded(double value) {
        return Math.rint(value * 1e3) / 1e3;
    }
}
