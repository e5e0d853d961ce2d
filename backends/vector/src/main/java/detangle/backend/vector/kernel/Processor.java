package detangle.backend.vector.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads what Linux tells of the processor; a careful guess elsewhere. */
final class Processor {
    private static final int SECOND_LEVEL_CACHE = 512 * 1024;

    /** The model's name alone says little: virtual machines cut it short. */
    private static final Set<String> NAMING =
            Set.of("model name", "cpu family", "model", "CPU implementer", "CPU part");

    private Processor() {}

    /** Returns a name that differs where kernels may behave differently. */
    static String name() {
        try {
            String name = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .takeWhile(l -> !l.isEmpty())
                    .filter(l -> NAMING.contains(
                            l.substring(0, Math.max(0, l.indexOf(':'))).trim()))
                    .map(l -> l.substring(l.indexOf(':') + 1).trim())
                    .collect(Collectors.joining(" "));
            return name.isEmpty() ? System.getProperty("os.arch") : name;
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    /** Returns the bytes of the cache that each core has for itself behind the first. */
    static int secondLevelCache() {
        try {
            String size = Files.readString(Path.of("/sys/devices/system/cpu/cpu0/cache/index2/size"))
                    .trim();
            return size.endsWith("K")
                    ? Integer.parseInt(size.substring(0, size.length() - 1)) * 1024
                    : SECOND_LEVEL_CACHE;
        } catch (IOException | NumberFormatException e) {
            return SECOND_LEVEL_CACHE;
        }
    }
}
