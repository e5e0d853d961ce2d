package detangle.backend.vector;

import detangle.ir.Node;
import java.util.List;

/**
 * A kernel for an operation.
 *
 * @param reads how it reads each operand, in their order; the last one holds for all that follow
 * @param binder binds it to the values of a program
 */
record Kernel(List<Reads> reads, ResultsBinder binder) {
    /** The ways in which a kernel reads an operand. */
    enum Reads {
        /** The kernel reads it from the memory of a run, or from that of values that no run changes. */
        MEMORY,
        /** A named constant, or a parameter, as it is stored, so that it takes no memory of the run. */
        STORED,
        /**
         * A named constant in the form that {@link Constants} packs ahead of the first run; a parameter ahead of each
         * run that needs it; a {@link Projection} of constants as far as runs need it.
         */
        PACKED,
        /** Not at all. */
        NOTHING
    }

    /** Binds a kernel to values; {@link Step#NOTHING} where there is nothing to do. */
    @FunctionalInterface
    interface Binder {
        Step bind(StepBuilder builder, Node node, FrameValue out);
    }

    /** Binds a kernel that computes all results of an operation which a program has. */
    @FunctionalInterface
    interface ResultsBinder {
        /** @param outs where the results are written, in their order */
        Step bind(StepBuilder builder, List<Node> results, List<FrameValue> outs);
    }

    Kernel {
        reads = List.copyOf(reads);
    }

    /** Makes a kernel that reads all operands from memory. */
    static Kernel of(Binder binder) {
        return of(List.of(Reads.MEMORY), binder);
    }

    /** Makes a kernel of an operation with one result. */
    static Kernel of(List<Reads> reads, Binder binder) {
        return new Kernel(reads, (builder, results, outs) -> binder.bind(builder, results.getFirst(), outs.getFirst()));
    }

    Reads reads(int operand) {
        return reads.get(Math.min(operand, reads.size() - 1));
    }
}
