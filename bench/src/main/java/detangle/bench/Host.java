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
                line("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch")),
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
