package detangle.bench;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.runtime.OnnxExport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** From the start of a process to its first answer to 16 tokens, the files in the page cache: medians of ten. */
public final class ColdStart {
    private static final int PROCESSES = 10;
    private static final int LENGTH = 16;

    private ColdStart() {}

    /** A table as text. */
    public static String run(BenchOptions options, Path scratch, Consumer<String> progress) {
        StringBuilder out = new StringBuilder(String.format(
                Locale.ROOT, "%-28s %-14s %8s %10s %10s%n", "model", "runs in", "threads", "median ms", "best ms"));
        for (Path model : options.models()) {
            DebertaConfig config = DebertaConfig.read(model);
            Architecture head = options.head().flatMap(Architecture::named).orElse(config.architecture());
            int threads = options.threads().getFirst();
            Map<String, Supplier<Worker>> contenders = new LinkedHashMap<>();
            for (String backend : options.backends()) {
                contenders.put(backend, () -> Worker.detangle(model, backend, head.text(), threads));
            }
            if (!options.peers().isEmpty()) {
                progress.accept("exporting " + model.getFileName());
                Path export = scratch.resolve(model.getFileName() + ".onnx");
                OnnxExport.write(
                        model,
                        export,
                        new OnnxExport.Options(
                                Optional.of(head), Optional.of(head.convention()), Optional.empty(), false, false));
                options.peers().forEach((peer, file) -> {
                    contenders.put(peer, () -> Worker.peer(peer, export, threads));
                    file.ifPresent(
                            f -> contenders.put(peer + " " + f.getFileName(), () -> Worker.peer(peer, f, threads)));
                });
            }
            Map<String, List<Double>> times = new LinkedHashMap<>();
            // The first round only brings the files into the page cache.
            for (int round = 0; round <= PROCESSES; round++) {
                progress.accept(model.getFileName() + ", process " + round + " of " + PROCESSES);
                int counted = round;
                contenders.forEach((name, start) -> {
                    double ms = firstAnswer(start, config.vocabSize());
                    if (counted > 0) {
                        times.computeIfAbsent(name, n -> new ArrayList<>()).add(ms);
                    }
                });
            }
            times.forEach((name, all) -> {
                double[] sorted = all.stream().mapToDouble(t -> t).sorted().toArray();
                out.append(String.format(
                        Locale.ROOT,
                        "%-28s %-14s %8d %10.0f %10.0f%n",
                        model.getFileName(),
                        name,
                        threads,
                        (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2,
                        Arrays.stream(sorted).min().orElseThrow()));
            });
        }
        return out.toString();
    }

    private static double firstAnswer(Supplier<Worker> start, int vocabulary) {
        long begin = System.nanoTime();
        try (Worker worker = start.get()) {
            worker.prepare(Workload.of(1, LENGTH), vocabulary, false);
            worker.run(1);
            return (System.nanoTime() - begin) / 1e6;
        }
    }
}
