package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.bench.EpochReport.Epochs;
import detangle.bench.EpochReport.Times;
import detangle.models.deberta.InputNames;
import detangle.train.Batch;
import detangle.train.Batches;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Times epochs of training, here and in PyTorch, in processes of their own that take turns. Both take the same batches
 * of token ids in the same order, another one in each epoch; a step is that of {@link TrainingBenchmark}. A
 * time does not include tokenization and the making of batches.
 */
public final class EpochBenchmark {
    private final BenchOptions options;
    private final int epochs;
    private final Path scratch;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new LinkedHashMap<>();
    private final List<Epochs> results = new ArrayList<>();

    private EpochBenchmark(BenchOptions options, int epochs, Path scratch, Consumer<String> progress) {
        this.options = options;
        this.epochs = epochs;
        this.scratch = scratch;
        this.progress = progress;
    }

    /**
     * Measures everything.
     *
     * @param options the options; {@link PyTorch} is the only peer
     * @param batches the batches for a folder with a model
     * @param epochs the number of epochs in each process, at least two
     * @param scratch a folder for files of batches
     * @throws BenchException if there is another peer, or a process fails
     */
    public static EpochReport run(
            BenchOptions options,
            Function<Path, Batches> batches,
            int epochs,
            Path scratch,
            Consumer<String> progress) {
        TrainingBenchmark.checkPeers(options);
        EpochBenchmark benchmark = new EpochBenchmark(options, epochs, scratch, progress);
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), Optional.empty());
            Batches own = batches.apply(folder);
            for (int threads : options.threads()) {
                benchmark.measure(model, own, threads);
            }
        }
        return new EpochReport(Host.of(benchmark.versions), benchmark.results);
    }

    /** The measurements of one contender, over all of its processes. */
    private static final class Measured {
        private final Timings starts = new Timings();
        private final Timings firsts = new Timings();
        private final Timings repeated = new Timings();
        private OptionalLong peakBytes = OptionalLong.empty();

        Times times() {
            return new Times(
                    seconds(starts),
                    seconds(firsts),
                    seconds(repeated),
                    peakBytes.isPresent()
                            ? Optional.of((double) Math.round(peakBytes.getAsLong() / 0x1p20))
                            : Optional.empty());
        }

        private static double seconds(Timings millis) {
            return Cells.rounded(millis.median() / 1e3);
        }
    }

    private void measure(BenchModel model, Batches batches, int threads) {
        List<Path> files = new ArrayList<>();
        for (int epoch = 0; epoch < epochs; epoch++) {
            files.add(scratch.resolve("epoch-" + epoch + ".safetensors"));
            BatchFile.write(files.getLast(), batches(batches, epoch));
        }
        SequencedMap<String, Supplier<Worker>> contenders = new LinkedHashMap<>();
        SequencedMap<String, PyTorch.Training> peers = new LinkedHashMap<>();
        for (String backend : options.backends()) {
            peers.put(backend, PyTorch.Training.beside(backend, ComputePrecision.FP32));
            contenders.put(
                    backend,
                    () -> Worker.detangleTraining(model, backend, ComputePrecision.FP32, threads, options.step()));
        }
        options.peers()
                .values()
                .forEach(python -> peers.values().stream()
                        .distinct()
                        .forEach(peer -> contenders.put(
                                peer.name(),
                                () -> Worker.pytorchTraining(
                                        model, PyTorch.python(python), peer, threads, options.step()))));
        Map<String, Measured> measured = new LinkedHashMap<>();
        contenders.keySet().forEach(name -> measured.put(name, new Measured()));
        boolean clean = true;
        for (int process = 0; process < options.processes(); process++) {
            clean &= round(model, contenders, files, measured);
        }
        List<Batch> first = batches(batches, 0);
        for (String backend : options.backends()) {
            Optional<Times> peer =
                    Optional.ofNullable(measured.get(peers.get(backend).name())).map(Measured::times);
            Times own = measured.get(backend).times();
            results.add(new Epochs(
                    model.name(),
                    backend,
                    threads,
                    batches.rows(),
                    first.getFirst().rows(),
                    first.size(),
                    tokens(first),
                    own,
                    clean,
                    peer,
                    peer.map(p -> Cells.rounded(own.firstS() / p.firstS())),
                    peer.map(p -> Cells.rounded(own.repeatedS() / p.repeatedS()))));
        }
    }

    private static List<Batch> batches(Batches batches, int epoch) {
        return IntStream.range(0, batches.updates())
                .mapToObj(update -> batches.update(epoch, update))
                .flatMap(List::stream)
                .toList();
    }

    private static long tokens(List<Batch> batches) {
        return batches.stream()
                .flatMapToLong(batch ->
                        Arrays.stream(batch.inputs().get(InputNames.MASK).toLongs()))
                .sum();
    }

    /**
     * Measures fresh processes. The first epoch of each runs before the next process starts, since code that is
     * compiled in the background would be compiled while another one is timed. Later epochs take turns, in the opposite
     * order every second time.
     *
     * @return whether nothing else took much of the machine
     */
    private boolean round(
            BenchModel model,
            SequencedMap<String, Supplier<Worker>> contenders,
            List<Path> files,
            Map<String, Measured> measured) {
        SequencedMap<String, Worker> workers = new LinkedHashMap<>();
        try {
            boolean clean = true;
            for (Map.Entry<String, Supplier<Worker>> contender : contenders.entrySet()) {
                String name = contender.getKey();
                progress.accept(model.name() + ", " + name + ", epoch 1 of " + files.size());
                long begin = System.nanoTime();
                workers.put(name, contender.getValue().get());
                measured.get(name).starts.add(new long[] {System.nanoTime() - begin});
                versions.put(name, workers.get(name).version());
                workers.get(name).prepare(files.getFirst());
                Disturbance disturbance = new Disturbance(own(workers));
                measured.get(name).firsts.add(workers.get(name).run(1));
                clean &= disturbance.clean();
            }
            Disturbance disturbance = new Disturbance(own(workers));
            SequencedMap<String, Worker> order = workers;
            for (int epoch = 1; epoch < files.size(); epoch++) {
                progress.accept(model.name() + ", epoch " + (epoch + 1) + " of " + files.size());
                Path file = files.get(epoch);
                order.forEach((name, worker) -> {
                    worker.prepare(file);
                    measured.get(name).repeated.add(worker.run(1));
                });
                order = order.reversed();
            }
            workers.forEach((name, worker) -> {
                Measured m = measured.get(name);
                ProcFiles.peakBytes(worker.pid())
                        .ifPresent(peak -> m.peakBytes = OptionalLong.of(Math.max(peak, m.peakBytes.orElse(0))));
            });
            return clean & disturbance.clean();
        } finally {
            workers.values().forEach(Worker::close);
        }
    }

    private static List<Long> own(Map<String, Worker> workers) {
        List<Long> own = new ArrayList<>(List.of(ProcessHandle.current().pid()));
        workers.values().forEach(worker -> own.add(worker.pid()));
        return own;
    }
}
