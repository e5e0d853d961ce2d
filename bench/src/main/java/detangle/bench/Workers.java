package detangle.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** A process for each contender, and busy ones beside them. */
final class Workers implements AutoCloseable {
    private static final int SETTLE_MILLIS = 100;

    /** The time in which a just-in-time compiler finishes with small models. */
    private static final Duration WARM_UP = Duration.ofSeconds(2);

    private final SequencedMap<Contender, Worker> all = new LinkedHashMap<>();
    private final BusyProcesses busy;

    private Workers(BusyProcesses busy) {
        this.busy = busy;
    }

    /** Starts the busy processes, and then the contenders one after another. */
    static Workers start(List<Contender> contenders, int threads, int busy) {
        Workers workers = new Workers(BusyProcesses.start(busy));
        try {
            contenders.forEach(c -> workers.all.put(c, c.starter().apply(threads)));
            return workers;
        } catch (RuntimeException e) {
            workers.close();
            throw e;
        }
    }

    SequencedMap<Contender, Worker> all() {
        return all;
    }

    /** Begins to watch for processes that are not of the measurement. */
    Disturbance watch() {
        List<Long> own = new ArrayList<>(busy.pids());
        own.add(ProcessHandle.current().pid());
        all.values().forEach(w -> own.add(w.pid()));
        return new Disturbance(own);
    }

    /**
     * Runs as many of the batches that are prepared as the options say, and for as long as a just-in-time compiler
     * takes to finish with small models, or for twice the time that it is measured if that is less. The first run is not part of that time:
     * hybrid measures in it what is best.
     */
    static void warmUp(Worker worker, BenchOptions options) {
        worker.pass(0, 1);
        long end = System.nanoTime()
                + Math.min(WARM_UP.toNanos(), 2 * options.duration().toNanos());
        for (int done = 1; done < options.warmup() || System.nanoTime() < end; done++) {
            worker.pass(done, 1);
        }
    }

    /**
     * Waits before a contender's turn. Threads of the one before spin after its last run, some for tens of
     * milliseconds, and would take a processor from the one that is timed. It then begins with a run that does not
     * count, as its own threads sleep by then.
     */
    static void settle() {
        try {
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while measuring", e);
        }
    }

    @Override
    public void close() {
        all.values().forEach(Worker::close);
        busy.close();
    }
}
