package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.bench.worker.Subject.Difference;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Program;
import detangle.ir.Symbols;
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

    private final BenchOptions options;
    private final Path scratch;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new LinkedHashMap<>();
    private final List<ReportLine> results = new ArrayList<>();

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
    public static SpeedReport run(BenchOptions options, Path scratch, Consumer<String> progress) {
        Benchmark benchmark = new Benchmark(options, scratch, progress);
        options.peers().keySet().stream()
                .filter(name -> !name.equals(PyTorch.NAME))
                .forEach(Peer::named);
        for (Path folder : options.models()) {
            benchmark.measure(BenchModel.of(folder, options.head(), options.weightType()));
        }
        return new SpeedReport(Host.of(benchmark.versions), benchmark.results);
    }

    private void measure(BenchModel model) {
        Program kernels = Compiler.run(model.needed(), Passes.optimisations(), (pass, p) -> {});
        List<Contender> contenders = Contender.of(model, options, scratch, progress);
        for (int threads : options.threads()) {
            Map<Workload, Map<Contender, Measured>> all = new LinkedHashMap<>();
            options.workloads().forEach(w -> all.put(w, new LinkedHashMap<>()));
            Map<String, double[]> peaks = new HashMap<>();
            for (int process = 0; process < options.processes(); process++) {
                round(model, threads, contenders, all, peaks);
            }
            all.forEach((workload, measured) ->
                    results.addAll(results(model, kernels, threads, workload, measured, peaks)));
        }
    }

    /** The measurements of one contender at one workload. */
    private static final class Measured {
        private final Timings times = new Timings();
        private final Timings oneByOne = new Timings();
        private final List<Timings> byProcess = new ArrayList<>();
        private final List<Timings> oneByOneByProcess = new ArrayList<>();
        private OptionalLong rss = OptionalLong.empty();
        private Optional<Difference> difference = Optional.empty();
        private boolean clean = true;

        /** Returns the faster of a runtime's processes: some run in a slow mode for as long as they live. */
        Timings fastest() {
            return byProcess.stream()
                    .min((a, b) -> Double.compare(a.median(), b.median()))
                    .orElseThrow();
        }
    }

    /** Fresh processes for all contenders, through all workloads. */
    private void round(
            BenchModel model,
            int threads,
            List<Contender> contenders,
            Map<Workload, Map<Contender, Measured>> all,
            Map<String, double[]> peaks) {
        progress.accept("loading " + model.name());
        try (Workers workers = Workers.start(contenders, threads, options.busy())) {
            workers.all().forEach((c, w) -> versions.put(c.name(), w.version()));
            for (Map.Entry<Workload, Map<Contender, Measured>> entry : all.entrySet()) {
                Workload workload = entry.getKey();
                progress.accept(model.name() + ", batch " + workload.batch() + ", length " + workload.longest() + ", "
                        + threads + (threads == 1 ? " thread" : " threads"));
                turns(workers, workload, model.config().vocabSize(), false, entry.getValue());
                if (workload.isMix()) {
                    turns(workers, workload, model.config().vocabSize(), true, entry.getValue());
                }
            }
            // Last, as it takes memory that is not the model's.
            workers.all().forEach((contender, worker) -> {
                if (!contender.peer()) {
                    all.forEach((workload, measured) ->
                            compare(model, contender, worker, workload, measured.get(contender)));
                    peaks.merge(contender.name(), worker.peaks(), Benchmark::larger);
                }
            });
        }
    }

    /** Compares the outputs with those of {@link BenchOptions#judge} with weights as they are stored. */
    private void compare(BenchModel model, Contender contender, Worker worker, Workload workload, Measured measured) {
        String judge = options.judge();
        if (model.weightType().isPresent()
                || !contender.name().equals(judge)
                || contender.precision() != ComputePrecision.FP32) {
            worker.prepare(workload, model.config().vocabSize(), false);
            measured.difference = Optional.of(worker.difference(model, judge));
        }
    }

    private static double[] larger(double[] a, double[] b) {
        return new double[] {Math.max(a[0], b[0]), Math.max(a[1], b[1])};
    }

    private void turns(
            Workers workers, Workload workload, int vocabulary, boolean oneByOne, Map<Contender, Measured> measured) {
        Map<Contender, Timings> times = new LinkedHashMap<>();
        workers.all().forEach((contender, worker) -> {
            ProcFiles.forgetPeak(worker.pid());
            worker.prepare(workload, vocabulary, oneByOne);
            Workers.warmUp(worker, options);
            times.put(contender, new Timings());
        });
        Disturbance disturbance = workers.watch();
        SequencedMap<Contender, Worker> order = workers.all();
        long end = System.nanoTime() + options.duration().toNanos() * order.size();
        int done = 0;
        while (done < options.iterations() || System.nanoTime() < end) {
            int left = options.iterations() - done;
            int runs = left > 0 ? Math.min(RUNS_PER_TURN, left) : RUNS_PER_TURN;
            order.forEach((contender, worker) -> {
                Workers.settle();
                worker.run(1);
                times.get(contender).add(worker.run(runs));
            });
            done += runs;
            // Backwards in the next turn: what comes after a slow one meets the processor in another state.
            order = order.reversed();
        }
        boolean clean = disturbance.clean();
        workers.all().forEach((contender, worker) -> {
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

    private List<ReportLine> results(
            BenchModel model,
            Program kernels,
            int threads,
            Workload workload,
            Map<Contender, Measured> measured,
            Map<String, double[]> peaks) {
        double flops = workload.lengths().stream()
                .mapToDouble(n -> Cost.of(
                                kernels,
                                Map.of(
                                        Symbols.BATCH,
                                        1L,
                                        Symbols.LENGTH,
                                        (long) n,
                                        Symbols.CHOICES,
                                        1L,
                                        Symbols.MASKED,
                                        1L))
                        .flops())
                .sum();
        List<ReportLine> lines = new ArrayList<>();
        measured.forEach((contender, m) -> {
            if (contender.peer()) {
                return;
            }
            double p50 = m.times.median();
            double peak = peaks.get(contender.name())[0];
            lines.add(new ReportLine(
                    model.name(),
                    model.head().text(),
                    contender.name(),
                    Optional.of(contender.precision().toString()),
                    workload.batch(),
                    workload.longest(),
                    workload.isMix() ? Optional.of(workload.lengthList()) : Optional.empty(),
                    threads,
                    options.busy(),
                    m.times.count(),
                    Cells.rounded(p50),
                    Cells.rounded(m.times.percentile(0.9)),
                    Cells.rounded(m.times.percentile(0.99)),
                    Cells.rounded(workload.tokens() / p50 * 1e3),
                    Cells.rounded(flops / p50 / 1e6),
                    Double.isNaN(peak) ? Optional.empty() : Optional.of(Cells.rounded(flops / (p50 / 1e3) / peak)),
                    mebibytes(m.rss),
                    model.weightType().map(DType::text),
                    m.difference.map(Difference::nmse),
                    m.difference.map(Difference::largest),
                    m.clean,
                    options.dataTransfers() ? Optional.empty() : Optional.of(true),
                    oneByOne(m.oneByOne),
                    peers(m, measured)));
        });
        return lines;
    }

    private Map<String, ReportLine.Peer> peers(Measured ours, Map<Contender, Measured> measured) {
        Map<String, ReportLine.Peer> peers = new TreeMap<>();
        measured.forEach((contender, m) -> {
            if (contender.peer()) {
                double p50 = m.fastest().median();
                Optional<Double> each =
                        m.oneByOneByProcess.stream().map(Timings::median).min(Double::compare);
                peers.put(
                        contender.name(),
                        new ReportLine.Peer(
                                contender.model(),
                                Cells.rounded(p50),
                                Cells.rounded(ours.times.median() / p50),
                                mebibytes(m.rss),
                                each.map(Cells::rounded),
                                each.map(e -> Cells.rounded(ours.oneByOne.median() / e))));
            }
        });
        return peers;
    }

    private static Optional<Double> oneByOne(Timings times) {
        return times.count() == 0 ? Optional.empty() : Optional.of(Cells.rounded(times.median()));
    }

    private static Optional<Double> mebibytes(OptionalLong bytes) {
        return bytes.isPresent() ? Optional.of((double) Math.round(bytes.getAsLong() / 0x1p20)) : Optional.empty();
    }
}
