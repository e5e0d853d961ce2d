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
 * Shows people the progress of training: a line on the terminal that changes with each update, and lines that stay for
 * the entries of the log, for checkpoints, and for the memory that training takes.
 */
final class TrainingProgress implements TrainingCallback {
    private static final double NANOS = 1e9;
    private static final Set<String> NOT_SAID =
            Set.of("grad_norm", "learning_rate", "eval_runtime", "eval_samples_per_second");
    private static final int COLUMNS = Integer.getInteger("detangle.columns", 80) - 1;

    private final PrintWriter err;
    private final boolean terminal;
    private final boolean resumes;
    private final long begun = System.nanoTime();
    private long first;
    private long updates;
    private long rows;
    private long done;
    private long stepped = begun;
    private String shown = "";

    /**
     * @param terminal whether a line can be overwritten
     * @param resumes whether training is to go on from a checkpoint
     */
    TrainingProgress(PrintWriter err, boolean terminal, boolean resumes) {
        this.err = err;
        this.terminal = terminal;
        this.resumes = resumes;
    }

    @Override
    public void onBegin(Begin begin) {
        first = begin.done();
        updates = begin.updates();
        stepped = System.nanoTime();
        say(begin.memory().text());
        if (first > 0) {
            say("going on after update " + first + " of " + updates);
        } else if (resumes) {
            say("there is no checkpoint to go on from: training begins with its first update");
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

    /** Writes a line of the log; the table has the values that are known at the end. */
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

    /** Returns a time as {@code 0:07}, {@code 12:34} or {@code 1:02:03}. */
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

    /** Returns the number of rows that this run has trained with. */
    long rows() {
        return rows;
    }

    /** Returns the number of updates that this run has done. */
    long updates() {
        return done;
    }

    /** Returns the seconds since the first update began. */
    double seconds() {
        return (System.nanoTime() - stepped) / NANOS;
    }

    /** Writes a line that stays. */
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

    /** Removes the line that changes. */
    void clear() {
        if (!shown.isEmpty()) {
            err.print("\r" + " ".repeat(shown.length()) + "\r");
            shown = "";
        }
    }
}
