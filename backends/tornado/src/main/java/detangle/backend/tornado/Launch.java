package detangle.backend.tornado;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A run of a kernel or of a function of the matrix library.
 *
 * @param operation the operation that the launch is a part of, as the IR writes it
 * @param label what times are told by: the operation, and behind it the kernel or function where the operation has
 *     several
 * @param arguments the arguments after the context (which only kernels have), the sizes of all kernels, and the array
 *     that says where this kernel's sizes begin. That is an array because a number would become a constant of the code,
 *     and equal kernels would then be compiled again.
 * @param fault the place where a kernel that looks up ids reports wrong ones; other launches do not read it
 * @param threads the threads of a group, for kernels
 * @param work the part of the launch that depends on the sizes of the symbols
 */
record Launch(
        String operation,
        String label,
        Call call,
        List<Object> arguments,
        int fault,
        int threads,
        Function<Map<String, Long>, Work> work) {
    /** The number of threads of a group, for kernels whose threads do not work together. */
    static final int SEPARATE = 64;

    Launch {
        arguments = List.copyOf(arguments);
    }

    /** Returns the launch with the name of its kernel or function in its label. */
    Launch labelledByCall() {
        return new Launch(operation, operation + " " + call.name(), call, arguments, fault, threads, work);
    }

    /**
     * The work of a launch: groups of threads along three axes, and the sizes that the kernel reads. The first of
     * these is what a kernel compares with before it writes anything.
     */
    record Work(int[] sizes, int x, int y, int z) {
        Work {
            boolean none = x <= 0 || y <= 0 || z <= 0;
            if (none) {
                // There is no empty launch: one group runs and finds nothing to do.
                sizes = Arrays.copyOf(sizes, sizes.length);
                sizes[0] = 0;
            }
            x = none ? 1 : x;
            y = none ? 1 : y;
            z = none ? 1 : z;
        }

        /** Returns a thread for each of so many elements; their number is the first of the sizes. */
        static Work elements(int... sizes) {
            return new Work(sizes, Math.ceilDiv(sizes[0], SEPARATE), 1, 1);
        }
    }
}
