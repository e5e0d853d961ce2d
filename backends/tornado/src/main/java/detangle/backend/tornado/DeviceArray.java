package detangle.backend.tornado;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.BFloat16;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.HalfFloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** Memory that a device sees, outside the heap: one of TornadoVM's arrays, with room for some elements. */
record DeviceArray(DType dtype, TornadoNativeArray array) {
    /** The type of a kernel's first parameter. */
    static final ClassDesc CONTEXT = KernelContext.class.describeConstable().orElseThrow();

    /** Elements that are converted at a time, as doubles: all of a large weight would not fit many heaps. */
    static final int CONVERTED_ELEMENTS = 1 << 20;

    private static final ClassDesc HALF = HalfFloat.class.describeConstable().orElseThrow();
    private static final ClassDesc BRAIN = BFloat16.class.describeConstable().orElseThrow();

    /** Returns whether there are arrays of this type. Kernels compute in f32 with floats of 16 bits. */
    static boolean covers(DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16, I32, I64, I1 -> true;
            case F64, I8 -> false;
        };
    }

    /** Returns whether floats of this type have 16 bits. */
    static boolean isNarrow(DType dtype) {
        return dtype == DType.F16 || dtype == DType.BF16;
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
                    case F16 -> new HalfFloatArray(n);
                    case BF16 -> new ShortArray(n);
                    case F64, I8 -> throw new IllegalArgumentException(dtype.text() + " has no array on a device");
                });
    }

    /** Returns an array of the bits of floats that have 16 of them, for {@link NarrowFloats}. */
    static DeviceArray allocateBits(DType dtype, int room) {
        return new DeviceArray(dtype, new ShortArray(Math.max(1, room)));
    }

    static ClassDesc type(DType dtype) {
        Class<?> array = switch (dtype) {
            case F32 -> FloatArray.class;
            case I32 -> IntArray.class;
            case I64 -> LongArray.class;
            case I1 -> ByteArray.class;
            case F16 -> HalfFloatArray.class;
            case BF16 -> ShortArray.class;
            case F64, I8 -> throw new IllegalArgumentException(dtype.text() + " has no array on a device");
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
            case F16 -> HALF;
            case BF16 -> ConstantDescs.CD_short;
            case F64, I8 -> throw new IllegalArgumentException(dtype.text() + " has no array on a device");
        };
    }

    /** Emits the load of an element from the array and the place on the stack; floats of 16 bits become f32. */
    static void load(CodeBuilder code, DType dtype) {
        code.invokevirtual(type(dtype), "get", MethodTypeDesc.of(element(dtype), ConstantDescs.CD_int));
        switch (dtype) {
            case F16 -> code.invokevirtual(HALF, "getFloat32", MethodTypeDesc.of(ConstantDescs.CD_float));
            case BF16 ->
                code.invokestatic(
                        BRAIN, "bf16ToFloat", MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_short));
            case F32, I32, I64, I1, F64, I8 -> {}
        }
    }

    /**
     * Emits the store of an element. The array, the place and the element are on the stack; an f32 is rounded where
     * floats have 16 bits.
     *
     * @param free a local that the store may use, with room for a float
     */
    static void store(CodeBuilder code, DType dtype, int free) {
        switch (dtype) {
            case F16 ->
                code.fstore(free)
                        .new_(HALF)
                        .dup()
                        .fload(free)
                        .invokespecial(
                                HALF,
                                ConstantDescs.INIT_NAME,
                                MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_float));
            case BF16 ->
                code.invokestatic(
                        BRAIN, "bf16FromFloat", MethodTypeDesc.of(ConstantDescs.CD_short, ConstantDescs.CD_float));
            case I1 -> code.i2b();
            case F32, I32, I64, F64, I8 -> {}
        }
        code.invokevirtual(
                type(dtype), "set", MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int, element(dtype)));
    }

    /** Fills the array from its beginning; floats of other types are converted, some at a time. */
    void copyFrom(Tensor tensor) {
        if (tensor.dtype() == dtype) {
            MemorySegment.copy(
                    tensor.data(), 0, array.getSegment(), 0, tensor.data().byteSize());
            return;
        }
        Tensor all = tensor.reshape(tensor.elements());
        for (long from = 0; from < all.elements(); from += CONVERTED_ELEMENTS) {
            Tensor some = all.slice(0, from, Math.min(all.elements(), from + CONVERTED_ELEMENTS));
            Tensor same = dtype == DType.F32
                    ? Tensor.of(some.toFloats(), some.elements())
                    : Tensor.ofDoubles(dtype, some.toDoubles(), some.elements());
            MemorySegment.copy(
                    same.data(),
                    0,
                    array.getSegment(),
                    from * dtype.bytes(),
                    same.data().byteSize());
        }
    }

    /** Returns a copy of the elements of a shape. */
    Tensor toTensor(long[] shape) {
        long bytes = Math.multiplyExact(Tensor.elements(shape), (long) dtype.bytes());
        return new Tensor(
                dtype, shape, ResultMemory.shared().copy(array.getSegment().asSlice(0, bytes)));
    }
}
