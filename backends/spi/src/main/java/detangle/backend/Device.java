package detangle.backend;

import java.util.Optional;

/** Something that runs programs. */
public interface Device {
    /** The name on the command line, such as {@code vector} or {@code opencl:0}. */
    String name();

    /** One line for people: instruction set, threads, memory. */
    String description();

    /** Begins what the device needs before its first program, in the background: {@link #load} waits for it. */
    default void warmUp() {}

    /**
     * Makes a planned program ready to run: packs weights, generates kernels, warms them up.
     *
     * @throws BackendException if the program has an unbound parameter, or something the device cannot run
     */
    Executable load(Plan plan);

    /** Measures the device, which takes a second or so; empty where it makes no claim to speed. */
    Optional<Peaks> measurePeaks();
}
