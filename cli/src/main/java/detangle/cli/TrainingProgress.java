package detangle.cli;

import detangle.train.TrainingCallback;
import detangle.train.report.LogEntry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Tells people how training goes: a line on the terminal that changes with each update, and lines that stay for what the log has. Of
 * checkpoints and of the memory that training takes it tells too.
 */
final class TrainingProgress implements TrainingCallback {
    private static final double NANOS = 1e9;
    private static final Set<String> NOT_SAID =
            Set.of("grad_norm", "learning_rate", "eval_runtime", "eval_samples_per_second");
    private static final int COLUMNS = Integer.getInteger("detangle.columns", 80) - 1;

    private final PrintWriter err;
    private final boolean terminal;
    private final long begun = System.nanoTime();
    private long first;
    private long updates;
    private long rows;
    private long done;
    private long stepped = begun;
    private String shown = "";

    /** @param terminal whether what is written can be written over */
    TrainingProgress(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void onBegin(Begin begin) {
        first = begin.done();
        updates = begin.updates();
        stepped = System.nanoTime();
        say(begin.memory().text());
        if (first > 0) {
            say("going on after update " + first + " of " + updates);
        }
    }

    @Override
    public void onStep(Step step) {
        rows += step.rows();
        done++;
        if (terminal) {
            draw(String.format(
                    Locale.ROOT,
                    "update %d/%d  epoch %.2f  loss %.4f  %s",
                    step.done(),
                    step.updates(),
                    step.epoch(),
                    step.loss(),
                    rate(step.done())));
        }
    }

    @Override
    public void onSave(Path checkpoint) {
        say("wrote " + checkpoint);
    }

    /** A line of the log; of what is known at the end the table tells. */
    void log(LogEntry entry) {
        if (entry.values().containsKey("train_loss")) {
            return;
        }
        StringJoiner line = new StringJoiner("  ");
        line.add(String.format(Locale.ROOT, "update %d/%d", entry.step(), updates));
        line.add(String.format(Locale.ROOT, "epoch %.2f", entry.epoch()));
        entry.values().forEach((name, value) -> {
            if (!NOT_SAID.contains(name)) {
                line.add(name + " " + number(value));
            }
        });
        if (!entry.isEvaluation()) {
            line.add(rate(entry.step()));
        }
        say(line.toString());
    }

    private String rate(long done) {
        double seconds = (System.nanoTime() - stepped) / NANOS;
        double left = done > first ? seconds / (done - first) * (updates - done) : 0;
        return String.format(Locale.ROOT, "%.1f rows/s  %s left", rows / seconds, time(left));
    }

    /** {@code 0:07}, {@code 12:34}, {@code 1:02:03}. */
    static String time(double seconds) {
        Duration time = Duration.ofSeconds(Math.round(seconds));
        return time.toHours() > 0
                ? String.format(Locale.ROOT, "%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart())
                : String.format(Locale.ROOT, "%d:%02d", time.toMinutes(), time.toSecondsPart());
    }

    static String number(double value) {
        double size = Math.abs(value);
        return size != 0 && size < 1e-3
                ? String.format(Locale.ROOT, "%.2e", value)
                : String.format(Locale.ROOT, "%.4g", value);
    }

    /** How many rows have been trained with in this run. */
    long rows() {
        return rows;
    }

    /** How many updates this run has done. */
    long updates() {
        return done;
    }

    /** Seconds since the first update began. */
    double seconds() {
        return (System.nanoTime() - stepped) / NANOS;
    }

    /** A line that stays. */
    void say(String line) {
        clear();
        err.println("detangle: " + line);
        err.flush();
    }

    private void draw(String line) {
        String fitting = line.length() > COLUMNS ? line.substring(0, COLUMNS) : line;
        err.print("\r" + fitting + " ".repeat(Math.max(0, shown.length() - fitting.length())));
        err.flush();
        shown = fitting;
    }

    /** Leaves nothing of the line that changes. */
    void clear() {
        if (!shown.isEmpty()) {
            err.print("\r" + " ".repeat(shown.length()) + "\r");
            shown = "";
        }
    }
}
