package detangle.backend.tornado;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Turns an elementwise region into a class with a kernel that TornadoVM compiles, one thread an element:
 *
 * <pre>
 * static void compute(KernelContext context, IntArray sizes, FloatArray a0, ..., FloatArray out)
 * </pre>
 *
 * {@code sizes} holds the number of elements, the sizes of the axes from the last to the first, and for each operand its
 * strides in that order (0 repeats it), so that another shape needs no other kernel.
 */
final class RegionKernel {
    /** A task takes at most 20 arguments, of which three are not operands. */
    static final int MAX_OPERANDS = 16;

    private static final ClassDesc SELF = ClassDesc.of("detangle.backend.tornado.RegionTask");
    private static final ClassDesc FUNCTIONS = ClassDesc.of("detangle.backend.tornado.DeviceFunctions");
    private static final ClassDesc CONTEXT =
            KernelContext.class.describeConstable().orElseThrow();
    private static final ClassDesc SIZES = IntArray.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc GET_INT = MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int);
    private static final String KERNEL = "compute";
    private static final Map<Key, Object> TASKS = new ConcurrentHashMap<>();

    private record Key(Region region, int rank) {}

    private final Region region;
    private final int rank;
    private final CodeBuilder code;
    private final Map<ScalarExpr, Integer> locals = new HashMap<>();
    private final List<Integer> indices = new ArrayList<>();

    private RegionKernel(Region region, int rank, CodeBuilder code) {
        this.region = region;
        this.rank = rank;
        this.code = code;
    }

    /** Whether a kernel can be made. Integers divide with a check for zero, which a device cannot report. */
    static boolean covers(Region region) {
        return region.arguments().size() <= MAX_OPERANDS
                && region.arguments().stream().allMatch(DeviceArray::covers)
                && covers(region.body());
    }

    private static boolean covers(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Arg a -> true;
            case ScalarExpr.Const c -> DeviceArray.covers(c.dtype());
            case ScalarExpr.Unary(var f, var x) -> covers(x);
            case ScalarExpr.Binary(var f, var a, var b) ->
                covers(a) && covers(b) && (f != BinaryFunction.DIV || a.dtype() == DType.F32);
            case ScalarExpr.Compare(var c, var a, var b) -> covers(a) && covers(b);
            case ScalarExpr.Select(var c, var a, var b) -> covers(c) && covers(a) && covers(b);
            case ScalarExpr.Convert(var x, var to) -> covers(x) && DeviceArray.covers(to);
        };
    }

    /** A task of TornadoVM for the region over results of a rank; equal ones are one. */
    static Object task(Region region, int rank) {
        return TASKS.computeIfAbsent(new Key(region, rank), key -> define(region, rank));
    }

    private static Object define(Region region, int rank) {
        List<ClassDesc> parameters = new ArrayList<>(List.of(CONTEXT, SIZES));
        region.arguments().forEach(dtype -> parameters.add(DeviceArray.type(dtype)));
        parameters.add(DeviceArray.type(region.body().dtype()));
        MethodTypeDesc type = MethodTypeDesc.of(ConstantDescs.CD_void, parameters);
        byte[] bytes = ClassFile.of().build(SELF, c -> {
            // First, as TornadoVM reads but the low byte of its index where it looks for the kernel.
            c.constantPool().methodRefEntry(SELF, KERNEL, type);
            c.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
            c.withInterfaceSymbols(TaskCalls.type(parameters.size()));
            c.withMethodBody(
                    ConstantDescs.INIT_NAME,
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_PUBLIC,
                    code -> code.aload(0)
                            .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                            .return_());
            List<ClassDesc> objects = Collections.nCopies(parameters.size(), ConstantDescs.CD_Object);
            c.withMethodBody("apply", MethodTypeDesc.of(ConstantDescs.CD_void, objects), ClassFile.ACC_PUBLIC, code -> {
                for (int i = 0; i < parameters.size(); i++) {
                    code.aload(i + 1).checkcast(parameters.get(i));
                }
                code.invokestatic(SELF, KERNEL, type).return_();
            });
            c.withMethodBody(KERNEL, type, ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, code -> {
                // TornadoVM takes the names of parameters from here.
                for (int i = 0; i < parameters.size(); i++) {
                    code.localVariable(i, "p" + i, parameters.get(i), code.startLabel(), code.endLabel());
                }
                new RegionKernel(region, rank, code).emit();
            });
        });
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return lookup.lookupClass().getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a kernel for the region " + region + " cannot be defined", e);
        }
    }

    /** The sizes and strides that the kernel reads. */
    static int[] sizes(int[] shape, List<int[]> strides) {
        int rank = shape.length;
        int[] sizes = new int[1 + rank * (1 + strides.size())];
        sizes[0] = 1;
        for (int axis = 0; axis < rank; axis++) {
            sizes[0] *= shape[axis];
            sizes[rank - axis] = shape[axis];
            for (int k = 0; k < strides.size(); k++) {
                sizes[1 + rank * (k + 1) + rank - 1 - axis] = strides.get(k)[axis];
            }
        }
        return sizes;
    }

    private void emit() {
        int element = code.allocateLocal(TypeKind.INT);
        code.aload(0)
                .getfield(CONTEXT, "globalIdx", ConstantDescs.CD_Integer)
                .invokevirtual(ConstantDescs.CD_Integer, "intValue", MethodTypeDesc.of(ConstantDescs.CD_int))
                .istore(element);
        Label end = code.newLabel();
        code.iload(element);
        size(0);
        code.if_icmpge(end);
        locate(element);
        int value = value(region.body());
        ClassDesc result = DeviceArray.element(region.body().dtype());
        code.aload(2 + region.arguments().size())
                .iload(element)
                .loadLocal(kind(region.body().dtype()), value);
        if (region.body().dtype() == DType.I1) {
            code.i2b();
        }
        code.invokevirtual(
                DeviceArray.type(region.body().dtype()),
                "set",
                MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int, result));
        code.labelBinding(end);
        code.return_();
    }

    private void size(int index) {
        code.aload(1).loadConstant(index).invokevirtual(SIZES, "get", GET_INT);
    }

    /** Where each operand's element is: the sum of its strides times the place on each axis. */
    private void locate(int element) {
        for (int k = 0; k < region.arguments().size(); k++) {
            int index = code.allocateLocal(TypeKind.INT);
            code.iconst_0().istore(index);
            indices.add(index);
        }
        int rest = code.allocateLocal(TypeKind.INT);
        code.iload(element).istore(rest);
        for (int axis = 0; axis < rank; axis++) {
            int place = code.allocateLocal(TypeKind.INT);
            code.iload(rest);
            size(1 + axis);
            code.irem().istore(place);
            code.iload(rest);
            size(1 + axis);
            code.idiv().istore(rest);
            for (int k = 0; k < indices.size(); k++) {
                code.iload(place);
                size(1 + rank * (k + 1) + axis);
                code.imul().iload(indices.get(k)).iadd().istore(indices.get(k));
            }
        }
    }

    /** The element's type in a local: i1 is an int. */
    private static ClassDesc stackType(DType dtype) {
        return dtype == DType.I1 ? ConstantDescs.CD_int : DeviceArray.element(dtype);
    }

    private static TypeKind kind(DType dtype) {
        return TypeKind.from(stackType(dtype));
    }

    /** Emits an expression once and returns the local that holds it. */
    private int value(ScalarExpr expr) {
        Integer known = locals.get(expr);
        if (known != null) {
            return known;
        }
        switch (expr) {
            case ScalarExpr.Arg(int index, DType dtype) ->
                code.aload(2 + index)
                        .iload(indices.get(index))
                        .invokevirtual(
                                DeviceArray.type(dtype),
                                "get",
                                MethodTypeDesc.of(DeviceArray.element(dtype), ConstantDescs.CD_int));
            case ScalarExpr.Const(double value, DType dtype) -> constant(value, dtype);
            case ScalarExpr.Unary(var f, var x) -> call(f.text(), expr.dtype(), x);
            case ScalarExpr.Binary(var f, var a, var b) -> call(f.text(), expr.dtype(), a, b);
            case ScalarExpr.Compare(var c, var a, var b) -> call(c.text(), DType.I1, a, b);
            case ScalarExpr.Select(var c, var a, var b) -> call("select", expr.dtype(), c, a, b);
            case ScalarExpr.Convert(var x, var to) -> call(conversion(to), to, x);
        }
        int local = code.allocateLocal(kind(expr.dtype()));
        code.storeLocal(kind(expr.dtype()), local);
        locals.put(expr, local);
        return local;
    }

    private void constant(double value, DType dtype) {
        switch (dtype) {
            case F32 -> code.loadConstant((float) value);
            case I64 -> code.loadConstant((long) value);
            case I32, I1 -> code.loadConstant((int) value);
            case F16, BF16, F64, I8 -> throw new IllegalStateException(dtype + " is not covered");
        }
    }

    private static String conversion(DType to) {
        return switch (to) {
            case F32 -> "toFloat";
            case I64 -> "toLong";
            case I32 -> "toInt";
            case I1 -> "toBoolean";
            case F16, BF16, F64, I8 -> throw new IllegalStateException(to + " is not covered");
        };
    }

    private void call(String function, DType result, ScalarExpr... operands) {
        List<ClassDesc> types = new ArrayList<>();
        int[] values = new int[operands.length];
        for (int k = 0; k < operands.length; k++) {
            values[k] = value(operands[k]);
            types.add(stackType(operands[k].dtype()));
        }
        for (int k = 0; k < operands.length; k++) {
            code.loadLocal(kind(operands[k].dtype()), values[k]);
        }
        code.invokestatic(FUNCTIONS, function, MethodTypeDesc.of(stackType(result), types));
    }
}
