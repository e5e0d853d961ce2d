package detangle.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Reads what Linux tells of processes; empty elsewhere. */
final class ProcFiles {
    private static final double TICKS_PER_SECOND = 100;

    private ProcFiles() {}

    /** Seconds of processor time that the machine has given to anything, stolen time included. */
    static OptionalDouble busySeconds() {
        try {
            String[] cpu =
                    Files.readAllLines(Path.of("/proc/stat")).getFirst().trim().split(" +");
            // user nice system idle iowait irq softirq steal
            double ticks = 0;
            for (int i : new int[] {1, 2, 3, 6, 7, 8}) {
                ticks += Double.parseDouble(cpu[i]);
            }
            return OptionalDouble.of(ticks / TICKS_PER_SECOND);
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    /** Seconds of processor time of some processes together. */
    static double seconds(Collection<Long> pids) {
        double ticks = 0;
        for (long pid : pids) {
            try {
                String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                ticks += Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
            } catch (IOException e) {
                // It has ended; what it used is counted as another's, which errs on the careful side.
            }
        }
        return ticks / TICKS_PER_SECOND;
    }

    /** Lets the peak of a process's resident memory begin anew. */
    static void forgetPeak(long pid) {
        try {
            Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), "5");
        } catch (IOException e) {
            // The peak since the start stands then.
        }
    }

    /** Peak resident bytes of a process. */
    static OptionalLong peakBytes(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(l -> l.startsWith("VmHWM:"))
                    .mapToLong(l -> 1024
                            * Arrays.stream(l.split("\\s+"))
                                    .skip(1)
                                    .mapToLong(Long::parseLong)
                                    .findFirst()
                                    .orElseThrow())
                    .findFirst();
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
