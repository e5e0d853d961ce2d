package detangle.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Times models at requests whose lengths differ: one by one as they come, and in batches of what waits. All of what is
 * compared gets the same requests and takes turns of a few batches. Detangle leaves padding out; peers compute it, as
 * their users let them.
 */
public final class TrafficBenchmark {
    private static final int BATCHES_PER_TURN = 10;

    private final BenchOptions options;
    private final Traffic traffic;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new LinkedHashMap<>();
    private final List<TrafficReport.Line> results = new ArrayList<>();

    private TrafficBenchmark(BenchOptions options, Traffic traffic, Consumer<String> progress) {
        this.options = options;
        this.traffic = traffic;
        this.progress = progress;
    }

    /**
     * Measures everything.
     *
     * @param scratch a folder for exported models
     * @param progress is told what is measured next
     */
    public static TrafficReport run(BenchOptions options, Traffic traffic, Path scratch, Consumer<String> progress) {
        TrafficBenchmark benchmark = new TrafficBenchmark(options, traffic, progress);
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), options.weightType());
            List<Contender> contenders = Contender.of(model, options, scratch, progress);
            for (int threads : options.threads()) {
                benchmark.measure(model, contenders, threads);
            }
        }
        return new TrafficReport(Host.of(benchmark.versions), benchmark.results);
    }

    /** One way in which requests reach a model, with the times of each contender. */
    private static final class Way {
        private final int maxBatch;
        private final List<List<Integer>> batches;
        private final List<List<Integer>> warmUp;
        private final Map<Contender, List<RequestTimes>> byProcess = new LinkedHashMap<>();
        private final Map<Contender, Double> rss = new LinkedHashMap<>();
        private boolean clean = true;

        Way(int maxBatch, List<List<Integer>> batches, List<List<Integer>> warmUp) {
            this.maxBatch = maxBatch;
            this.batches = batches;
            this.warmUp = warmUp;
        }

        /**
         * Returns the times of all processes for Detangle, and of the fastest for a peer: some run in a slow mode for
         * as long as they live.
         */
        RequestTimes times(Contender contender) {
            List<RequestTimes> processes = byProcess.get(contender);
            if (contender.peer()) {
                return processes.stream()
                        .min((a, b) -> Double.compare(a.millisecondsPerToken(), b.millisecondsPerToken()))
                        .orElseThrow();
            }
            RequestTimes all = new RequestTimes(batches);
            processes.forEach(all::addAll);
            return all;
        }
    }

    private void measure(BenchModel model, List<Contender> contenders, int threads) {
        Traffic before = traffic.warmUp();
        List<Way> ways = new ArrayList<>(List.of(new Way(1, traffic.stream(), before.stream())));
        if (traffic.maxBatch() > 1) {
            ways.add(new Way(traffic.maxBatch(), traffic.batches(), before.batches()));
        }
        for (int process = 0; process < options.processes(); process++) {
            progress.accept("loading " + model.name());
            try (Workers workers = Workers.start(contenders, threads, options.busy())) {
                workers.all().forEach((c, w) -> versions.put(c.name(), w.version()));
                for (Way way : ways) {
                    progress.accept(model.name() + ", " + traffic.requests() + " requests, "
                            + (way.maxBatch == 1 ? "one by one" : "up to " + way.maxBatch + " together"));
                    passes(workers, way, model.config().vocabSize());
                }
            }
        }
        ways.forEach(way -> report(model, contenders, threads, way));
    }

    /** Whole passes over the requests, at least one and for as long as was asked for. */
    private void passes(Workers workers, Way way, int vocabulary) {
        Map<Contender, RequestTimes> times = new LinkedHashMap<>();
        workers.all().forEach((contender, worker) -> {
            ProcFiles.forgetPeak(worker.pid());
            worker.prepare(way.warmUp, vocabulary);
            Workers.warmUp(worker, options);
            worker.prepare(way.batches, vocabulary);
            times.put(contender, new RequestTimes(way.batches));
        });
        Disturbance disturbance = workers.watch();
        SequencedMap<Contender, Worker> order = workers.all();
        int count = way.batches.size();
        long end = System.nanoTime() + options.duration().toNanos() * order.size();
        do {
            for (int from = 0; from < count; from += BATCHES_PER_TURN) {
                int first = from;
                int turn = Math.min(BATCHES_PER_TURN, count - from);
                order.forEach((contender, worker) -> {
                    Workers.settle();
                    // The one before, which does not count.
                    worker.pass((first + count - 1) % count, 1);
                    times.get(contender).add(first, worker.pass(first, turn));
                });
                // Backwards in the next turn: what comes after a slow one meets the processor in another state.
                order = order.reversed();
            }
        } while (System.nanoTime() < end);
        way.clean &= disturbance.clean();
        workers.all().forEach((contender, worker) -> {
            way.byProcess.computeIfAbsent(contender, c -> new ArrayList<>()).add(times.get(contender));
            OptionalLong peak = ProcFiles.peakBytes(worker.pid());
            if (peak.isPresent()) {
                way.rss.merge(contender, (double) Math.round(peak.getAsLong() / 0x1p20), Math::max);
            }
        });
    }

    private void report(BenchModel model, List<Contender> contenders, int threads, Way way) {
        for (Contender own : contenders) {
            if (own.peer()) {
                continue;
            }
            RequestTimes ours = way.times(own);
            Map<String, TrafficReport.Peer> peers = new TreeMap<>();
            for (Contender peer : contenders) {
                if (peer.peer()) {
                    RequestTimes theirs = way.times(peer);
                    peers.put(
                            peer.name(),
                            new TrafficReport.Peer(
                                    peer.model(),
                                    Cells.rounded(ours.millisecondsPerToken() / theirs.millisecondsPerToken()),
                                    theirs.served(Optional.ofNullable(way.rss.get(peer)))));
                }
            }
            results.add(new TrafficReport.Line(
                    model.name(),
                    model.head().text(),
                    own.name(),
                    traffic.lengths().text(),
                    traffic.requests(),
                    traffic.seed(),
                    way.maxBatch,
                    threads,
                    options.busy(),
                    way.clean,
                    ours.served(Optional.ofNullable(way.rss.get(own))),
                    peers));
        }
    }
}
