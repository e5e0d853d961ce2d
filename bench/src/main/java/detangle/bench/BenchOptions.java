package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options of a measurement.
 *
 * @param models folders with config.json and weights
 * @param head what stands on the encoder; config.json's where it is empty
 * @param weightType f16 or bf16 for Detangle to keep weights in
 * @param step what steps of training compute
 * @param precisions in which each backend computes, one after another
 * @param peers by name, each with what else it runs beside Detangle's export: a file, or a folder with such files
 * @param warmup runs of each before any counts
 * @param iterations timed runs of each in one process
 * @param duration for which each runs at least
 * @param busy processes that keep processors busy beside all that is measured
 * @param processes fresh processes of everything, one after another
 * @param dataTransfers whether outputs are copied back from a device; otherwise they stay there
 */
public record BenchOptions(
        List<Path> models,
        Optional<String> head,
        Optional<DType> weightType,
        TrainingStep step,
        List<String> backends,
        List<ComputePrecision> precisions,
        List<Workload> workloads,
        List<Integer> threads,
        Map<String, Optional<Path>> peers,
        int warmup,
        int iterations,
        Duration duration,
        int busy,
        int processes,
        boolean dataTransfers) {
    /** The backend of the CPU. */
    private static final String CPU = "vector";

    public BenchOptions {
        models = List.copyOf(models);
        backends = List.copyOf(backends);
        precisions = List.copyOf(precisions);
        workloads = List.copyOf(workloads);
        threads = List.copyOf(threads);
        peers = Collections.unmodifiableMap(new LinkedHashMap<>(peers));
    }

    BenchOptions withModel(Path model, String modelHead) {
        return new BenchOptions(
                List.of(model),
                Optional.of(modelHead),
                weightType,
                step,
                backends,
                precisions,
                workloads,
                threads,
                peers,
                warmup,
                iterations,
                duration,
                busy,
                processes,
                dataTransfers);
    }

    /** Returns other batches to run, with other numbers of threads and of busy processes. */
    BenchOptions withConditions(List<Workload> others, List<Integer> otherThreads, int otherBusy) {
        return new BenchOptions(
                models,
                head,
                weightType,
                step,
                backends,
                precisions,
                others,
                otherThreads,
                peers,
                warmup,
                iterations,
                duration,
                otherBusy,
                processes,
                dataTransfers);
    }

    /** Returns the backend whose outputs in fp32 others are compared with: the first, or the CPU's for other precisions. */
    String judge() {
        return precisions.equals(List.of(ComputePrecision.FP32)) ? backends.getFirst() : CPU;
    }

    /** Shapes, then batches of every size with sequences of every length, then a mix if there is one. */
    public static List<Workload> workloads(
            List<String> shapes, List<Integer> batches, List<Integer> lengths, Optional<String> mix) {
        List<Workload> all = new ArrayList<>();
        shapes.forEach(shape -> all.add(Workload.shape(shape)));
        for (int batch : batches) {
            for (int length : lengths) {
                all.add(Workload.of(batch, length));
            }
        }
        mix.ifPresent(m -> all.add(Workload.mix(m)));
        return all;
    }
}
