package detangle.bench;

import detangle.runtime.DetangleVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * The machine and the programs that were measured.
 *
 * @param versions of what ran the models, by name
 */
public record Host(
        String cpu,
        int processors,
        String memory,
        String os,
        String java,
        String detangle,
        String date,
        SequencedMap<String, String> versions) {
    static Host of(SequencedMap<String, String> versions) {
        return new Host(
                cpuName(),
                Runtime.getRuntime().availableProcessors(),
                line("/proc/meminfo", "MemTotal")
                        .map(kb -> Math.round(Double.parseDouble(kb.split(" ")[0]) / (1 << 20)) + " GiB")
                        .orElse("unknown"),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                Runtime.version().toString(),
                DetangleVersion.number(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                new TreeMap<>(versions));
    }

    /**
     * Returns the processor's name, with its family and model where the system tells them: virtual machines often call
     * processors of several generations by one name.
     */
    private static String cpuName() {
        String name = line("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch"));
        Optional<String> family = line("/proc/cpuinfo", "cpu family");
        Optional<String> model = line("/proc/cpuinfo", "model\t");
        return family.isEmpty() || model.isEmpty()
                ? name
                : name + " (family " + family.get() + ", model " + model.get() + ")";
    }

    /** {@code AMD EPYC, 2 processors, 24 GiB}. */
    String machine() {
        return cpu + ", " + processors + (processors == 1 ? " processor, " : " processors, ") + memory;
    }

    private static Optional<String> line(String file, String key) {
        try {
            return Files.readAllLines(Path.of(file)).stream()
                    .filter(l -> l.startsWith(key))
                    .findFirst()
                    .map(l -> l.substring(l.indexOf(':') + 1).trim());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
