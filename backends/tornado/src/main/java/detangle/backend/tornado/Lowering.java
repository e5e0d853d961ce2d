package detangle.backend.tornado;

import java.util.Optional;

/**
 * Computes one node, or {@linkplain Launcher#results all results} of its operation: by launches of
 * kernels, or none where the result is a view of an operand.
 */
@FunctionalInterface
interface Lowering {
    void to(Launcher launcher);

    /** Returns a row of {@link DeviceKernels}: the lowering of a node if the kernel takes that node. */
    static Optional<Lowering> when(boolean takes, Lowering lowering) {
        return takes ? Optional.of(lowering) : Optional.empty();
    }
}
