package detangle.backend.vector;

import detangle.backend.vector.kernel.Places;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.InternalException;
import detangle.ir.Shape;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs generated kernels over operands that broadcast to the result: the innermost axes in which every operand either
 * runs along or stands still make one run of the kernel; the outer ones are walked here. Its objects stay from run to
 * run.
 */
final class ElementwiseLoop {
    private static final int ELEMENTS_PER_TASK = 16 * 1024;

    private final WorkerPool.Task alongRun = this::alongRun;
    private final WorkerPool.Task overRuns = this::overRuns;
    private final int[] shape = new int[Shape.MOST_AXES];

    /** By operand, up to the most that a kernel has had. */
    private Object[] arrays = {};

    private int[] offsets = {};
    private int[] steps = {};
    private int[][] strides = {};
    private Places[] places = {};

    /** By task, where each operand's run begins. */
    private final List<int[]> starts = new ArrayList<>();

    private MethodHandle kernel;
    private int operands;
    private Object out;
    private int outAt;
    private int inner;
    private int outer;
    private int runsPerTask;

    /** Runs a kernel over values of a frame. One thread calls this at a time. */
    void run(MethodHandle code, Frame frame, FrameValue[] values, FrameValue result) {
        kernel = code;
        operands = values.length;
        out = frame.array(result);
        outAt = frame.offset(result);
        grow(operands);
        int rank = result.rank();
        for (int axis = 0; axis < rank; axis++) {
            shape[axis] = frame.dim(result, axis);
        }
        for (int k = 0; k < operands; k++) {
            arrays[k] = frame.array(values[k]);
            offsets[k] = frame.offset(values[k]);
            steps[k] = -1;
            broadcast(frame, values[k], rank, strides[k]);
        }
        int axis = rank;
        inner = 1;
        while (axis > 0 && continuesRun(axis - 1)) {
            axis--;
            inner *= shape[axis];
        }
        outer = 1;
        for (int k = 0; k < operands; k++) {
            places[k].clear();
            steps[k] = Math.max(0, steps[k]);
        }
        for (int i = 0; i < axis; i++) {
            outer *= shape[i];
            for (int k = 0; k < operands; k++) {
                places[k].axis(shape[i], strides[k][i]);
            }
        }
        runsPerTask = Math.max(1, ELEMENTS_PER_TASK / Math.max(1, inner));
        int tasks = outer == 1 ? Math.ceilDiv(inner, ELEMENTS_PER_TASK) : Math.ceilDiv(outer, runsPerTask);
        for (int i = 0; i < tasks; i++) {
            if (i == starts.size()) {
                starts.add(new int[operands]);
            } else if (starts.get(i).length < operands) {
                starts.set(i, new int[operands]);
            }
        }
        WorkerPool.SHARED.run(tasks, outer == 1 ? alongRun : overRuns);
    }

    private void grow(int count) {
        if (arrays.length < count) {
            arrays = new Object[count];
            offsets = new int[count];
            steps = new int[count];
            strides = new int[count][Shape.MOST_AXES];
            places = new Places[count];
            for (int k = 0; k < count; k++) {
                places[k] = new Places();
            }
        }
    }

    /** The strides that read a value as if it were broadcast to a shape of so many axes. */
    private static void broadcast(Frame frame, FrameValue value, int rank, int[] strides) {
        int stride = 1;
        for (int axis = rank - 1; axis >= 0; axis--) {
            int own = axis - rank + value.rank();
            int size = own < 0 ? 1 : frame.dim(value, own);
            strides[axis] = size == 1 ? 0 : stride;
            stride *= size;
        }
    }

    /**
     * Whether an axis continues the run of every operand. A step of 1 says that an operand moves, 0 that it stands, -1
     * neither yet.
     */
    private boolean continuesRun(int axis) {
        if (shape[axis] == 1) {
            return true;
        }
        for (int k = 0; k < operands; k++) {
            boolean along = strides[k][axis] == inner && steps[k] != 0;
            boolean still = strides[k][axis] == 0 && steps[k] != 1;
            if (!along && !still) {
                return false;
            }
        }
        for (int k = 0; k < operands; k++) {
            steps[k] = strides[k][axis] == 0 ? 0 : 1;
        }
        return true;
    }

    /** A task where there is one run: a part of it. */
    private void alongRun(int task) {
        int from = task * ELEMENTS_PER_TASK;
        int[] start = starts.get(task);
        for (int k = 0; k < operands; k++) {
            start[k] = offsets[k] + from * steps[k];
        }
        call(start, outAt + from, Math.min(ELEMENTS_PER_TASK, inner - from));
    }

    /** A task where there are several runs: some of them. */
    private void overRuns(int task) {
        int[] start = starts.get(task);
        int last = Math.min(outer, (task + 1) * runsPerTask);
        for (int i = task * runsPerTask; i < last; i++) {
            for (int k = 0; k < operands; k++) {
                start[k] = offsets[k] + places[k].at(i);
            }
            call(start, outAt + i * inner, inner);
        }
    }

    private void call(int[] start, int to, int count) {
        try {
            kernel.invokeExact(arrays, start, steps, out, to, count);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("a generated kernel threw a checked exception", e);
        }
    }
}
