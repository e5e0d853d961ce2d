package detangle.backend.vector;

import detangle.backend.vector.kernel.LookupKernels;
import detangle.ir.Tensor;

/** Steps of operations that read or add where ids say. */
final class Lookups {
    private Lookups() {}

    /** Returns rows of a table at ids. */
    static Step gather(FrameValue table, FrameValue ids, FrameValue to) {
        return f -> {
            int rows = f.dim(table, 0);
            int size = f.elements(table, 1, table.rank());
            int count = f.elements(ids);
            for (int i = 0; i < count; i++) {
                int row = row(f, ids, i, rows);
                System.arraycopy(
                        f.array(table), f.offset(table) + row * size, f.array(to), f.offset(to) + i * size, size);
            }
        };
    }

    /** Returns rows of a stored table, of the result's type, at ids. */
    static Step gather(Tensor table, FrameValue ids, FrameValue to) {
        int rows = Math.toIntExact(table.dim(0));
        return f -> {
            int size = f.elements(to, ids.rank(), to.rank());
            int count = f.elements(ids);
            for (int i = 0; i < count; i++) {
                f.set(to, i * size, size, table, (long) row(f, ids, i, rows) * size);
            }
        };
    }

    private static int row(Frame f, FrameValue ids, int i, int rows) {
        return (int) LookupKernels.checked(LookupKernels.id(f.array(ids), f.offset(ids) + i), rows);
    }

    /** {@code out[...,s,t] = data[...,s,index[...,s,t]]}. */
    static Step gatherLast(FrameValue data, FrameValue index, FrameValue to) {
        return f -> {
            int step = Broadcasts.rows(f, index, to, f.left());
            LookupKernels.gatherLast(
                    f.floats(data),
                    f.offset(data),
                    f.dim(data, -1),
                    f.array(index),
                    f.offset(index),
                    f.left(),
                    step,
                    f.rows(to),
                    f.dim(to, -1),
                    f.floats(to),
                    f.offset(to));
        };
    }

    /** @param begin what puts into the result's memory that to which rows are added */
    static Step scatterAdd(Step begin, FrameValue ids, FrameValue updates, FrameValue to) {
        return f -> {
            begin.run(f);
            LookupKernels.addRows(
                    f.array(ids),
                    f.offset(ids),
                    f.elements(ids),
                    f.floats(updates),
                    f.offset(updates),
                    f.floats(to),
                    f.offset(to),
                    f.dim(to, 0),
                    f.elements(to, 1, to.rank()));
        };
    }

    /** @param begin as for {@link #scatterAdd} */
    static Step scatterAddLast(Step begin, FrameValue index, FrameValue updates, FrameValue to) {
        return f -> {
            begin.run(f);
            int step = Broadcasts.rows(f, index, updates, f.left());
            LookupKernels.addLast(
                    f.floats(updates),
                    f.offset(updates),
                    f.dim(updates, -1),
                    f.array(index),
                    f.offset(index),
                    f.left(),
                    step,
                    f.rows(updates),
                    f.dim(to, -1),
                    f.floats(to),
                    f.offset(to));
        };
    }
}
