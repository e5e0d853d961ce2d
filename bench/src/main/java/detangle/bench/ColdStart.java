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

        boolean isReadBy(Contender contender) {
            return text.isPresent() && !contender.peer();
        }

        private static int tokens(Tokenizer tokenizer, int words) {
            return tokenizer.encode(text(words)).length();
        }

        private static String text(int words) {
            return String.join(" ", WORDS.subList(0, words));
        }
    }

    public static ColdReport run(BenchOptions options, Path scratch, Consumer<String> progress) {
        List<Start> results = new ArrayList<>();
        SequencedMap<String, String> versions = new TreeMap<>();
        int threads = options.threads().getFirst();
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), options.weightType());
            Question question = Question.of(model);
            List<Contender> contenders = Contender.of(model, options, scratch, progress);
            Map<Contender, Timings> times = new LinkedHashMap<>();
            contenders.forEach(c -> times.put(c, new Timings()));
            try (BusyProcesses _ = BusyProcesses.start(options.busy())) {
                // The first round only brings the files into the page cache.
                for (int round = 0; round <= PROCESSES; round++) {
                    progress.accept(model.name() + ", process " + round + " of " + PROCESSES);
                    for (Contender contender : contenders) {
                        long nanos = firstAnswer(contender, threads, question, model, versions);
                        if (round > 0) {
                            times.get(contender).add(new long[] {nanos});
                        }
                    }
                }
            }
            times.forEach((contender, all) -> results.add(new Start(
                    model.name(),
                    contender.name(),
                    question.isReadBy(contender) ? "text" : "ids",
                    question.tokens(),
                    threads,
                    options.busy(),
                    PROCESSES,
                    Cells.rounded(all.median()),
                    Cells.rounded(all.percentile(0)))));
        }
        return new ColdReport(Host.of(versions), results);
    }

    private static long firstAnswer(
            Contender contender, int threads, Question question, BenchModel model, Map<String, String> versions) {
        long begin = System.nanoTime();
        Worker started = contender.peer()
                ? contender.starter().apply(threads)
                : Worker.detangleOnce(model, contender.name(), threads);
        try (Worker worker = started) {
            if (question.isReadBy(contender)) {
                worker.prepare(question.text().orElseThrow());
            } else {
                worker.prepare(Workload.of(1, question.tokens()), model.config().vocabSize(), false);
            }
            worker.run(1);
            long nanos = System.nanoTime() - begin;
            versions.put(contender.name(), worker.version());
            return nanos;
        }
    }
}
