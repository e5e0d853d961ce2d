package detangle.backend.vector.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux tells of the processor; a careful guess elsewhere. */
final class Processor {
    private static final int SECOND_LEVEL_CACHE = 512 * 1024;

    private Processor() {}

    /** A name that differs where kernels may behave differently. */
    static String name() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(l -> l.startsWith("model name") || l.startsWith("CPU part"))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).trim())
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }

    /** Bytes of the cache that each core has for itself behind the first. */
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
