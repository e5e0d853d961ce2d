package detangle.ir.interpreter;

import detangle.ir.Node;
import java.util.Locale;

/** Bounds the part of the Java heap that the values of one evaluation take. A short program can name any size. */
final class HeapBudget {
    /** Bytes of the heap that are left to everything else. */
    private static final long RESERVED_BYTES = 64L << 20;

    private static final long MAX_TENSOR_BYTES = most(Runtime.getRuntime().maxMemory());

    private long taken;

    static long most(long heap) {
        return Math.max(heap / 4, Math.min(heap / 4 * 3, heap - RESERVED_BYTES));
    }

    /**
     * Takes what a value needs for as long as it is kept.
     *
     * @throws InterpreterException if there is not as much left, which names the node
     */
    void take(Node node, long elements) {
        long kept = bytes(elements);
        // While it is computed, there is a place in each operand for each element, and then the same rounded.
        long needed = kept + elements * Integer.BYTES * node.inputs().size() + kept;
        if (needed > MAX_TENSOR_BYTES - taken) {
            throw new InterpreterException(node + (node.name().isEmpty() ? "" : " (%" + node.name() + ")") + " needs "
                    + gigabytes(needed) + " of memory, more than the " + gigabytes(MAX_TENSOR_BYTES - taken)
                    + " that are left of the interpreter's share of the Java heap: use smaller inputs, or raise -Xmx");
        }
        taken += kept;
    }

    void release(long elements) {
        taken -= bytes(elements);
    }

    private static long bytes(long elements) {
        return elements * Double.BYTES;
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.3f GB", bytes / 1e9);
    }
}
