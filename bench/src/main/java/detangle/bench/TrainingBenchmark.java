package detangle.bench;

import detangle.backend.ComputePrecision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * Times whole steps of training, here and in PyTorch, in processes of their own that take turns: forward with dropout,
 * backward, clipping of the global norm, AdamW. PyTorch is run in each precision of Detangle, on a GPU beside a backend
 * whose device is one, and each row is compared with the peer of its precision and kind of device.
 */
public final class TrainingBenchmark {
    private static final int STEPS_PER_TURN = 2;

    private final BenchOptions options;
    private final SequencedMap<String, Own> contenders;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new LinkedHashMap<>();
    private final List<TrainingReport.Steps> results = new ArrayList<>();

    private TrainingBenchmark(BenchOptions options, Consumer<String> progress) {
        this.options = options;
        this.contenders = contenders(options);
        this.progress = progress;
    }

    /**
     * Measures everything.
     *
     * @param options the options; {@link PyTorch} is the only peer, with the Python to run ({@code python3} by
     *     default)
     * @throws BenchException if there is another peer, or a process fails
     */
    public static TrainingReport run(BenchOptions options, Consumer<String> progress) {
        checkPeers(options);
        checkPrecisions(options);
        TrainingBenchmark benchmark = new TrainingBenchmark(options, progress);
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), Optional.empty());
            for (int threads : options.threads()) {
                for (Workload workload : options.workloads()) {
                    benchmark.measure(model, threads, workload);
                }
            }
        }
        return new TrainingReport(Host.of(benchmark.versions), benchmark.results);
    }

    static void checkPeers(BenchOptions options) {
        options.peers().keySet().stream()
                .filter(name -> !name.equals(PyTorch.NAME))
                .findFirst()
                .ifPresent(name -> {
                    throw new BenchException(
                            "the peer " + name + " does not train; write --peer " + PyTorch.NAME + "=PYTHON");
                });
        if (options.step().adapter().isPresent() && !options.peers().isEmpty()) {
            throw new BenchException("a peer trains all parameters, and not an adapter: leave --peer or --lora out");
        }
    }

    /** Refuses a peer where a precision of Detangle would have no row of the peer to be compared with. */
    static void checkPrecisions(BenchOptions options) {
        if (!options.peers().isEmpty() && !PyTorch.precisions(options).containsAll(options.precisions())) {
            throw new BenchException("the peer " + PyTorch.NAME + " trains in fp32 and bf16 alone: choose --precision"
                    + " among them, or leave --peer out");
        }
    }

    /** Detangle on a backend in a precision, and the peer that it is compared with if there is one. */
    private record Own(String backend, ComputePrecision precision, PyTorch.Training peer) {}

    /** Returns all of Detangle by name: that of the backend, with the precision behind it where it is not fp32. */
    private static SequencedMap<String, Own> contenders(BenchOptions options) {
        SequencedMap<String, Own> all = new LinkedHashMap<>();
        for (String backend : options.backends()) {
            for (ComputePrecision precision : options.precisions()) {
                String name = precision == ComputePrecision.FP32 ? backend : backend + " " + precision;
                all.put(name, new Own(backend, precision, PyTorch.Training.beside(backend, precision)));
            }
        }
        return all;
    }

    /** The measurements of one contender. */
    private static final class Measured {
        private final Timings times = new Timings();
        private OptionalLong peakBytes = OptionalLong.empty();
        private OptionalDouble fastest = OptionalDouble.empty();
        private boolean clean = true;

        void add(Timings process, OptionalLong peak, boolean quiet) {
            times.addAll(process);
            fastest = OptionalDouble.of(Math.min(process.median(), fastest.orElse(Double.POSITIVE_INFINITY)));
            if (peak.isPresent()) {
                peakBytes = OptionalLong.of(Math.max(peak.getAsLong(), peakBytes.orElse(0)));
            }
            clean &= quiet;
        }

        Optional<Double> mebibytes() {
            return peakBytes.isPresent()
                    ? Optional.of((double) Math.round(peakBytes.getAsLong() / 0x1p20))
                    : Optional.empty();
        }
    }

    private void measure(BenchModel model, int threads, Workload workload) {
        progress.accept(model.name() + ", steps of batch " + workload.batch() + ", length " + workload.longest() + ", "
                + threads + (threads == 1 ? " thread" : " threads"));
        SequencedMap<String, Measured> measured = new LinkedHashMap<>();
        for (int process = 0; process < options.processes(); process++) {
            round(model, threads, workload, measured);
        }
        contenders.forEach((backend, contender) -> {
            Optional<Measured> peer = Optional.ofNullable(measured.get(contender.peer.name()));
            Measured own = measured.get(backend);
            double p50 = own.times.median();
            results.add(new TrainingReport.Steps(
                    model.name(),
                    backend,
                    workload.batch(),
                    workload.longest(),
                    workload.isMix() ? Optional.of(workload.lengthList()) : Optional.empty(),
                    threads,
                    own.times.count(),
                    Cells.rounded(p50),
                    Cells.rounded(own.times.percentile(0.9)),
                    Cells.rounded(workload.tokens() / p50 * 1e3),
                    own.mebibytes(),
                    own.clean,
                    peer.map(p -> Cells.rounded(p.fastest.orElseThrow())),
                    peer.map(p -> Cells.rounded(p50 / p.fastest.orElseThrow())),
                    peer.flatMap(Measured::mebibytes)));
        });
    }

    /** Measures fresh processes at one batch. They do some steps in turn, in the opposite order every second time. */
    private void round(BenchModel model, int threads, Workload workload, Map<String, Measured> measured) {
        SequencedMap<String, Worker> workers = new LinkedHashMap<>();
        try {
            contenders.forEach((name, own) -> workers.put(
                    name, Worker.detangleTraining(model, own.backend, own.precision, threads, options.step())));
            options.peers()
                    .values()
                    .forEach(python -> contenders.values().stream()
                            .map(Own::peer)
                            .distinct()
                            .forEach(peer -> workers.put(
                                    peer.name(),
                                    Worker.pytorchTraining(
                                            model, PyTorch.python(python), peer, threads, options.step()))));
            Map<String, Timings> times = new LinkedHashMap<>();
            workers.forEach((name, worker) -> {
                versions.put(name, worker.version());
                worker.prepare(workload, model.config().vocabSize(), false);
                worker.run(options.warmup());
                times.put(name, new Timings());
            });
            List<Long> own = new ArrayList<>(List.of(ProcessHandle.current().pid()));
            workers.values().forEach(worker -> own.add(worker.pid()));
            Disturbance disturbance = new Disturbance(own);
            long end = System.nanoTime() + options.duration().toNanos() * workers.size();
            SequencedMap<String, Worker> order = workers;
            for (int done = 0; done < options.iterations() || System.nanoTime() < end; done += STEPS_PER_TURN) {
                order.forEach((name, worker) -> times.get(name).add(worker.run(STEPS_PER_TURN)));
                order = order.reversed();
            }
            boolean clean = disturbance.clean();
            workers.forEach((name, worker) -> measured.computeIfAbsent(name, n -> new Measured())
                    .add(times.get(name), ProcFiles.peakBytes(worker.pid()), clean));
        } finally {
            workers.values().forEach(Worker::close);
        }
    }
}
