package detangle.server;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.server.SoakQuestions.Question;
import detangle.testing.SoakReport;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server in a process of its own under mixed load, with what it holds sampled: {@code -Ddetangle.soak.minutes=120}
 * for two hours, {@code -Ddetangle.soak.pause=100} for the milliseconds that each of six clients waits between two
 * requests, and {@code -Ddetangle.soak.seed=1} for other questions. Prints a line every four minutes, now and then the
 * table so far, and at the end the table with the verdict. Without the property a moment of it shows that it works.
 */
class SoakTest {
    private static final int MINUTES = Integer.getInteger("detangle.soak.minutes", 0);
    private static final int PAUSE_MILLIS = Integer.getInteger("detangle.soak.pause", 100);
    private static final long SEED = Long.getLong("detangle.soak.seed", 1);
    private static final int TEXTS = 10;
    private static final long MOMENT_NANOS = 1_000_000_000L;
    private static final long MINUTE_NANOS = 60_000_000_000L;
    private static final int RELOAD_SECONDS = 20;
    private static final int MINUTES_OF_A_TABLE = 20;
    private static final int MINUTES_OF_A_SAMPLE = 4;

    /** The memory of runs is kept for twenty to forty seconds after the last one. */
    private static final long SETTLE_MILLIS = 45_000;

    private static final long SETTLE_MILLIS_OF_A_MOMENT = 500;

    @TempDir
    private Path folder;

    @Test
    void memoryThreadsAndHandlesStayFlat() throws Exception {
        boolean asked = MINUTES > 0;
        SequencedMap<String, Path> models = asked ? SoakQuestions.models(folder) : SoakQuestions.fewModels(folder);
        List<Question> all = SoakQuestions.of(SEED, asked ? TEXTS : 2);
        List<Question> questions = asked ? all : SoakQuestions.to(models.keySet(), all);
        SoakReport report = new SoakReport();
        try (SoakProcess process = new SoakProcess(models, folder);
                SoakClients clients = new SoakClients(process, questions, PAUSE_MILLIS, SEED)) {
            long begin = System.nanoTime();
            clients.start(RELOAD_SECONDS);
            int step = asked ? MINUTES_OF_A_SAMPLE : 1;
            for (int minute = step; minute <= Math.max(step, MINUTES); minute += step) {
                long until = begin + (asked ? minute * MINUTE_NANOS : MOMENT_NANOS);
                while (System.nanoTime() < until) {
                    Thread.sleep(100);
                    clients.check();
                }
                report.add(
                        (System.nanoTime() - begin) / (double) MINUTE_NANOS,
                        clients.whileIdle(asked ? SETTLE_MILLIS : SETTLE_MILLIS_OF_A_MOMENT, process::sample));
                System.out.println(report.line() + "; " + clients.counts());
                if (minute % MINUTES_OF_A_TABLE == 0 && report.isLongEnough()) {
                    System.out.println(report.table());
                }
            }
            clients.check();
        }
        System.out.println(report.table());
        assertTrue(!report.isLongEnough() || report.isFlat(), "the server collects something");
    }
}
