package detangle.backend.vector;

import detangle.ir.Node;
import java.util.List;

/**
 * A kernel for a node.
 *
 * @param reads how it reads each operand, in their order; the last one holds for all that follow
 * @param binder binds it to the memory of a run
 */
record Kernel(List<Reads> reads, Binder binder) {
    /** How a kernel reads an operand. */
    enum Reads {
        /** From the memory of the run, or from that of values that no run changes. */
        MEMORY,
        /** A named constant as it is stored, so that it takes no memory of the run. */
        STORED,
        /** A named constant in the form that {@link Constants} packs ahead of the first run. */
        PACKED,
        /** Not at all. */
        NOTHING
    }

    /** Binds the kernel of a node to memory; {@link Step#NOTHING} where there is nothing to do. */
    @FunctionalInterface
    interface Binder {
        Step bind(StepBuilder builder, Node node, View out);
    }

    Kernel {
        reads = List.copyOf(reads);
    }

    /** One that reads all operands from memory. */
    static Kernel of(Binder binder) {
        return new Kernel(List.of(Reads.MEMORY), binder);
    }

    Reads reads(int operand) {
        return reads.get(Math.min(operand, reads.size() - 1));
    }
}
