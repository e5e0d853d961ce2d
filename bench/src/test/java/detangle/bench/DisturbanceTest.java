package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DisturbanceTest {
    @BeforeEach
    void onLinux() {
        assumeTrue(ProcFiles.busySeconds().isPresent(), "skipped: only Linux tells what processors do");
    }

    /** Uses processor time, which takes longer than that on a machine with other work to do. */
    private static void work(long millis) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long end = threads.getCurrentThreadCpuTime() + millis * 1_000_000;
        while (threads.getCurrentThreadCpuTime() < end) {
            Thread.onSpinWait();
        }
    }

    /** This process works, and does not count itself as its own. */
    @Test
    void othersAtWorkAreNoticed() {
        Disturbance disturbance = new Disturbance(List.of());
        work(1000);
        assertFalse(disturbance.clean());
    }

    @Test
    void whatAProcessUsesIsCounted() {
        List<Long> own = List.of(ProcessHandle.current().pid());
        double before = ProcFiles.seconds(own);
        work(500);
        assertTrue(ProcFiles.seconds(own) - before > 0.2, "half a second of work went unseen");
        assertTrue(ProcFiles.peakBytes(own.getFirst()).orElse(0) > 1 << 20, "no memory was seen");
    }
}
