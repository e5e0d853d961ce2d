package detangle.backend;

import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Something that runs programs. */
public interface Device {
    /** Returns the name on the command line, such as {@code vector} or {@code opencl:0}. */
    String name();

    /** Returns one line for people: instruction set, threads, memory. */
    String description();

    /** Begins what the device needs before its first program, in the background: {@link #load} waits for it. */
    default void warmUp() {}

    /**
     * Puts off what {@link #warmUp} begins until a program runs for the second time, if the device can answer without
     * it. Then {@link #load} does not wait for it, and answers are the same to the last bit. A warm-up that has begun
     * goes on.
     */
    default void deferWarmUp() {}

    /** Returns whether the device has a kernel for the operation; one that runs everything says so of all. */
    default boolean runs(Node node) {
        return true;
    }

    /**
     * Returns the nodes of a program that the device leaves to the interpreter at each run, for want of a kernel for
     * their types and shapes. They are right, and slow.
     */
    default List<Node> interpreted(Program program) {
        return List.of();
    }

    /** Returns whether there are operations that it has no kernel for, so that it needs a host beside it. */
    default boolean isPartial() {
        return false;
    }

    /** Returns whether it is a GPU. */
    default boolean isGpu() {
        return false;
    }

    /** Returns the precisions in which the device can compute; {@link ComputePrecision#FP32} is the first. */
    default List<ComputePrecision> precisions() {
        return List.of(ComputePrecision.FP32);
    }

    /** Returns the precision in which the device computes fastest, of those that lose little; fp32 by default. */
    default ComputePrecision fastestPrecision() {
        return ComputePrecision.FP32;
    }

    /** Returns one line about the processor's matrix unit, or why it is not used; empty for other devices. */
    default Optional<String> matrixUnit() {
        return Optional.empty();
    }

    /**
     * Returns the device as it computes in a precision. A device that has others than fp32 overrides this.
     *
     * @throws BackendException if it is not one of {@link #precisions}
     */
    default Device withPrecision(ComputePrecision precision) {
        if (precision == ComputePrecision.FP32) {
            return this;
        }
        throw new BackendException(name() + " computes in "
                + precisions().stream().map(ComputePrecision::toString).collect(Collectors.joining(", "))
                + " and not in " + precision + ": choose one of its precisions, or a device that has " + precision
                + "; 'detangle devices' lists them");
    }

    /**
     * Returns the type of 16 bits in which the device keeps values between operations in its precision, and which its
     * programs are to have for them; empty where it keeps values as programs say.
     */
    default Optional<DType> activations() {
        return Optional.empty();
    }

    /** Returns the program with a transfer wherever a value goes between the device and its host. */
    default Program place(Program program) {
        return program;
    }

    /**
     * Returns what computes what is needed once, such as constants that are folded; the device itself unless it is slow
     * at that.
     */
    default Device host() {
        return this;
    }

    /**
     * Returns whether the device computes tables of relative positions by itself, as far as the lengths of runs reach,
     * where a program has them as projections of constant rows. Otherwise all rows are better computed once, when the
     * program is compiled.
     */
    default boolean projectsPositions() {
        return false;
    }

    /**
     * Memory on the device for the parameters that programs leave unbound.
     *
     * @param values the first value of each parameter, by name, of the type that the parameter has; they are copied
     * @throws BackendException if the device cannot hold parameters, or none of such a type
     */
    Variables variables(Map<String, Tensor> values);

    /**
     * Makes a planned program ready to run: packs weights, generates kernels, warms them up.
     *
     * @param variables of this device, where the program's parameters are; other programs may share them
     * @throws BackendException if a parameter is not among them, or the program has something the device cannot run
     */
    Executable load(Plan plan, Variables variables);

    /** Loads a program without parameters, as {@link #load(Plan, Variables)} does. */
    default Executable load(Plan plan) {
        return load(plan, variables(Map.of()));
    }

    /**
     * Returns the code of the kernels that are generated or compiled for a program; nothing runs. Kernels with equal
     * code are listed once, in the order in which they run.
     *
     * @throws BackendException if a kernel cannot be compiled
     */
    default List<KernelCode> kernels(Plan plan) {
        return List.of();
    }

    /** Measures the device, which takes a second or so; empty where it makes no claim to speed. */
    Optional<Peaks> measurePeaks();
}
