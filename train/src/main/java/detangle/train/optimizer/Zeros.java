package detangle.train.optimizer;

import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collection;

/**
 * Zeros that variables begin with. Variables are made of copies, so that all tensors here share the memory of the largest
 * one.
 */
public final class Zeros {
    private final MemorySegment data;

    private Zeros(MemorySegment data) {
        this.data = data;
    }

    /** Makes zeros of which the largest of these tensors can have its likeness. */
    public static Zeros forLargest(Collection<Tensor> tensors) {
        long most = tensors.stream()
                .mapToLong(value -> value.data().byteSize())
                .max()
                .orElse(0);
        return new Zeros(MemorySegment.ofArray(new byte[Math.toIntExact(most)]));
    }

    /** Returns zeros of the type and the shape of a tensor. They are read alone. */
    public Tensor like(Tensor value) {
        return new Tensor(
                value.dtype(), value.shape(), data.asSlice(0, value.data().byteSize()));
    }
}
