package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Busy processes compute, and none is left behind. */
class BusyProcessesTest {
    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theyComputeUntilTheyAreClosed() throws InterruptedException {
        List<Long> pids;
        try (BusyProcesses busy = BusyProcesses.start(2)) {
            pids = busy.pids();
            double before = ProcFiles.seconds(pids);
            for (int i = 0; i < 1000 && ProcFiles.seconds(pids) < before + 0.2; i++) {
                Thread.sleep(10);
            }
            assertTrue(ProcFiles.seconds(pids) >= before + 0.2, "they take no time of a processor");
        }
        pids.forEach(pid -> assertFalse(isAlive(pid)));
    }

    /** When a process ends, for whatever reason, the system closes the pipes that it wrote to. */
    @Test
    void theyEndWithWhoeverStartedThem() throws Exception {
        try (BusyProcesses busy = BusyProcesses.start(1)) {
            assertTrue(busy.endInput(30), "it goes on without its input");
        }
    }
}
