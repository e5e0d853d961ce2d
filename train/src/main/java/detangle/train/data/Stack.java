package detangle.train.data;

import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Tensors of equal rank, side by side along a new first axis. Smaller ones are filled with zeros at the ends of their
 * axes.
 */
final class Stack {
    private Stack() {}

    static Tensor of(List<Tensor> tensors) {
        Tensor first = tensors.getFirst();
        int rank = first.rank();
        long[] shape = new long[rank + 1];
        shape[0] = tensors.size();
        for (Tensor tensor : tensors) {
            if (tensor.rank() != rank || tensor.dtype() != first.dtype()) {
                throw new InternalException("inputs of one batch are of " + first.type() + " and " + tensor.type());
            }
            for (int axis = 0; axis < rank; axis++) {
                shape[axis + 1] = Math.max(shape[axis + 1], tensor.dim(axis));
            }
        }
        double[] values = new double[Math.toIntExact(Tensor.elements(shape))];
        for (int row = 0; row < tensors.size(); row++) {
            fill(values, shape, row, tensors.get(row));
        }
        return first.dtype() == DType.I64
                ? Tensor.of(
                        Arrays.stream(values).mapToLong(value -> (long) value).toArray(), shape)
                : Tensor.ofDoubles(first.dtype(), values, shape);
    }

    /** Copies a tensor to its row of the stack. */
    private static void fill(double[] stack, long[] shape, int row, Tensor tensor) {
        double[] values = tensor.toDoubles();
        for (int i = 0; i < values.length; i++) {
            int rest = i;
            long place = 0;
            long step = 1;
            for (int axis = tensor.rank() - 1; axis >= 0; axis--) {
                int size = Math.toIntExact(tensor.dim(axis));
                place += rest % size * step;
                rest /= size;
                step *= shape[axis + 1];
            }
            stack[Math.toIntExact(row * step + place)] = values[i];
        }
    }
}
