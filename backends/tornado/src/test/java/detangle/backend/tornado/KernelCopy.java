package detangle.backend.tornado;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.StackMapTableAttribute;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AccessFlag;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Copies kernels for Java to run: their instructions with {@link EmulatedContext} in the place of TornadoVM's context.
 * A subclass of TornadoVM's would not do, because TornadoVM compiles no kernels in a JVM that has loaded one: calls of
 * the context could then be calls of the subclass. Arrays that a thread has for itself begin as {@link Unwritten}, as
 * they do on devices.
 */
final class KernelCopy {
    private static final Map<byte[], Method> COPIES = Collections.synchronizedMap(new IdentityHashMap<>());
    private static final ClassDesc CONTEXT =
            EmulatedContext.class.describeConstable().orElseThrow();
    private static final ClassDesc FILLER = Arrays.class.describeConstable().orElseThrow();

    private KernelCopy() {}

    /** Returns the static method that is the kernel. */
    static Method of(KernelTask task) {
        return COPIES.computeIfAbsent(task.classFile(), bytes -> copy(bytes, task.name()));
    }

    private static Method copy(byte[] bytes, String name) {
        ClassFile file = ClassFile.of(ClassFile.DebugElementsOption.DROP_DEBUG);
        ClassModel kernel = file.parse(bytes);
        byte[] copy = file.build(kernel.thisClass().asSymbol(), type -> {
            for (MethodModel method : kernel.methods()) {
                if (method.flags().has(AccessFlag.STATIC)) {
                    type.withMethodBody(
                            method.methodName().stringValue(),
                            copied(method.methodTypeSymbol()),
                            method.flags().flagsMask(),
                            code -> method.code().orElseThrow().forEach(element -> copy(code, element)));
                }
            }
        });
        try {
            Class<?> type = MethodHandles.lookup().defineHiddenClass(copy, true).lookupClass();
            Method method = Arrays.stream(type.getDeclaredMethods())
                    .filter(m -> m.getName().equals(name))
                    .findFirst()
                    .orElseThrow();
            method.setAccessible(true);
            return method;
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private static void copy(CodeBuilder code, CodeElement element) {
        switch (element) {
            case FieldInstruction i ->
                code.fieldAccess(
                        i.opcode(), copied(i.owner().asSymbol()), i.name().stringValue(), i.typeSymbol());
            case InvokeInstruction i ->
                code.invoke(
                        i.opcode(),
                        copied(i.owner().asSymbol()),
                        i.name().stringValue(),
                        copied(i.typeSymbol()),
                        i.isInterface());
            case NewPrimitiveArrayInstruction i -> {
                code.with(i);
                fill(code, i.typeKind());
            }
            case StackMapTableAttribute frames -> {
                // The builder makes them anew.
            }
            default -> code.with(element);
        }
    }

    private static void fill(CodeBuilder code, TypeKind type) {
        ClassDesc element = type.upperBound();
        switch (type) {
            case FLOAT -> code.dup().loadConstant(Float.NaN);
            case INT -> code.dup().loadConstant(Unwritten.INT);
            default -> throw new AssertionError("a kernel with an array of type " + type);
        }
        code.invokestatic(FILLER, "fill", MethodTypeDesc.of(ConstantDescs.CD_void, element.arrayType(), element));
    }

    private static ClassDesc copied(ClassDesc type) {
        return type.equals(DeviceArray.CONTEXT) ? CONTEXT : type;
    }

    private static MethodTypeDesc copied(MethodTypeDesc type) {
        return MethodTypeDesc.of(
                copied(type.returnType()),
                type.parameterList().stream().map(KernelCopy::copied).toList());
    }
}
