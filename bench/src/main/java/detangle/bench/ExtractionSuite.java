package detangle.bench;

import detangle.bench.ExtractionModel.ExportedInputs;
import detangle.bench.worker.InputFile;
import detangle.export.ModelExport;
import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Models of the GLiNER family with random weights, from texts to entities: texts of 20 to 300 words one by one and in
 * batches, beside ONNX Runtime on Detangle's export with the batches padded as the original pads them; and the vectors
 * of a bi-encoder's labels, kept and computed each time.
 */
public final class ExtractionSuite {
    /** The published models whose sizes are known here. */
    public static final List<String> NAMES = Arrays.stream(ExtractionModel.values())
            .map(ExtractionModel::published)
            .toList();

    private static final int MIN_TEXT_WORDS = 20;
    private static final int MAX_TEXT_WORDS = 300;
    private static final int TEXTS = 32;
    private static final int BATCH = 16;
    private static final int LABELS = 8;
    private static final int MANY_LABELS = 100;
    private static final int SHORT_TEXTS = 16;
    private static final long SEED = 42;
    private static final long WARM_UP_SEED = 43;

    private static final double ONE_BY_ONE_GOAL = 1.5;
    private static final double BATCHES_GOAL = 3;
    private static final double LABELS_GOAL = 5;

    /** A contender answers so many texts before another one's turn comes. */
    private static final int TEXTS_PER_TURN = 8;

    /** The end of the name of a runtime whose export has its layers where gliner and gliner2 have them. */
    private static final String AS_WRITTEN = ", layers as in the original";

    private static final String NEW_LABELS = "labels encoded each time";

    private final BenchOptions options;
    private final Path scratch;
    private final Consumer<String> progress;
    private final SequencedMap<String, String> versions = new TreeMap<>();
    private final List<ExtractionReport.Line> lines = new ArrayList<>();

    private ExtractionSuite(BenchOptions options, Path scratch, Consumer<String> progress) {
        this.options = options;
        this.scratch = scratch;
        this.progress = progress;
    }

    /**
     * Measures models.
     *
     * @param options of which backends, threads, peers and the extent of the measurement are heeded
     * @param names of {@link #NAMES}
     * @param scratch a folder for models and exports
     * @param progress is told what is measured next
     * @throws BenchException if a peer runs no such models
     */
    public static ExtractionReport run(
            BenchOptions options, List<String> names, Path scratch, Consumer<String> progress) {
        for (String peer : options.peers().keySet()) {
            if (Peer.named(peer) != Peer.onnxruntime) {
                throw new BenchException("models that extract run beside onnxruntime, and not beside " + peer);
            }
        }
        ExtractionSuite suite = new ExtractionSuite(options, scratch, progress);
        for (ExtractionModel model : ExtractionModel.values()) {
            if (names.contains(model.published())) {
                suite.measure(model);
            }
        }
        return new ExtractionReport(Host.of(suite.versions), suite.lines);
    }

    /**
     * Texts in batches.
     *
     * @param name in words
     * @param goal the least ratio that is aimed for
     */
    private record Work(String name, double goal, List<List<String>> batches, List<String> labels) {
        int texts() {
            return batches.stream().mapToInt(List::size).sum();
        }

        /** Texts of drawn lengths, in words. */
        static Work of(
                String name, double goal, int batch, int count, int shortest, int longest, long seed, int labels) {
            Random random = new Random(seed);
            List<String> texts = IntStream.range(0, count)
                    .mapToObj(i -> SyllableTexts.text(random, random.nextInt(shortest, longest + 1)))
                    .toList();
            List<List<String>> batches = new ArrayList<>();
            for (int from = 0; from < count; from += batch) {
                batches.add(texts.subList(from, from + batch));
            }
            return new Work(name, goal, batches, SyllableTexts.labels(labels));
        }
    }

    private static List<Work> works(ExtractionModel model, long seed) {
        String mixed = MIN_TEXT_WORDS + " to " + MAX_TEXT_WORDS + " words";
        if (model.encodesLabels()) {
            String labels = ", " + MANY_LABELS + " labels";
            return List.of(
                    Work.of(
                            MIN_TEXT_WORDS + " words one by one" + labels,
                            LABELS_GOAL,
                            1,
                            SHORT_TEXTS,
                            MIN_TEXT_WORDS,
                            MIN_TEXT_WORDS,
                            seed,
                            MANY_LABELS),
                    Work.of(
                            mixed + " one by one" + labels,
                            LABELS_GOAL,
                            1,
                            SHORT_TEXTS,
                            MIN_TEXT_WORDS,
                            MAX_TEXT_WORDS,
                            seed,
                            MANY_LABELS));
        }
        Work oneByOne =
                Work.of(mixed + " one by one", ONE_BY_ONE_GOAL, 1, TEXTS, MIN_TEXT_WORDS, MAX_TEXT_WORDS, seed, LABELS);
        if (!model.exportsBatches()) {
            return List.of(oneByOne);
        }
        String inBatches = mixed + " in batches of " + BATCH;
        return List.of(
                oneByOne, Work.of(inBatches, BATCHES_GOAL, BATCH, TEXTS, MIN_TEXT_WORDS, MAX_TEXT_WORDS, seed, LABELS));
    }

    /** The times of one contender. */
    private static final class Taken {
        private double seconds;
        private int texts;
        private Optional<Double> rss = Optional.empty();

        double textsPerSecond() {
            return Cells.rounded(texts / seconds);
        }
    }

    private void measure(ExtractionModel model) {
        progress.accept("making random weights for " + model.published());
        Path folder = model.write(scratch);
        List<Contender> contenders = contenders(model, folder);
        ExportedInputs inputs = model.inputs(folder);
        List<Work> works = works(model, SEED);
        List<Work> before = works(model, WARM_UP_SEED);
        for (int threads : options.threads()) {
            List<Map<Contender, Taken>> taken = new ArrayList<>();
            works.forEach(work -> taken.add(new LinkedHashMap<>()));
            boolean[] clean = new boolean[works.size()];
            Arrays.fill(clean, true);
            for (int process = 0; process < options.processes(); process++) {
                progress.accept("loading " + model.published());
                try (Workers workers = Workers.start(contenders, threads, options.busy())) {
                    workers.all().forEach((c, w) -> versions.put(c.name(), w.version()));
                    for (int i = 0; i < works.size(); i++) {
                        progress.accept(model.published() + ", " + works.get(i).name());
                        clean[i] &= passes(workers, inputs, works.get(i), before.get(i), taken.get(i));
                    }
                }
            }
            for (int i = 0; i < works.size(); i++) {
                lines.add(line(model, inputs, works.get(i), threads, taken.get(i), clean[i]));
            }
        }
        Folders.delete(folder);
    }

    private List<Contender> contenders(ExtractionModel model, Path folder) {
        List<Contender> all = new ArrayList<>();
        for (String backend : options.backends()) {
            all.add(new Contender(
                    backend, model.published(), false, n -> Worker.detangleExtraction(folder, backend, n, false)));
            if (model.encodesLabels()) {
                all.add(new Contender(
                        NEW_LABELS, model.published(), true, n -> Worker.detangleExtraction(folder, backend, n, true)));
            }
        }
        for (String name : options.peers().keySet()) {
            progress.accept("exporting " + model.published());
            Path file = folder.resolve("model.onnx");
            ModelExport.write(folder, file, ModelExport.Options.of(ModelExport.Format.onnx));
            all.add(new Contender(name, "own export", true, n -> Worker.peer(name, List.of(), file, n)));
            Path written = folder.resolve("written.onnx");
            ModelExport.writeAsWritten(folder, written);
            all.add(new Contender(
                    name + AS_WRITTEN, "own export", true, n -> Worker.peer(name, List.of(), written, n)));
        }
        return all;
    }

    /**
     * Runs whole passes over the texts, at least one and for as long as was asked for. Returns whether nothing
     * disturbed them.
     */
    private boolean passes(
            Workers workers, ExportedInputs inputs, Work work, Work before, Map<Contender, Taken> taken) {
        workers.all().forEach((contender, worker) -> {
            ProcFiles.forgetPeak(worker.pid());
            worker.prepareRequests(file(contender, inputs, before));
            if (takesTexts(contender)) {
                Workers.warmUp(worker, options);
            } else {
                // A runtime that takes tensors compiles nothing just in time.
                worker.pass(0, 1);
            }
            worker.prepareRequests(file(contender, inputs, work));
        });
        Disturbance disturbance = workers.watch();
        SequencedMap<Contender, Worker> order = workers.all();
        int count = work.batches().size();
        int size = work.batches().getFirst().size();
        int perTurn = Math.max(1, TEXTS_PER_TURN / size);
        long end = System.nanoTime() + options.duration().toNanos() * order.size();
        do {
            for (int from = 0; from < count; from += perTurn) {
                int first = from;
                int turn = Math.min(perTurn, count - from);
                order.forEach((contender, worker) -> {
                    Workers.settle();
                    Taken own = taken.computeIfAbsent(contender, c -> new Taken());
                    own.seconds += Arrays.stream(worker.pass(first, turn)).sum() / 1e9;
                    own.texts += turn * size;
                });
                // Backwards in the next turn: what comes after a slow one meets the processor in another state.
                order = order.reversed();
            }
        } while (System.nanoTime() < end);
        workers.all().forEach((contender, worker) -> {
            OptionalLong peak = ProcFiles.peakBytes(worker.pid());
            if (peak.isPresent()) {
                taken.get(contender).rss = Optional.of((double) Math.round(peak.getAsLong() / 0x1p20));
            }
        });
        return disturbance.clean();
    }

    /** Returns whether a contender is Detangle, and not a runtime that takes tensors. */
    private boolean takesTexts(Contender contender) {
        return options.peers().keySet().stream()
                .noneMatch(name -> contender.name().startsWith(name));
    }

    /** The texts as the contender takes them: as they are, or as inputs that are batched and padded. */
    private Path file(Contender contender, ExportedInputs inputs, Work work) {
        boolean asTexts = takesTexts(contender);
        try {
            Path file = scratch.resolve(asTexts ? "requests.jsonl" : "requests.inputs");
            if (asTexts) {
                List<String> requests = work.batches().stream()
                        .map(texts ->
                                JsonMapper.shared().writeValueAsString(Map.of("texts", texts, "labels", work.labels())))
                        .toList();
                Files.write(file, requests);
            } else {
                List<Map<String, Tensor>> batches = new ArrayList<>();
                work.batches().forEach(texts -> batches.add(inputs.of(texts, work.labels())));
                InputFile.write(file, batches);
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ExtractionReport.Line line(
            ExtractionModel model,
            ExportedInputs inputs,
            Work work,
            int threads,
            Map<Contender, Taken> taken,
            boolean clean) {
        Contender own =
                taken.keySet().stream().filter(c -> !c.peer()).findFirst().orElseThrow();
        double ours = taken.get(own).textsPerSecond();
        Map<String, ExtractionReport.Peer> peers = new TreeMap<>();
        taken.forEach((contender, t) -> {
            if (contender.peer()) {
                double theirs = t.textsPerSecond();
                peers.put(contender.name(), new ExtractionReport.Peer(theirs, Cells.rounded(ours / theirs), t.rss));
            }
        });
        long tokens = work.batches().stream()
                .mapToLong(texts -> Arrays.stream(inputs.of(texts, work.labels())
                                .get(InputNames.MASK)
                                .toLongs())
                        .sum())
                .sum();
        return new ExtractionReport.Line(
                model.published(),
                work.name(),
                own.name(),
                threads,
                work.texts(),
                tokens,
                ours,
                taken.get(own).rss,
                work.goal(),
                clean,
                peers);
    }
}
