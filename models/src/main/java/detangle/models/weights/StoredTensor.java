package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A tensor as its file describes it. Its elements are looked at when they are first asked for. */
final class StoredTensor {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    /** The bits that are zero in eight bytes of 0 or 1. */
    private static final long NEITHER_0_NOR_1 = 0xfefefefefefefefeL;

    private final Path file;
    private final String type;
    private final Optional<DType> dtype;
    private final long[] shape;
    private final boolean mapped;
    private final Supplier<MemorySegment> elements;
    private final UnaryOperator<Tensor> change;
    private Tensor tensor;

    private StoredTensor(
            Path file,
            String type,
            Optional<DType> dtype,
            long[] shape,
            boolean mapped,
            Supplier<MemorySegment> elements,
            UnaryOperator<Tensor> change) {
        this.file = file;
        this.type = type;
        this.dtype = dtype;
        this.shape = shape;
        this.mapped = mapped;
        this.elements = elements;
        this.change = change;
    }

    /** Makes a tensor whose elements lie in the file as they are. */
    static StoredTensor mapped(Path file, DType dtype, long[] shape, MemorySegment elements) {
        return stored(file, dtype, shape, true, () -> elements);
    }

    /** Makes a tensor whose elements are checked or copied when they are first asked for. */
    static StoredTensor computed(Path file, DType dtype, long[] shape, Supplier<MemorySegment> elements) {
        return stored(file, dtype, shape, false, elements);
    }

    /** Makes a tensor of a type that no parameter can have; the type is the file's word. */
    static StoredTensor opaque(Path file, String type) {
        return new StoredTensor(
                file, type, Optional.empty(), new long[0], false, () -> MemorySegment.NULL, UnaryOperator.identity());
    }

    private static StoredTensor stored(
            Path file, DType dtype, long[] shape, boolean mapped, Supplier<MemorySegment> elements) {
        return new StoredTensor(
                file,
                StoredType.of(dtype).name(),
                Optional.of(dtype),
                shape,
                mapped,
                elements,
                UnaryOperator.identity());
    }

    /**
     * This tensor after a change that keeps its type and its sizes. It is made each time that it is read, and is not
     * kept.
     */
    StoredTensor changed(UnaryOperator<Tensor> by) {
        return new StoredTensor(file, type, dtype, shape, mapped, elements, by);
    }

    Path file() {
        return file;
    }

    String type() {
        return type;
    }

    /** Empty if its elements are of a type that no parameter can have. */
    Optional<DType> dtype() {
        return dtype;
    }

    /** Returns the sizes; those of a type that no parameter can have are not known. */
    long[] shape() {
        return shape.clone();
    }

    /** Whole numbers and truths are what code keeps beside its parameters. */
    boolean isFloat() {
        return dtype.map(DType::isFloat)
                .orElseGet(() -> !type.toLowerCase(Locale.ROOT).matches("u?int\\d+|[iu]\\d+|bool"));
    }

    /**
     * Returns the tensor.
     *
     * @param files that it is read from
     * @throws WeightsException if its type is none that can be computed with, or its elements are damaged
     */
    synchronized Tensor read(String name, MappedFiles files) {
        if (tensor == null) {
            DType known = dtype.orElseThrow(() -> new WeightsException(
                    file, "tensor '" + name + "' has dtype " + type + "; supported are " + StoredType.words()));
            tensor = mapped && known != DType.I1
                    ? new Tensor(known, shape, elements.get())
                    : files.reading(() -> checked(name, known));
        }
        return change.apply(tensor);
    }

    private Tensor checked(String name, DType known) {
        MemorySegment bytes = elements.get();
        if (known == DType.I1) {
            checkTruths(name, bytes);
        }
        return new Tensor(known, shape, bytes);
    }

    /** The IR's i1 is 0 or 1; a kernel may add or multiply it. */
    private void checkTruths(String name, MemorySegment bytes) {
        long words = bytes.byteSize() & -Long.BYTES;
        long at = 0;
        while (at < words && (bytes.get(WORD, at) & NEITHER_0_NOR_1) == 0) {
            at += Long.BYTES;
        }
        for (; at < bytes.byteSize(); at++) {
            byte value = bytes.get(ValueLayout.JAVA_BYTE, at);
            if (value != 0 && value != 1) {
                throw new WeightsException(file, "tensor '" + name + "' of type BOOL holds " + value);
            }
        }
    }
}
