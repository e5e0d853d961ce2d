package detangle.backend.vector;

import detangle.backend.scalar.ScalarEmitter;
import detangle.backend.vector.kernel.FloatBlocks;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.scalar.Region;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns scalar expressions into bytecode: a hidden class with one loop over the first elements of blocks. It computes
 * what {@link FloatBlocks} has no function for: arithmetic of floats, of which C2 makes vectors, and whole numbers.
 * Equal regions share a class. Types that the JVM does not compute in are left to the interpreter.
 */
final class RegionCompiler {
    private static final ClassDesc SELF = ClassDesc.of("detangle.backend.vector.Region");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(
            ConstantDescs.CD_void, ConstantDescs.CD_Object.arrayType(), ConstantDescs.CD_Object, ConstantDescs.CD_int);
    private static final MethodType RUN_TYPE =
            MethodType.methodType(void.class, Object[].class, Object.class, int.class);
    private static final MethodTypeDesc FROM_16_BITS =
            MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_short);
    private static final MethodTypeDesc FROM_BITS = MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_int);
    private static final Map<Region, MethodHandle> COMPILED = new ConcurrentHashMap<>();

    private final Region region;
    private final CodeBuilder code;
    private final List<Integer> arrays = new ArrayList<>();

    private RegionCompiler(Region region, CodeBuilder code) {
        this.region = region;
        this.code = code;
    }

    /**
     * Returns the kernel {@code (operand blocks, result block, count)} of a region that {@link ScalarEmitter} covers.
     */
    static MethodHandle compile(Region region) {
        return COMPILED.computeIfAbsent(region, RegionCompiler::define);
    }

    /** Returns the class that {@link #compile} defines for a region. */
    static byte[] classFile(Region region) {
        return build(region);
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

    private static ClassDesc arrayType(DType dtype) {
        return switch (dtype) {
            case I1 -> ConstantDescs.CD_boolean.arrayType();
            // An operand of i8 may be listed, but no expression that is compiled reads it.
            case I8 -> ConstantDescs.CD_byte.arrayType();
            case F16, BF16 -> ConstantDescs.CD_short.arrayType();
            case F32 -> ConstantDescs.CD_float.arrayType();
            case F64 -> ConstantDescs.CD_double.arrayType();
            case I32 -> ConstantDescs.CD_int.arrayType();
            case I64 -> ConstantDescs.CD_long.arrayType();
        };
    }

    private void load(DType dtype) {
        switch (dtype) {
            case I1 -> code.arrayLoad(TypeKind.BYTE);
            case F16 ->
                code.arrayLoad(TypeKind.SHORT).invokestatic(ConstantDescs.CD_Float, "float16ToFloat", FROM_16_BITS);
            case BF16 ->
                code.arrayLoad(TypeKind.SHORT)
                        .loadConstant(16)
                        .ishl()
                        .invokestatic(ConstantDescs.CD_Float, "intBitsToFloat", FROM_BITS);
            case F32, F64, I32, I64, I8 -> code.arrayLoad(ScalarEmitter.kind(dtype));
        }
    }

    private void emit() {
        DType result = region.body().dtype();
        for (int k = 0; k < region.arguments().size(); k++) {
            int array = code.allocateLocal(TypeKind.REFERENCE);
            code.aload(0)
                    .loadConstant(k)
                    .aaload()
                    .checkcast(arrayType(region.arguments().get(k)))
                    .astore(array);
            arrays.add(array);
        }
        int out = code.allocateLocal(TypeKind.REFERENCE);
        code.aload(1).checkcast(arrayType(result)).astore(out);
        int i = code.allocateLocal(TypeKind.INT);
        code.iconst_0().istore(i);
        Label test = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(test);
        code.iload(i).iload(2).if_icmpge(end);
        ScalarEmitter emitter = new ScalarEmitter(code, new JavaFloats(), (index, dtype) -> {
            code.aload(arrays.get(index)).iload(i);
            load(dtype);
        });
        int value = emitter.value(region.body());
        TypeKind kind = ScalarEmitter.kind(result);
        code.aload(out).iload(i).loadLocal(kind, value);
        code.arrayStore(result == DType.I1 ? TypeKind.BYTE : kind);
        code.iinc(i, 1).goto_(test);
        code.labelBinding(end);
        code.return_();
    }
}
