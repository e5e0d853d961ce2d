package detangle.backend.vector.amx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** The machine that this process runs on. */
final class ThisMachine implements MatrixUnits.Machine {
    /** The system for which kernels are written. */
    static final String SYSTEM = "Linux on amd64";

    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    @Override
    public String system() {
        return System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    }

    @Override
    public Set<String> flags() {
        try (Stream<String> lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .map(line -> Set.copyOf(Arrays.asList(
                            line.substring(line.indexOf(':') + 1).strip().split("\\s+"))))
                    .orElse(Set.of());
        } catch (IOException | UncheckedIOException e) {
            return Set.of(); // A sandbox without the file counts as a processor without the flags.
        }
    }

    @Override
    public String nativeAccess() {
        Module module = ThisMachine.class.getModule();
        return module.isNativeAccessEnabled()
                ? ""
                : "--enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }

    @Override
    public String permission() {
        return SystemCalls.permitTiles();
    }

    @Override
    public MatrixUnit kernels() throws ExecutableMemory.RefusedException {
        return EmittedTiles.in(Arena.global());
    }
}
