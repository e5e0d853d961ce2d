package detangle.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Processes that keep processors busy beside a measurement. They end when this is closed, and also with this process,
 * as their standard input ends then; no signal and no failure leaves one behind.
 */
final class BusyProcesses implements AutoCloseable {
    private static final String MAIN = "detangle.bench.worker.BusyMain";
    private final List<Process> processes = new ArrayList<>();

    private BusyProcesses() {}

    /** Starts some, and returns when each computes. */
    static BusyProcesses start(int count) {
        BusyProcesses busy = new BusyProcesses();
        try {
            for (int i = 0; i < count; i++) {
                busy.processes.add(new ProcessBuilder(Worker.java(MAIN, List.of("-XX:TieredStopAtLevel=1")))
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start());
            }
            for (Process process : busy.processes) {
                if (process.getInputStream().read() < 0) {
                    throw new BenchException("a busy process ended before it began");
                }
            }
            return busy;
        } catch (IOException e) {
            busy.close();
            throw new BenchException("cannot start a busy process: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            busy.close();
            throw e;
        }
    }

    List<Long> pids() {
        return processes.stream().map(Process::pid).toList();
    }

    /** Ends their input, as the end of this process does, and says whether they all ended in time. */
    boolean endInput(long seconds) throws IOException, InterruptedException {
        boolean ended = true;
        for (Process process : processes) {
            process.getOutputStream().close();
            ended &= process.waitFor(seconds, TimeUnit.SECONDS);
        }
        return ended;
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
        for (Process process : processes) {
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
