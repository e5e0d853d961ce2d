package detangle.cli;

import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingResult;
import detangle.train.report.EventFile;
import detangle.train.report.HtmlReport;
import detangle.train.report.JsonResults;
import detangle.train.report.LogEntry;
import detangle.train.report.TrainingLog;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Writes the files of a training beside the model: results by HuggingFace's names, a page with curves, TensorBoard's
 * events.
 */
final class TrainingOutputs implements TrainingCallback, AutoCloseable {
    private final Path folder;
    private final Optional<EventFile> events;
    private final SequencedMap<String, Double> results = new LinkedHashMap<>();

    /** @param tensorBoard the folder of event files, if they are wanted */
    TrainingOutputs(Path folder, Optional<Path> tensorBoard) {
        this.folder = folder;
        this.events = tensorBoard.map(EventFile::new);
    }

    @Override
    public void onBegin(Begin begin) {
        events.ifPresent(file -> file.begin(begin.done() + 1));
    }

    void add(LogEntry entry) {
        events.ifPresent(file -> file.add(entry));
    }

    /**
     * The results of a training.
     *
     * @param epoch the number of epochs done so far, with a fraction
     * @param rows the number of examples to train with
     * @param taken the number of rows that this run has taken
     * @param updates the number of updates that this run has done
     * @param seconds the duration in seconds
     * @param validated the number of examples to validate with; 0 if there are none
     */
    record Ended(
            TrainingResult result,
            double epoch,
            int rows,
            long taken,
            long updates,
            double seconds,
            TrainingOptions options,
            int validated) {}

    /** Writes all results. */
    void end(Ended ended, TrainingLog log, SequencedMap<String, String> given) {
        TrainingResult result = ended.result;
        double epoch = ended.epoch;
        SequencedMap<String, Double> training = new LinkedHashMap<>();
        training.put("epoch", epoch);
        training.put("train_loss", result.loss());
        training.put("train_runtime", ended.seconds);
        training.put("train_samples", (double) ended.rows);
        training.put("train_samples_per_second", ended.taken / ended.seconds);
        training.put("train_steps_per_second", ended.updates / ended.seconds);
        Optional<LogEntry> evaluation = evaluation(result, ended.options, log)
                .or(() -> log.entries().reversed().stream()
                        .filter(LogEntry::isEvaluation)
                        .findFirst());
        SequencedMap<String, Double> summary = new LinkedHashMap<>(training);
        summary.remove("epoch");
        summary.remove("train_samples");
        log.add(new LogEntry(result.steps(), epoch, summary));
        JsonResults.write(folder.resolve("train_results.json"), training);
        results.putAll(training);
        evaluation.ifPresent(entry -> {
            SequencedMap<String, Double> values = new LinkedHashMap<>();
            values.put("epoch", entry.epoch());
            values.putAll(entry.values());
            values.put("eval_samples", (double) ended.validated);
            JsonResults.write(folder.resolve("eval_results.json"), values);
            values.remove("epoch");
            results.putAll(values);
        });
        JsonResults.write(folder.resolve("all_results.json"), results);
        SequencedMap<String, Double> state = new LinkedHashMap<>();
        result.bestMetric().ifPresent(metric -> state.put("best_metric", metric));
        state.put("epoch", epoch);
        state.put("global_step", (double) result.steps());
        state.put("num_train_epochs", ended.options.numTrainEpochs());
        state.put("train_batch_size", (double) ended.options.perDeviceTrainBatchSize());
        JsonResults.writeState(
                folder.resolve("trainer_state.json"),
                state,
                result.bestCheckpoint().map(Path::toString).orElse(""),
                log.entries());
        new HtmlReport("Training of " + folder.toAbsolutePath().getFileName(), given, results, log.entries())
                .write(folder.resolve("report.html"));
    }

    /**
     * Returns the evaluation of the parameters at the end: the best one if those parameters are loaded, and the one
     * after the last update otherwise. It is empty if there was none, or if it took place before training went on from
     * a checkpoint.
     */
    static Optional<LogEntry> evaluation(TrainingResult result, TrainingOptions options, TrainingLog log) {
        String metric = "eval_" + options.evaluation().metricForBestModel();
        boolean isBest =
                options.evaluation().loadBestModelAtEnd() && result.bestMetric().isPresent();
        return log.entries().stream()
                .filter(LogEntry::isEvaluation)
                .filter(e -> isBest
                        ? e.values().get(metric) == result.bestMetric().getAsDouble()
                        : e.step() == result.steps())
                .findFirst();
    }

    /** Returns the results as a table for people. */
    String table() {
        return table(results);
    }

    static String table(Map<String, Double> values) {
        int width = values.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder();
        values.forEach((name, value) -> table.append(name)
                .append(" ".repeat(width - name.length() + 2))
                .append(value(name, value))
                .append('\n'));
        return table.toString();
    }

    private static String value(String name, double value) {
        if (name.endsWith("_runtime")) {
            return TrainingProgress.time(value);
        }
        return name.endsWith("_samples") ? Long.toString((long) value) : TrainingProgress.number(value);
    }

    @Override
    public void close() {
        events.ifPresent(EventFile::close);
    }
}
