package detangle.backend.tornado;

import detangle.ir.DType;
import detangle.ir.InternalException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.attribute.StackMapTableAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LocalVariable;
import java.lang.classfile.instruction.LocalVariableType;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Copies a kernel that is written in Java for arrays of f32 into another class, for arrays of floats of 16 bits: what it
 * loads is widened, and what it stores is rounded. All that it computes in between, and its local memory, stay f32.
 * Methods that are given such arrays are copied too.
 */
final class NarrowKernel {
    private static final ClassDesc FLOATS = FloatArray.class.describeConstable().orElseThrow();

    private final DType dtype;
    private final ClassDesc target;
    private final Function<ClassDesc, ClassModel> classes;
    private final Deque<Method> waiting = new ArrayDeque<>();
    private final Set<Method> seen = new HashSet<>();

    /** A method of a class. */
    private record Method(ClassDesc owner, String name, MethodTypeDesc type) {}

    private NarrowKernel(DType dtype, ClassDesc target, Function<ClassDesc, ClassModel> classes) {
        this.dtype = dtype;
        this.target = target;
        this.classes = classes;
    }

    /** Returns the type of a method after all its arrays of f32 have become arrays of another type. */
    static MethodTypeDesc type(MethodTypeDesc type, DType dtype) {
        MethodTypeDesc narrow = type;
        for (int i = 0; i < type.parameterCount(); i++) {
            if (type.parameterType(i).equals(FLOATS)) {
                narrow = narrow.changeParameterType(i, DeviceArray.type(dtype));
            }
        }
        return narrow;
    }

    /**
     * Adds copies of a kernel and of the methods that it gives its arrays to.
     *
     * @param dtype f16 or bf16
     * @param target the class that the builder builds
     * @param classes finds classes whose methods are copied
     */
    static void copy(
            ClassBuilder builder,
            ClassDesc owner,
            String name,
            MethodTypeDesc type,
            DType dtype,
            ClassDesc target,
            Function<ClassDesc, ClassModel> classes) {
        NarrowKernel kernel = new NarrowKernel(dtype, target, classes);
        kernel.waiting.add(new Method(owner, name, type));
        while (!kernel.waiting.isEmpty()) {
            Method method = kernel.waiting.poll();
            if (kernel.seen.add(method)) {
                kernel.copy(builder, method);
            }
        }
    }

    private void copy(ClassBuilder builder, Method method) {
        MethodModel original = classes.apply(method.owner).methods().stream()
                .filter(m -> m.methodName().equalsString(method.name)
                        && m.methodTypeSymbol().equals(method.type))
                .findFirst()
                .orElseThrow(() -> new InternalException(method + " is not there"));
        CodeModel body = original.code().orElseThrow();
        int free = ((CodeAttribute) body).maxLocals();
        builder.withMethodBody(
                method.name,
                type(method.type, dtype),
                ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC,
                code -> body.forEach(element -> copy(code, element, free)));
    }

    private void copy(CodeBuilder code, CodeElement element, int free) {
        switch (element) {
            case InvokeInstruction call
            when call.owner().asSymbol().equals(FLOATS) -> {
                switch (call.name().stringValue()) {
                    case "get" -> DeviceArray.load(code, dtype);
                    case "set" -> DeviceArray.store(code, dtype, free);
                    case String other -> throw new InternalException("a kernel calls FloatArray." + other);
                }
            }
            case InvokeInstruction call
            when !type(call.typeSymbol(), dtype).equals(call.typeSymbol()) -> {
                Method method = new Method(call.owner().asSymbol(), call.name().stringValue(), call.typeSymbol());
                waiting.add(method);
                code.invokestatic(target, method.name, type(method.type, dtype));
            }
            case LocalVariable variable
            when variable.typeSymbol().equals(FLOATS) ->
                code.localVariable(
                        variable.slot(),
                        variable.name().stringValue(),
                        DeviceArray.type(dtype),
                        variable.startScope(),
                        variable.endScope());
            case LocalVariableType type -> {} // Only a debugger would read it.
            case StackMapTableAttribute frames -> {} // They are computed again.
            default -> code.with(element);
        }
    }
}
