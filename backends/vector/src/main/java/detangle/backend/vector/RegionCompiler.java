package detangle.backend.vector;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns elementwise regions into bytecode: a hidden class with one loop over a run of elements, in which each operand
 * advances by its own step (0 repeats it). Equal regions share a class. Regions over types that the JVM does not compute
 * in are left to the interpreter.
 */
final class RegionCompiler {
    private static final ClassDesc SELF = ClassDesc.of("detangle.backend.vector.Region");
    private static final ClassDesc FUNCTIONS = ClassDesc.of("detangle.backend.vector.ScalarFunctions");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(
            ConstantDescs.CD_void,
            ConstantDescs.CD_Object.arrayType(),
            ConstantDescs.CD_int.arrayType(),
            ConstantDescs.CD_int.arrayType(),
            ConstantDescs.CD_Object,
            ConstantDescs.CD_int,
            ConstantDescs.CD_int);
    private static final MethodType RUN_TYPE = MethodType.methodType(
            void.class, Object[].class, int[].class, int[].class, Object.class, int.class, int.class);
    private static final MethodTypeDesc FROM_16_BITS =
            MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_short);
    private static final Map<Region, Optional<MethodHandle>> COMPILED = new ConcurrentHashMap<>();

    private final Region region;
    private final CodeBuilder code;
    private final Map<ScalarExpr, Integer> locals = new HashMap<>();
    private final List<Integer> arrays = new ArrayList<>();
    private final List<Integer> indices = new ArrayList<>();

    private RegionCompiler(Region region, CodeBuilder code) {
        this.region = region;
        this.code = code;
    }

    /**
     * The kernel {@code (operand arrays, first indices, steps, result array, first index, count)}, or empty where the
     * region has a type or function that bytecode does not cover.
     */
    static Optional<MethodHandle> compile(Region region) {
        return COMPILED.computeIfAbsent(region, r -> covers(r.body()) ? Optional.of(define(r)) : Optional.empty());
    }

    private static boolean covers(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Arg a -> covers(a.dtype());
            case ScalarExpr.Const c -> covers(c.dtype());
            case ScalarExpr.Unary(var f, var x) -> covers(x);
            // Integers divide with a check for zero that belongs to the interpreter.
            case ScalarExpr.Binary(var f, var a, var b) ->
                covers(a) && covers(b) && (f != BinaryFunction.DIV || a.dtype() == DType.F32);
            case ScalarExpr.Compare(var c, var a, var b) -> covers(a) && covers(b);
            case ScalarExpr.Select(var c, var a, var b) -> covers(c) && covers(a) && covers(b);
            case ScalarExpr.Convert(var x, var to) -> covers(to) && (covers(x) || to == DType.F32 && isStoredFloat(x));
        };
    }

    /** An operand in a type that is only read and converted. */
    private static boolean isStoredFloat(ScalarExpr expr) {
        return expr instanceof ScalarExpr.Arg(int index, DType dtype)
                && switch (dtype) {
                    case F16, BF16, F64 -> true;
                    case F32, I32, I64, I1, I8 -> false;
                };
    }

    private static boolean covers(DType dtype) {
        return switch (dtype) {
            case F32, I32, I64, I1 -> true;
            case F16, BF16, F64, I8 -> false;
        };
    }

    /** The class that {@link #compile} defines for a region; empty where it defines none. */
    static Optional<byte[]> classFile(Region region) {
        return covers(region.body()) ? Optional.of(build(region)) : Optional.empty();
    }

    private static byte[] build(Region region) {
        return ClassFile.of()
                .build(
                        SELF,
                        c -> c.withMethodBody(
                                "run",
                                RUN,
                                AccessFlag.PUBLIC.mask() | AccessFlag.STATIC.mask(),
                                code -> new RegionCompiler(region, code).emit()));
    }

    private static MethodHandle define(Region region) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(build(region), true);
            return lookup.findStatic(lookup.lookupClass(), "run", RUN_TYPE);
        } catch (ReflectiveOperationException e) {
            throw new InternalException("a kernel for the region " + region + " cannot be defined", e);
        }
    }

    /** The element's type on the JVM's stack. */
    private static ClassDesc stackType(DType dtype) {
        return switch (dtype) {
            // Loading a float of 16 bits makes an f32 of it.
            case F32, F16, BF16 -> ConstantDescs.CD_float;
            case F64 -> ConstantDescs.CD_double;
            case I64 -> ConstantDescs.CD_long;
            case I32, I1 -> ConstantDescs.CD_int;
            case I8 -> throw new InternalException(dtype + " is not covered");
        };
    }

    private static TypeKind kind(DType dtype) {
        return TypeKind.from(stackType(dtype));
    }

    private static ClassDesc arrayType(DType dtype) {
        return switch (dtype) {
            // An operand of i8 may be listed, but no expression that is compiled reads it.
            case I1, I8 -> ConstantDescs.CD_byte.arrayType();
            case F16, BF16 -> ConstantDescs.CD_short.arrayType();
            case F32, F64, I32, I64 -> stackType(dtype).arrayType();
        };
    }

    private void load(DType dtype) {
        switch (dtype) {
            case I1 -> code.arrayLoad(TypeKind.BYTE);
            case F16 ->
                code.arrayLoad(TypeKind.SHORT).invokestatic(ConstantDescs.CD_Float, "float16ToFloat", FROM_16_BITS);
            case BF16 -> code.arrayLoad(TypeKind.SHORT).invokestatic(FUNCTIONS, "bfloat16ToFloat", FROM_16_BITS);
            case F32, F64, I32, I64, I8 -> code.arrayLoad(kind(dtype));
        }
    }

    private void emit() {
        DType result = region.body().dtype();
        for (int k = 0; k < region.arguments().size(); k++) {
            DType dtype = region.arguments().get(k);
            int array = code.allocateLocal(TypeKind.REFERENCE);
            code.aload(0).loadConstant(k).aaload().checkcast(arrayType(dtype)).astore(array);
            arrays.add(array);
            int index = code.allocateLocal(TypeKind.INT);
            code.aload(1).loadConstant(k).iaload().istore(index);
            indices.add(index);
        }
        int out = code.allocateLocal(TypeKind.REFERENCE);
        code.aload(3).checkcast(arrayType(result)).astore(out);
        int i = code.allocateLocal(TypeKind.INT);
        code.iconst_0().istore(i);
        Label test = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(test);
        code.iload(i).iload(5).if_icmpge(end);
        int value = value(region.body(), i);
        code.aload(out).iload(4).iload(i).iadd().loadLocal(kind(result), value);
        code.arrayStore(result == DType.I1 ? TypeKind.BYTE : kind(result));
        code.iinc(i, 1).goto_(test);
        code.labelBinding(end);
        code.return_();
    }

    /** Emits an expression once and returns the local that holds it. */
    private int value(ScalarExpr expr, int i) {
        Integer known = locals.get(expr);
        if (known != null) {
            return known;
        }
        switch (expr) {
            case ScalarExpr.Arg(int index, DType dtype) -> {
                code.aload(arrays.get(index)).iload(indices.get(index));
                code.aload(2).loadConstant(index).iaload().iload(i).imul().iadd();
                load(dtype);
            }
            case ScalarExpr.Const(double value, DType dtype) -> constant(value, dtype);
            case ScalarExpr.Unary(var f, var x) -> call(f.text(), expr.dtype(), i, x);
            case ScalarExpr.Binary(var f, var a, var b) -> call(f.text(), expr.dtype(), i, a, b);
            case ScalarExpr.Compare(var c, var a, var b) -> call(c.text(), DType.I1, i, a, b);
            case ScalarExpr.Select(var c, var a, var b) -> call("select", expr.dtype(), i, c, a, b);
            case ScalarExpr.Convert(var x, var to) -> call(conversion(to), to, i, x);
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
            case F16, BF16, F64, I8 -> throw new InternalException(dtype + " is not covered");
        }
    }

    private static String conversion(DType to) {
        return switch (to) {
            case F32 -> "toFloat";
            case I64 -> "toLong";
            case I32 -> "toInt";
            case I1 -> "toBoolean";
            case F16, BF16, F64, I8 -> throw new InternalException(to + " is not covered");
        };
    }

    private void call(String function, DType result, int i, ScalarExpr... operands) {
        List<ClassDesc> types = new ArrayList<>();
        int[] values = new int[operands.length];
        for (int k = 0; k < operands.length; k++) {
            values[k] = value(operands[k], i);
            types.add(stackType(operands[k].dtype()));
        }
        for (int k = 0; k < operands.length; k++) {
            code.loadLocal(kind(operands[k].dtype()), values[k]);
        }
        code.invokestatic(FUNCTIONS, function, MethodTypeDesc.of(stackType(result), types));
    }
}
