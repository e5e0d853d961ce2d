package detangle.cli;

import java.util.Optional;

/** Releases of the JDK that are known to go wrong. */
final class JavaRelease {
    private JavaRelease() {}

    /** JDK 25 before 25.0.3 can corrupt memory under G1 (Apache Spark's SPARK-55852). */
    static Optional<String> warning(Runtime.Version version) {
        boolean fixed = version.feature() != 25 || version.interim() > 0 || version.update() >= 3;
        return fixed
                ? Optional.empty()
                : Optional.of("detangle: JDK " + version
                        + " can corrupt memory under the G1 collector (SPARK-55852): update it"
                        + " to 25.0.3, or keep to -XX:+UseParallelGC as the launcher does");
    }
}
