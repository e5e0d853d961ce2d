package detangle.cli;

import java.io.PrintWriter;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.OptionalLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A bar on the terminal for work that takes a while: how much is done of how much, how fast, and how long it will take.
 * It gives way to what else is printed. Its library would ask the terminal by native code, which the JVM warns of, so
 * the launcher tells the width.
 */
final class ProgressBarOnTerminal implements Progress {
    private static final int WIDTH = Integer.getInteger("detangle.columns", 80) - 1;

    private final PrintWriter terminal;
    private final ProgressBar bar;
    private String shown = "";

    /**
     * Begins.
     *
     * @param terminal what the bar is drawn on
     * @param unit of what is counted, {@code MB}; empty for rows
     * @param total empty where nobody knows
     */
    ProgressBarOnTerminal(PrintWriter terminal, String task, String unit, OptionalLong total) {
        this.terminal = terminal;
        this.bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total.orElse(-1))
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(unit, 1)
                .showSpeed(new DecimalFormat("0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
                .setConsumer(new Line())
                .build();
    }

    /** The line on which the bar stands. */
    private final class Line implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return WIDTH;
        }

        @Override
        public void accept(String text) {
            draw(text);
        }

        @Override
        public void close() {
            terminal.println();
            terminal.flush();
        }
    }

    private synchronized void draw(String text) {
        terminal.print("\r" + text);
        terminal.flush();
        shown = text;
    }

    @Override
    public void at(long done) {
        bar.stepTo(done);
    }

    @Override
    public synchronized void aside(Runnable lines) {
        String line = shown;
        draw(" ".repeat(line.length()));
        terminal.print("\r");
        terminal.flush();
        lines.run();
        draw(line);
    }

    @Override
    public void close() {
        bar.close();
    }
}
