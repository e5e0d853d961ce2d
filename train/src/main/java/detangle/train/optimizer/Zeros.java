package detangle.train.optimizer;

import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collection;

/**
 * Zeros that variables begin with. A device copies the tensor that a variable begins with, so that all tensors of zeros
 * share the memory of the largest one.
 */
public final class Zeros {
    private final MemorySegment data;

    private Zeros(MemorySegment data) {
        this.data = data;
    }

    /** Makes zeros for tensors up to the size of the largest of these. */
    public static Zeros forLargest(Collection<Tensor> tensors) {
        long largest = tensors.stream()
                .mapToLong(value -> value.data().byteSize())
                .max()
                .orElse(0);
        return new Zeros(MemorySegment.ofArray(new byte[Math.toIntExact(largest)]));
    }

    /** Returns zeros of the type and the shape of a tensor. Nobody may write to them, as they share their memory. */
    public Tensor like(Tensor value) {
        return new Tensor(
                value.dtype(), value.shape(), data.asSlice(0, value.data().byteSize()));
    }
}
