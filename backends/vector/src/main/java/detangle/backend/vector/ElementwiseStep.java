package detangle.backend.vector;

import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.InternalException;
import detangle.ir.Strides;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;

/**
 * A generated kernel over operands that broadcast to the result: the innermost axes in which every operand either runs
 * along or stands still make one run of the kernel; the outer ones are walked here.
 */
final class ElementwiseStep implements Step {
    private static final int ELEMENTS_PER_TASK = 16 * 1024;

    private final MethodHandle kernel;
    private final Object[] arrays;
    private final int[][] starts;
    private final int[] steps;
    private final View out;
    private final int inner;
    private final int outer;

    ElementwiseStep(MethodHandle kernel, List<View> operands, View out) {
        this.kernel = kernel;
        this.out = out;
        this.arrays = operands.stream().map(View::array).toArray();
        int[][] strides = operands.stream()
                .map(v -> Strides.broadcast(v.shape(), out.shape()))
                .toArray(int[][]::new);
        int axis = out.rank();
        int run = 1;
        boolean[] moves = new boolean[strides.length];
        boolean[] stands = new boolean[strides.length];
        while (axis > 0 && continuesRun(strides, axis - 1, run, out.shape()[axis - 1], moves, stands)) {
            axis--;
            run *= out.shape()[axis];
        }
        this.inner = run;
        int[] outerShape = Arrays.copyOf(out.shape(), axis);
        this.outer = View.elements(outerShape);
        this.starts = new int[outer][];
        this.steps = new int[strides.length];
        for (int k = 0; k < steps.length; k++) {
            steps[k] = moves[k] ? 1 : 0;
            int[] offsets = Strides.offsets(outerShape, Arrays.copyOf(strides[k], axis));
            for (int o = 0; o < outer; o++) {
                if (starts[o] == null) {
                    starts[o] = new int[steps.length];
                }
                starts[o][k] = operands.get(k).offset() + offsets[o];
            }
        }
        for (int o = 0; o < outer && steps.length == 0; o++) {
            starts[o] = new int[0];
        }
    }

    /** Whether an axis continues the run of every operand; remembers which operands move and which stand. */
    private static boolean continuesRun(
            int[][] strides, int axis, int run, int size, boolean[] moves, boolean[] stands) {
        if (size == 1) {
            return true;
        }
        for (int k = 0; k < strides.length; k++) {
            boolean along = strides[k][axis] == run && !stands[k];
            boolean still = strides[k][axis] == 0 && !moves[k];
            if (!along && !still) {
                return false;
            }
        }
        for (int k = 0; k < strides.length; k++) {
            moves[k] |= strides[k][axis] != 0;
            stands[k] |= strides[k][axis] == 0;
        }
        return true;
    }

    @Override
    public void run() {
        if (outer == 0 || inner == 0) {
            return;
        }
        if (outer == 1) {
            int tasks = Math.ceilDiv(inner, ELEMENTS_PER_TASK);
            WorkerPool.SHARED.run(tasks, task -> {
                int from = task * ELEMENTS_PER_TASK;
                int[] start = starts[0].clone();
                for (int k = 0; k < start.length; k++) {
                    start[k] += from * steps[k];
                }
                call(start, out.offset() + from, Math.min(ELEMENTS_PER_TASK, inner - from));
            });
        } else {
            int perTask = Math.max(1, ELEMENTS_PER_TASK / inner);
            WorkerPool.SHARED.run(Math.ceilDiv(outer, perTask), task -> {
                int last = Math.min(outer, (task + 1) * perTask);
                for (int o = task * perTask; o < last; o++) {
                    call(starts[o], out.offset() + o * inner, inner);
                }
            });
        }
    }

    private void call(int[] start, int to, int count) {
        try {
            kernel.invokeExact(arrays, start, steps, out.array(), to, count);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("a generated kernel threw a checked exception", e);
        }
    }
}
