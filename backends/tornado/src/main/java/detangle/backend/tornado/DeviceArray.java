package detangle.backend.tornado;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.foreign.MemorySegment;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Memory that a device sees, outside the heap: one of TornadoVM's arrays, with room for some elements. */
record DeviceArray(DType dtype, TornadoNativeArray array) {
    /** The type of a kernel's first parameter. */
    static final ClassDesc CONTEXT = KernelContext.class.describeConstable().orElseThrow();

    /** Returns whether kernels compute with values of this type; weights may have 16 bits, see {@link NarrowFloats}. */
    static boolean covers(DType dtype) {
        return switch (dtype) {
            case F32, I32, I64, I1 -> true;
            case F16, BF16, F64, I8 -> false;
        };
    }

    /** An array never is empty, as devices have none of that kind. */
    static DeviceArray allocate(DType dtype, int room) {
        int n = Math.max(1, room);
        return new DeviceArray(
                dtype,
                switch (dtype) {
                    case F32 -> new FloatArray(n);
                    case I32 -> new IntArray(n);
                    case I64 -> new LongArray(n);
                    case I1 -> new ByteArray(n);
                    case F16, BF16 -> new ShortArray(n);
                    case F64, I8 -> throw new IllegalArgumentException(dtype.text() + " has no array on a device");
                });
    }

    static ClassDesc type(DType dtype) {
        Class<?> array = switch (dtype) {
            case F32 -> FloatArray.class;
            case I32 -> IntArray.class;
            case I64 -> LongArray.class;
            case I1 -> ByteArray.class;
            case F16, BF16, F64, I8 -> throw new IllegalArgumentException(dtype.text() + " has no array on a device");
        };
        return array.describeConstable().orElseThrow();
    }

    /** Returns what an element is in the array. */
    static ClassDesc element(DType dtype) {
        return switch (dtype) {
            case F32 -> ConstantDescs.CD_float;
            case I32 -> ConstantDescs.CD_int;
            case I64 -> ConstantDescs.CD_long;
            case I1 -> ConstantDescs.CD_byte;
            case F16, BF16, F64, I8 -> throw new IllegalArgumentException(dtype.text() + " has no array on a device");
        };
    }

    /** Fills the array from its beginning; floats of other types are converted. */
    void copyFrom(Tensor tensor) {
        Tensor same = tensor.dtype() == dtype
                ? tensor
                : dtype == DType.F32
                        ? Tensor.of(tensor.toFloats(), tensor.shape())
                        : Tensor.ofDoubles(dtype, tensor.toDoubles(), tensor.shape());
        MemorySegment.copy(same.data(), 0, array.getSegment(), 0, same.data().byteSize());
    }

    /** A copy of the elements of a shape. */
    Tensor toTensor(long[] shape) {
        long bytes = Math.multiplyExact(Tensor.elements(shape), (long) dtype.bytes());
        return new Tensor(
                dtype, shape, ResultMemory.shared().copy(array.getSegment().asSlice(0, bytes)));
    }
}
