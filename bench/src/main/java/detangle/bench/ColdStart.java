package detangle.bench;

import detangle.bench.ColdReport.Start;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * From the start of a process to its first answer to a text of 16 tokens, the files in the page cache. Detangle reads
 * the text itself where the model has a tokenizer; others are given its ids, which spares them a tokenizer.
 */
public final class ColdStart {
    private static final int PROCESSES = 10;
    private static final int LENGTH = 16;
    private static final List<String> WORDS =
            List.of("we went to the sea for a day and it was good to see you there with all of them".split(" "));

    private ColdStart() {}

    /** What is asked: ids of so many tokens, or a text that has them. */
    private record Question(Optional<String> text, int tokens) {
        static Question of(BenchModel model) {
            if (!Tokenizers.exists(model.folder())) {
                return new Question(Optional.empty(), LENGTH);
            }
            Tokenizer tokenizer = Tokenizers.load(model.folder());
            // A word may be several tokens: as few more than asked for as there can be.
            int words = 1;
            while (words < WORDS.size() && tokens(tokenizer, words) < LENGTH) {
                words++;
            }
            return new Question(Optional.of(text(words)), tokens(tokenizer, words));
        }

        private static int tokens(Tokenizer tokenizer, int words) {
            return tokenizer.encode(text(words)).length();
        }

        private static String text(int words) {
            return String.join(" ", WORDS.subList(0, words));
        }
    }

    /** How a process is started, and whether it reads the text. */
    private record Contender(Supplier<Worker> start, boolean reads) {}

    public static ColdReport run(BenchOptions options, Path scratch, Consumer<String> progress) {
        List<Start> results = new ArrayList<>();
        SequencedMap<String, String> versions = new TreeMap<>();
        int threads = options.threads().getFirst();
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), options.weightType());
            Question question = Question.of(model);
            Map<String, Contender> contenders = new LinkedHashMap<>();
            for (String backend : options.backends()) {
                contenders.put(
                        backend,
                        new Contender(
                                () -> Worker.detangle(model, backend, threads),
                                question.text().isPresent()));
            }
            options.peers().forEach((name, given) -> {
                progress.accept("exporting " + model.name() + " for " + name);
                Peer peer = Peer.named(name);
                Path export = peer.export(model, scratch);
                contenders.put(name, new Contender(() -> peer.start(model, export, threads), false));
                given.ifPresent(file -> contenders.put(
                        name + " " + file.getFileName(), new Contender(() -> peer.start(model, file, threads), false)));
            });
            Map<String, Timings> times = new LinkedHashMap<>();
            // The first round only brings the files into the page cache.
            for (int round = 0; round <= PROCESSES; round++) {
                progress.accept(model.name() + ", process " + round + " of " + PROCESSES);
                int counted = round;
                contenders.forEach((name, contender) -> {
                    long nanos = firstAnswer(name, contender, question, model, versions);
                    if (counted > 0) {
                        times.computeIfAbsent(name, n -> new Timings()).add(new long[] {nanos});
                    }
                });
            }
            times.forEach((name, all) -> results.add(new Start(
                    model.name(),
                    name,
                    contenders.get(name).reads() ? "text" : "ids",
                    question.tokens(),
                    threads,
                    PROCESSES,
                    Cells.rounded(all.median()),
                    Cells.rounded(all.percentile(0)))));
        }
        return new ColdReport(Host.of(versions), results);
    }

    private static long firstAnswer(
            String name, Contender contender, Question question, BenchModel model, Map<String, String> versions) {
        long begin = System.nanoTime();
        try (Worker worker = contender.start().get()) {
            if (contender.reads()) {
                worker.prepare(question.text().orElseThrow());
            } else {
                worker.prepare(Workload.of(1, question.tokens()), model.config().vocabSize(), false);
            }
            worker.run(1);
            long nanos = System.nanoTime() - begin;
            versions.put(name, worker.version());
            return nanos;
        }
    }
}
