package detangle.backend.vector;

import detangle.backend.vector.kernel.FloatBlocks;
import detangle.ir.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A thread's registers: blocks of elements between the steps of a region. An array holds elements as {@link Memory}
 * does, except that truth values are booleans, as vectors read them.
 */
final class BlockRegisters {
    private static final ThreadLocal<BlockRegisters> OF_THREAD = ThreadLocal.withInitial(BlockRegisters::new);

    /** The request of a region for a register: its type, and for a constant the array itself. */
    record Register(DType dtype, Object constant) {
        boolean isConstant() {
            return constant != null;
        }
    }

    /** The arrays that were made, by element type. */
    private final List<List<Object>> pools = new ArrayList<>();

    private final int[] taken = new int[DType.values().length];
    private Object[] arrays = {};
    private Object[] together = {};
    private ElementwiseLoop loop;
    private int from;

    private BlockRegisters() {
        for (int i = 0; i < DType.values().length; i++) {
            pools.add(new ArrayList<>());
        }
    }

    /** Returns the calling thread's registers for a region whose operands a loop reads. */
    static BlockRegisters of(List<Register> registers, ElementwiseLoop loop) {
        BlockRegisters all = OF_THREAD.get();
        all.prepare(registers);
        all.loop = loop;
        return all;
    }

    private void prepare(List<Register> registers) {
        Arrays.fill(taken, 0);
        if (arrays.length < registers.size()) {
            arrays = new Object[registers.size()];
        }
        for (int i = 0; i < registers.size(); i++) {
            Register register = registers.get(i);
            arrays[i] = register.isConstant() ? register.constant() : next(register.dtype());
        }
    }

    private Object next(DType dtype) {
        List<Object> pool = pools.get(dtype.ordinal());
        int number = taken[dtype.ordinal()]++;
        if (number == pool.size()) {
            pool.add(newBlock(dtype));
        }
        return pool.get(number);
    }

    /** Makes an array for a block of elements of a type. */
    static Object newBlock(DType dtype) {
        return dtype == DType.I1 ? new boolean[FloatBlocks.SIZE] : Memory.newArray(dtype, FloatBlocks.SIZE);
    }

    /** Sets the element of the result at which the next block begins. */
    void at(int element) {
        from = element;
    }

    /** Returns the place of the block's first element in the result. */
    long element() {
        return from;
    }

    /** Reads an operand's elements for this block. */
    void load(int operand, int register, int size) {
        loop.load(operand, from, arrays[register], size);
    }

    /** Returns the arrays of some registers, as the first elements of an array that the next call uses again. */
    Object[] together(List<Integer> registers) {
        if (together.length < registers.size()) {
            together = new Object[registers.size()];
        }
        for (int i = 0; i < registers.size(); i++) {
            together[i] = arrays[registers.get(i)];
        }
        return together;
    }

    Object array(int register) {
        return arrays[register];
    }

    float[] floats(int register) {
        return (float[]) arrays[register];
    }

    long[] longs(int register) {
        return (long[]) arrays[register];
    }

    boolean[] truths(int register) {
        return (boolean[]) arrays[register];
    }
}
