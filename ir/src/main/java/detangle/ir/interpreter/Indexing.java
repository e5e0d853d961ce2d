package detangle.ir.interpreter;

import detangle.ir.DType;
import detangle.ir.Strides;
import detangle.ir.Tensor;

/** Reads and additions at computed places. */
final class Indexing {
    private Indexing() {}

    /** The source of a table's rows: a value, or stored data that is too large to convert as a whole. */
    interface Rows {
        void copy(int row, Value out, int outRow);
    }

    static Value gather(Value table, Value ids) {
        int width = Strides.product(table.shape(), 1, table.rank());
        return gather(
                table.dtype(),
                table.shape(),
                ids,
                (row, out, outRow) -> table.copyTo(row * width, out, outRow * width, width));
    }

    /** Returns rows of stored data, read where they stand. */
    static Value gather(Tensor table, Value ids) {
        int[] shape = Value.ints(table.shape());
        int width = Strides.product(shape, 1, shape.length);
        return gather(table.dtype(), shape, ids, (row, out, outRow) -> {
            for (int i = 0; i < width; i++) {
                long from = (long) row * width + i;
                if (out.isFloat()) {
                    out.floats()[outRow * width + i] = table.getDouble(from);
                } else {
                    out.ints()[outRow * width + i] = table.getLong(from);
                }
            }
        });
    }

    private static Value gather(DType dtype, int[] table, Value ids, Rows rows) {
        int[] shape = new int[ids.rank() + table.length - 1];
        System.arraycopy(ids.shape(), 0, shape, 0, ids.rank());
        System.arraycopy(table, 1, shape, ids.rank(), table.length - 1);
        Value out = Value.zeros(dtype, shape);
        for (int i = 0; i < ids.elements(); i++) {
            rows.copy(index(ids.ints()[i], table[0]), out, i);
        }
        return out;
    }

    static Value scatterAdd(Value operand, Value ids, Value updates) {
        Value out = copy(operand);
        int width = Strides.product(operand.shape(), 1, operand.rank());
        for (int i = 0; i < ids.elements(); i++) {
            int row = index(ids.ints()[i], operand.dim(0));
            for (int j = 0; j < width; j++) {
                add(out, row * width + j, updates, i * width + j);
            }
        }
        return out;
    }

    static Value gatherLast(Value data, Value index) {
        int[] shape = data.shape().clone();
        shape[shape.length - 1] = index.dim(-1);
        Value out = Value.zeros(data.dtype(), shape);
        int[] at = Strides.offsets(shape, Strides.broadcast(index.shape(), shape));
        for (int i = 0; i < at.length; i++) {
            int row = i / index.dim(-1);
            data.copyElement(row * data.dim(-1) + index(index.ints()[at[i]], data.dim(-1)), out, i);
        }
        return out;
    }

    static Value scatterAddLast(Value operand, Value index, Value updates) {
        Value out = copy(operand);
        int[] at = Strides.offsets(updates.shape(), Strides.broadcast(index.shape(), updates.shape()));
        for (int i = 0; i < at.length; i++) {
            int row = i / index.dim(-1);
            add(out, row * operand.dim(-1) + index(index.ints()[at[i]], operand.dim(-1)), updates, i);
        }
        return out;
    }

    private static Value copy(Value x) {
        Value out = Value.zeros(x.dtype(), x.shape());
        x.copyTo(0, out, 0, x.elements());
        return out;
    }

    private static void add(Value to, int i, Value from, int j) {
        if (to.isFloat()) {
            to.floats()[i] += from.floats()[j];
        } else {
            to.ints()[i] = ScalarMath.wrap(to.dtype(), to.ints()[i] + from.ints()[j]);
        }
    }

    private static int index(long id, int size) {
        if (id < 0 || id >= size) {
            throw new InterpreterException("id " + id + " is outside a table of " + size + " rows");
        }
        return (int) id;
    }
}
