package detangle.backend.vector;

import detangle.backend.vector.kernel.FloatBlocks;
import detangle.backend.vector.kernel.Lanes;
import detangle.backend.vector.kernel.Places;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.InternalException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Runs the code of a region over operands that broadcast to the result, block by block in the order of the result's
 * elements. A region of several results that is arithmetic alone works where its elements stand
 * ({@link InPlaceRegion}), if each operand has an element for each of the result or one for all. Its objects stay from
 * run to run.
 */
final class ElementwiseLoop {
    /**
     * The number of elements of a task, which take some microseconds. Larger tasks would leave other threads without
     * work, and smaller ones would cost more than they save.
     */
    private static final int ELEMENTS_PER_TASK = 32 * FloatBlocks.SIZE;

    private final WorkerPool.Task task = this::task;

    /** An operand, and the places of its elements for those of the result. */
    private static final class Operand {
        private final Places outer = new Places();
        private Object array;
        private int offset;

        /** The number of elements of the result that read elements in a row, or one element again and again. */
        private int run;

        private boolean moves;

        void set(Frame frame, FrameValue value, FrameValue result) {
            array = frame.array(value);
            offset = frame.offset(value);
            run = 1;
            moves = false;
            int axis = result.rank();
            boolean undecided = true;
            for (; axis > 0; axis--) {
                int size = frame.dim(result, axis - 1);
                int stride = Broadcasts.stride(frame, value, axis - 1 - result.rank());
                if (size != 1) {
                    boolean along = stride != 0;
                    if (!undecided && along != moves) {
                        break;
                    }
                    moves = along;
                    undecided = false;
                    run *= size;
                }
            }
            outer.clear();
            for (int i = 0; i < axis; i++) {
                outer.axis(frame.dim(result, i), Broadcasts.stride(frame, value, i - result.rank()));
            }
        }

        boolean isSingle(int elements) {
            return !moves && run >= elements;
        }

        boolean isInOneRow(int elements) {
            return moves && run >= elements;
        }
    }

    /** The operands by number, as many as the largest region so far had. */
    private Operand[] operands = {};

    private RegionCode code;

    /** The arrays by result, as many as the largest region so far had. */
    private Object[] outs = {};

    private int[] outAt = {};
    private int results;
    private int elements;

    /** The loop that computes elements in place; null if blocks are used. */
    private VectorLoop vectors;

    /** The arrays that {@link #vectors} reads and writes: operands, then results. */
    private float[][] arrays = {};

    private int[] arrayAt = {};

    /**
     * Runs code over values of a frame. A result may stand where an operand of its type does, as a block is read before
     * it is written. One thread calls this at a time.
     *
     * @param into the values for all results of the region, which have one shape
     */
    void run(RegionCode region, Frame frame, FrameValue[] values, FrameValue[] into) {
        code = region;
        results = into.length;
        if (outs.length < results) {
            outs = new Object[results];
            outAt = new int[results];
        }
        for (int i = 0; i < results; i++) {
            outs[i] = frame.array(into[i]);
            outAt[i] = frame.offset(into[i]);
        }
        FrameValue result = into[0];
        elements = frame.elements(result);
        int known = operands.length;
        if (known < values.length) {
            operands = Arrays.copyOf(operands, values.length);
            for (int k = known; k < values.length; k++) {
                operands[k] = new Operand();
            }
        }
        for (int k = 0; k < values.length; k++) {
            operands[k].set(frame, values[k], result);
        }
        vectors = region.inPlace()
                .flatMap(inPlace -> vectorLoop(inPlace, values.length))
                .orElse(null);
        WorkerPool.SHARED.run(Math.ceilDiv(elements, ELEMENTS_PER_TASK), task);
    }

    /**
     * Returns the loop for the operands; empty if one of them has neither one element nor all in a row, or if elements
     * are few.
     */
    private Optional<VectorLoop> vectorLoop(InPlaceRegion region, int count) {
        if (elements < FloatBlocks.SIZE) {
            return Optional.empty();
        }
        if (arrays.length < count + results) {
            arrays = new float[count + results][];
            arrayAt = new int[count + results];
        }
        int single = 0;
        int holds = 0;
        for (int k = 0; k < count; k++) {
            Operand operand = operands[k];
            arrayAt[k] = operand.offset;
            arrays[k] = operand.array instanceof float[] floats ? floats : null;
            if (operand.isSingle(elements)) {
                single |= 1 << k;
                holds |= operand.array instanceof byte[] bytes && bytes[operand.offset] != 0 ? 1 << k : 0;
            } else if (!operand.isInOneRow(elements)) {
                return Optional.empty();
            }
        }
        for (int i = 0; i < results; i++) {
            arrays[count + i] = (float[]) outs[i];
            arrayAt[count + i] = outAt[i];
        }
        return region.loop(single, holds);
    }

    private void task(int number) {
        int first = number * ELEMENTS_PER_TASK;
        int last = Math.min(elements, first + ELEMENTS_PER_TASK);
        if (vectors != null) {
            // Blocks compute the last elements, which do not fill a vector.
            int whole = last - (last - first) % Lanes.COUNT;
            vectors.run(arrays, arrayAt, first, whole);
            first = whole;
        }
        blocks(first, last);
    }

    private void blocks(int first, int last) {
        BlockRegisters registers = BlockRegisters.of(code.registers(), this);
        for (int from = first; from < last; from += FloatBlocks.SIZE) {
            int size = Math.min(FloatBlocks.SIZE, last - from);
            registers.at(from);
            code.run(registers, size);
            for (int i = 0; i < results; i++) {
                store(registers.array(code.result(i)), outs[i], outAt[i] + from, size);
            }
        }
    }

    /** Reads an operand for elements of the result into a register. */
    void load(int number, int from, Object block, int size) {
        Operand operand = operands[number];
        for (int done = 0; done < size; ) {
            int within = (from + done) % operand.run;
            int count = Math.min(operand.run - within, size - done);
            int place = operand.offset + operand.outer.at((from + done) / operand.run);
            if (operand.moves) {
                copy(operand.array, place + within, block, done, count);
            } else {
                fill(operand.array, place, block, done, count);
            }
            done += count;
        }
    }

    private static void copy(Object from, int at, Object block, int to, int count) {
        if (block instanceof boolean[] truths) {
            truths((byte[]) from, at, truths, to, count);
        } else {
            System.arraycopy(from, at, block, to, count);
        }
    }

    private static void truths(byte[] from, int at, boolean[] block, int to, int count) {
        for (int i = 0; i < count; i++) {
            block[to + i] = from[at + i] != 0;
        }
    }

    private static void fill(Object from, int at, Object block, int to, int count) {
        int end = to + count;
        switch (block) {
            case float[] b -> Arrays.fill(b, to, end, ((float[]) from)[at]);
            case double[] b -> Arrays.fill(b, to, end, ((double[]) from)[at]);
            case int[] b -> Arrays.fill(b, to, end, ((int[]) from)[at]);
            case long[] b -> Arrays.fill(b, to, end, ((long[]) from)[at]);
            case short[] b -> Arrays.fill(b, to, end, ((short[]) from)[at]);
            case byte[] b -> Arrays.fill(b, to, end, ((byte[]) from)[at]);
            case boolean[] b -> Arrays.fill(b, to, end, ((byte[]) from)[at] != 0);
            default -> throw new InternalException("registers are not of " + block.getClass());
        }
    }

    private static void store(Object block, Object out, int at, int count) {
        if (block instanceof boolean[] truths) {
            bytes(truths, (byte[]) out, at, count);
        } else {
            System.arraycopy(block, 0, out, at, count);
        }
    }

    private static void bytes(boolean[] block, byte[] out, int at, int count) {
        for (int i = 0; i < count; i++) {
            out[at + i] = (byte) (block[i] ? 1 : 0);
        }
    }
}
