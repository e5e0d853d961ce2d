package detangle.bench;

import detangle.bench.ColdReport.Start;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Measures the time from the start of a process to its first answer to a text of 16 tokens, with the files in the page
 * cache. Detangle reads the text itself where the model has a tokenizer; others are given its ids, which spares them a
 * tokenizer. Detangle starts with and without an archive of classes, as the launcher makes one.
 */
public final class ColdStart {
    /** The processes of each runtime where nobody asks for another number. */
    public static final int PROCESSES = 10;

    private static final int LENGTH = 16;

    /**
     * The JVM's messages about archives must not stand among a worker's answers; the launcher has these options too.
     */
    private static final List<String> NO_MESSAGES =
            List.of("-Xlog:disable", "-Xlog:all=warning:stderr", "-Xlog:cds*=off:stderr", "-Xlog:aot*=off:stderr");

    private static final List<String> WORDS =
            List.of("we went to the sea for a day and it was good to see you there with all of them".split(" "));

    private ColdStart() {}

    /** The question: ids of so many tokens, or a text that has them. */
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

    /**
     * A runtime whose processes are started.
     *
     * @param archive of the classes that an answer needs, if processes start with one
     */
    private record Starter(Contender contender, Optional<Path> archive) {
        Worker start(BenchModel model, int threads) {
            return contender.peer()
                    ? contender.starter().apply(threads)
                    : Worker.detangleOnce(
                            model,
                            contender.name(),
                            threads,
                            archive.map(Starter::reading).orElseGet(List::of));
        }

        private static List<String> reading(Path archive) {
            verify(archive);
            return withoutMessages("-XX:SharedArchiveFile=" + archive);
        }

        /** Looks at the checksum of the archive first, as the launcher does, which takes its time. */
        private static void verify(Path archive) {
            try (CheckedInputStream in = new CheckedInputStream(Files.newInputStream(archive), new CRC32())) {
                in.skipNBytes(Files.size(archive));
            } catch (IOException e) {
                throw new BenchException("cannot read " + archive + ": " + e.getMessage(), e);
            }
        }
    }

    /**
     * Starts processes of all contenders in turn.
     *
     * @param processes of each contender that count; one more of each only brings files into the page cache
     */
    public static ColdReport run(BenchOptions options, int processes, Path scratch, Consumer<String> progress) {
        List<Start> results = new ArrayList<>();
        SequencedMap<String, String> versions = new TreeMap<>();
        int threads = options.threads().getFirst();
        for (Path folder : options.models()) {
            BenchModel model = BenchModel.of(folder, options.head(), options.weightType());
            Question question = Question.of(model);
            List<Contender> contenders = Contender.of(model, options, scratch, progress);
            Map<Starter, Timings> times = new LinkedHashMap<>();
            for (Contender contender : contenders) {
                times.put(new Starter(contender, Optional.empty()), new Timings());
                if (!contender.peer()) {
                    Path archive = scratch.resolve(
                            model.name() + "-" + contender.name().replace(':', '-') + ".jsa");
                    progress.accept("making an archive of the classes that " + contender.name() + " needs");
                    makeArchive(archive, contender, threads, question, model);
                    // Another JVM than HotSpot may make none.
                    if (Files.isRegularFile(archive)) {
                        times.put(new Starter(contender, Optional.of(archive)), new Timings());
                    }
                }
            }
            try (BusyProcesses _ = BusyProcesses.start(options.busy())) {
                // The first round only brings the files into the page cache.
                for (int round = 0; round <= processes; round++) {
                    progress.accept(model.name() + ", process " + round + " of " + processes);
                    for (Map.Entry<Starter, Timings> each : times.entrySet()) {
                        long nanos = firstAnswer(each.getKey(), threads, question, model, versions);
                        if (round > 0) {
                            each.getValue().add(new long[] {nanos});
                        }
                    }
                }
            }
            times.forEach((starter, all) -> results.add(new Start(
                    model.name(),
                    starter.contender().name(),
                    starter.archive().isPresent(),
                    question.isReadBy(starter.contender()) ? "text" : "ids",
                    question.tokens(),
                    threads,
                    options.busy(),
                    processes,
                    Cells.rounded(all.median()),
                    Cells.rounded(all.percentile(0)))));
        }
        return new ColdReport(Host.of(versions), results);
    }

    private static List<String> withoutMessages(String... options) {
        List<String> all = new ArrayList<>(NO_MESSAGES);
        all.addAll(List.of(options));
        return all;
    }

    private static void makeArchive(
            Path archive, Contender contender, int threads, Question question, BenchModel model) {
        List<String> options = withoutMessages("-XX:ArchiveClassesAtExit=" + archive);
        try (Worker worker = Worker.detangleOnce(model, contender.name(), threads, options)) {
            answer(worker, contender, question, model);
            worker.end();
        }
    }

    private static long firstAnswer(
            Starter starter, int threads, Question question, BenchModel model, Map<String, String> versions) {
        long begin = System.nanoTime();
        try (Worker worker = starter.start(model, threads)) {
            answer(worker, starter.contender(), question, model);
            long nanos = System.nanoTime() - begin;
            versions.put(starter.contender().name(), worker.version());
            return nanos;
        }
    }

    private static void answer(Worker worker, Contender contender, Question question, BenchModel model) {
        if (question.isReadBy(contender)) {
            worker.prepare(question.text().orElseThrow());
        } else {
            worker.prepare(Workload.of(1, question.tokens()), model.config().vocabSize(), false);
        }
        worker.run(1);
    }
}
