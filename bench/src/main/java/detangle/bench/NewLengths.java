package detangle.bench;

import detangle.bench.LengthsReport.Lengths;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The first run of each of many lengths, and its repeats right after it. A server's batches are all of other sizes, so
 * what is done once for a length is done for each of them. Lengths come in random order. A fifth of them, 50 at most,
 * run first and are not measured; 200 of the others are, or all if there are fewer.
 */
public final class NewLengths {
    private static final int WARM_UP_LENGTHS = 50;
    private static final int MEASURED_LENGTHS = 200;
    private static final int REPEATS_PER_LENGTH = 5;
    private static final long SEED = 11;

    private NewLengths() {}

    /** @param shortest and {@code longest}: lengths to take from, both included */
    public static LengthsReport run(BenchOptions options, int shortest, int longest, Consumer<String> progress) {
        if (shortest < 1 || longest - shortest < 4) {
            throw new BenchException("lengths from " + shortest + " to " + longest
                    + " are too few: give at least five lengths, from 1 on");
        }
        List<Lengths> results = new ArrayList<>();
        SequencedMap<String, String> versions = new LinkedHashMap<>();
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), options.weightType());
            for (String backend : options.backends()) {
                for (int threads : options.threads()) {
                    progress.accept(model.name() + ", lengths from " + shortest + " to " + longest);
                    try (BusyProcesses _ = BusyProcesses.start(options.busy());
                            Worker worker = Worker.detangle(model, backend, threads, true)) {
                        versions.put(backend, worker.version());
                        results.add(lengths(worker, model, backend, threads, options.busy(), shortest, longest));
                    }
                }
            }
        }
        return new LengthsReport(Host.of(versions), results);
    }

    private static Lengths lengths(
            Worker worker, BenchModel model, String backend, int threads, int busy, int shortest, int longest) {
        List<Integer> all = IntStream.rangeClosed(shortest, longest).boxed().collect(Collectors.toList());
        Collections.shuffle(all, new Random(SEED));
        int before = Math.min(WARM_UP_LENGTHS, all.size() / 5);
        int vocabulary = model.config().vocabSize();
        for (int length : all.subList(0, before)) {
            worker.prepare(Workload.of(1, length), vocabulary, false);
            worker.run(1 + REPEATS_PER_LENGTH);
        }
        Timings firsts = new Timings();
        Timings repeats = new Timings();
        List<Double> ratios = new ArrayList<>();
        for (int length : all.subList(before, Math.min(all.size(), before + MEASURED_LENGTHS))) {
            worker.prepare(Workload.of(1, length), vocabulary, false);
            long[] first = worker.run(1);
            Timings own = new Timings();
            own.add(worker.run(REPEATS_PER_LENGTH));
            firsts.add(first);
            repeats.add(new long[] {(long) (own.median() * 1e6)});
            ratios.add(first[0] / 1e6 / own.median());
        }
        Collections.sort(ratios);
        return new Lengths(
                model.name(),
                backend,
                threads,
                busy,
                shortest,
                longest,
                ratios.size(),
                Cells.rounded(firsts.median()),
                Cells.rounded(repeats.median()),
                Cells.rounded(ratios.get(ratios.size() / 2)),
                Cells.rounded(ratios.get(ratios.size() * 9 / 10)));
    }
}
