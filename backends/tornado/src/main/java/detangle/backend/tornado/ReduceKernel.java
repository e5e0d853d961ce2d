package detangle.backend.tornado;

import detangle.backend.scalar.ScalarEmitter;
import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.ReduceFunction;
import detangle.ir.scalar.ScalarExpr;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Generates kernels that fold one axis, a result a thread:
 *
 * <pre>
 * static void reduce(KernelContext context, IntArray sizes, IntArray own, x, result)
 * </pre>
 *
 * {@code sizes} holds from {@code own[0]} the number of results, the extent of the axis, and the distance of its
 * elements.
 */
final class ReduceKernel {
    /** The number of sizes that the kernel reads. */
    static final int SIZES = 3;

    private static final ClassDesc INTS = IntArray.class.describeConstable().orElseThrow();
    private static final Map<Key, KernelTask> TASKS = new ConcurrentHashMap<>();

    private record Key(ReduceFunction function, DType dtype) {}

    private ReduceKernel() {}

    /** Returns whether there are kernels for elements of this type. */
    static boolean covers(DType dtype) {
        return dtype == DType.F32 || dtype == DType.I32 || dtype == DType.I64;
    }

    static KernelTask task(ReduceFunction function, DType dtype) {
        return TASKS.computeIfAbsent(new Key(function, dtype), key -> {
            ClassDesc array = DeviceArray.type(dtype);
            List<ClassDesc> parameters = List.of(DeviceArray.CONTEXT, INTS, INTS, array, array);
            return TaskClass.generate("reduce", parameters, code -> emit(key, code));
        });
    }

    private static void emit(Key key, CodeBuilder code) {
        ClassDesc element = DeviceArray.element(key.dtype);
        ClassDesc array = DeviceArray.type(key.dtype);
        TypeKind kind = TypeKind.from(element);
        int thread = code.allocateLocal(TypeKind.INT);
        code.aload(0)
                .getfield(DeviceArray.CONTEXT, "globalIdx", ConstantDescs.CD_Integer)
                .invokevirtual(ConstantDescs.CD_Integer, "intValue", MethodTypeDesc.of(ConstantDescs.CD_int))
                .istore(thread);
        Label end = code.newLabel();
        code.iload(thread);
        size(code, 0);
        code.if_icmpge(end);
        // The first element is thread / distance * distance * extent + thread % distance.
        int place = code.allocateLocal(TypeKind.INT);
        code.iload(thread);
        size(code, 2);
        code.idiv();
        size(code, 2);
        code.imul();
        size(code, 1);
        code.imul().iload(thread);
        size(code, 2);
        code.irem().iadd().istore(place);
        int result = code.allocateLocal(kind);
        code.loadConstant(start(key)).storeLocal(kind, result);
        int count = code.allocateLocal(TypeKind.INT);
        code.iconst_0().istore(count);
        int next = code.allocateLocal(kind);
        Label again = code.newLabel();
        Label done = code.newLabel();
        code.labelBinding(again);
        code.iload(count);
        size(code, 1);
        code.if_icmpge(done);
        code.aload(3)
                .iload(place)
                .invokevirtual(array, "get", MethodTypeDesc.of(element, ConstantDescs.CD_int))
                .storeLocal(kind, next);
        ScalarEmitter emitter = new ScalarEmitter(
                code, new DeviceFloats(), (index, dtype) -> code.loadLocal(kind, index == 0 ? result : next));
        code.loadLocal(kind, emitter.value(folded(key))).storeLocal(kind, result);
        code.iload(place);
        size(code, 2);
        code.iadd().istore(place);
        code.iinc(count, 1).goto_(again);
        code.labelBinding(done);
        code.aload(4)
                .iload(thread)
                .loadLocal(kind, result)
                .invokevirtual(array, "set", MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int, element));
        code.labelBinding(end);
        code.return_();
    }

    private static void size(CodeBuilder code, int at) {
        code.aload(1)
                .aload(2)
                .iconst_0()
                .invokevirtual(INTS, "get", MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int))
                .loadConstant(at)
                .iadd()
                .invokevirtual(INTS, "get", MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int));
    }

    /** Combines the result so far with the next element. */
    private static ScalarExpr folded(Key key) {
        BinaryFunction function = switch (key.function) {
            case SUM -> BinaryFunction.ADD;
            case MAX -> BinaryFunction.MAX;
        };
        return new ScalarExpr.Binary(function, new ScalarExpr.Arg(0, key.dtype), new ScalarExpr.Arg(1, key.dtype));
    }

    /** Returns what the fold of no elements is. */
    private static java.lang.constant.ConstantDesc start(Key key) {
        boolean sum = switch (key.function) {
            case SUM -> true;
            case MAX -> false;
        };
        return switch (key.dtype) {
            case F32 -> sum ? 0f : Float.NEGATIVE_INFINITY;
            case I64 -> sum ? 0L : Long.MIN_VALUE;
            case I32 -> sum ? 0 : Integer.MIN_VALUE;
            case F16, BF16, F64, I8, I1 -> throw new InternalException(key.dtype + " is not covered");
        };
    }
}
