package detangle.cli;

import java.util.List;

/**
 * Takes results. What is printed is handed on row by row and whole: when the process is ended by Ctrl-C or a
 * signal, the rows that are done are completed to what their format wants, and nothing is printed after that.
 */
final class ResultSink implements AutoCloseable {
    private final ResultPrinter printer;
    private final boolean ownsTarget;
    private final Thread atExit = new Thread(this::interrupted, "detangle-results");
    private boolean begun;
    private boolean ended;
    private boolean broken;

    /** @param ownsTarget whether what the printer writes to is closed with it */
    ResultSink(ResultPrinter printer, boolean ownsTarget) {
        this.printer = printer;
        this.ownsTarget = ownsTarget;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Writes rows, and hands them on. */
    synchronized void print(List<OutputRow> rows) {
        awaitExit();
        begun |= !rows.isEmpty();
        checked(() -> {
            rows.forEach(printer::print);
            printer.flush();
        });
    }

    /** Writes what a format has at its end. */
    synchronized void end() {
        awaitExit();
        ended = true;
        checked(() -> {
            printer.end();
            printer.flush();
        });
    }

    private void checked(Runnable write) {
        try {
            write.run();
        } catch (OutputException e) {
            broken = true;
            throw e;
        }
    }

    /** The JVM is on its way out, and the output is complete: whatever would be printed now must not be. */
    private void awaitExit() {
        while (ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                // Only the exit ends this.
            }
        }
    }

    private synchronized void interrupted() {
        if (begun && !ended && !broken) {
            try {
                end();
                closeTarget();
            } catch (OutputException e) {
                // The process ends in any case, by the signal that it was sent.
            }
        }
        ended = true;
    }

    private void closeTarget() {
        if (ownsTarget) {
            printer.close();
        }
    }

    /** Completes the rows that are done, after a failure as after the last row. */
    @Override
    public synchronized void close() {
        boolean exiting = false;
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            exiting = true;
        }
        if (exiting) {
            awaitExit();
        }
        try {
            if (begun && !ended && !broken) {
                end();
            }
        } finally {
            closeTarget();
        }
    }
}
