package detangle.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The measurements of the suite of shapes: v3's models at lengths from a query to a page, in batches, of mixed lengths,
 * with heads; and v1's base and v2's xlarge, which differ from them by their layout and by a convolution, for a
 * sentence or a page.
 */
final class Suite {
    private static final String BASE = "deberta-v3-base";
    private static final String ENCODER = "encoder";
    private static final String MIX = "12,37,64,96,128,190,256,384";
    private static final List<Workload> SHAPES = List.of(
            Workload.of(1, 16),
            Workload.of(1, 128),
            Workload.of(1, 512),
            Workload.of(8, 128),
            Workload.of(4, 512),
            Workload.mix(MIX));

    private Suite() {}

    /**
     * Models that are measured alike.
     *
     * @param configs published names
     * @param threads as many as there are processors where it is empty
     */
    record Part(List<String> configs, String head, Optional<Integer> threads, List<Workload> workloads) {}

    static List<Part> parts() {
        return List.of(
                new Part(List.of(BASE), ENCODER, Optional.empty(), SHAPES),
                new Part(List.of("deberta-v3-small", "deberta-v3-xsmall"), ENCODER, Optional.empty(), SHAPES),
                new Part(List.of(BASE), ENCODER, Optional.of(1), SHAPES.subList(0, 3)),
                new Part(List.of(BASE), "sequence-classification", Optional.empty(), SHAPES.subList(1, 3)),
                new Part(List.of(BASE), "masked-lm", Optional.empty(), SHAPES.subList(1, 2)),
                new Part(List.of("deberta-base"), ENCODER, Optional.empty(), SHAPES.subList(0, 3)),
                new Part(List.of("deberta-v2-xlarge"), ENCODER, Optional.empty(), SHAPES.subList(0, 2)));
    }

    /** Measures what the folder does not have. */
    static SpeedReport run(BenchOptions options, Path folder, Consumer<String> progress) {
        SuiteParts parts = SuiteParts.open(options, folder, progress);
        List<SpeedReport> reports = new ArrayList<>();
        for (Part part : parts()) {
            List<Integer> threads = part.threads().map(List::of).orElse(options.threads());
            for (String config : part.configs()) {
                reports.add(parts.part(
                        config,
                        part.head(),
                        "threads " + threads,
                        SpeedReport.class,
                        (o, scratch) ->
                                Benchmark.run(o.withConditions(part.workloads(), threads, 0), scratch, progress)));
                parts.done(config, part.head());
            }
        }
        return SpeedReport.of(reports);
    }
}
