package detangle.backend.tornado;

import detangle.ir.DType;
import detangle.ir.InternalException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import uk.ac.manchester.tornado.api.common.TornadoFunctions;

/**
 * Makes tasks of kernels: a task of TornadoVM is an object of one of its interfaces, whose method {@code apply} calls
 * the kernel, a static method, in the only call of a static method that it has.
 */
final class TaskClass {
    private static final ClassDesc SELF = ClassDesc.of("detangle.backend.tornado.GeneratedTask");
    private static final Map<Written, KernelTask> WRITTEN = new ConcurrentHashMap<>();

    /** A kernel that is written in Java, and the type of the floats in its arrays. */
    private record Written(Method method, DType dtype) {}

    private TaskClass() {}

    /** Returns a task of a kernel that is written in Java: the class's only method that takes a KernelContext. */
    static KernelTask of(Class<?> kernel) {
        return of(kernel, DType.F32);
    }

    /**
     * Returns a task of a kernel that is written in Java for arrays of f32.
     *
     * @param dtype the type that the floats of its arrays have instead; it computes in f32 whatever that is
     */
    static KernelTask of(Class<?> kernel, DType dtype) {
        Method method = Arrays.stream(kernel.getDeclaredMethods())
                .filter(m -> m.getName().equals(kernelName(kernel)))
                .findFirst()
                .orElseThrow();
        return WRITTEN.computeIfAbsent(new Written(method, dtype), written -> {
            Method m = written.method;
            ClassDesc owner = m.getDeclaringClass().describeConstable().orElseThrow();
            MethodTypeDesc type = MethodType.methodType(m.getReturnType(), m.getParameterTypes())
                    .describeConstable()
                    .orElseThrow();
            if (dtype != DType.F32) {
                byte[] bytes = build(
                        SELF,
                        m.getName(),
                        NarrowKernel.type(type, dtype),
                        c -> NarrowKernel.copy(c, owner, m.getName(), type, dtype, SELF, TaskClass::model));
                return new KernelTask(m.getName(), define(bytes, m.getName()), bytes);
            }
            byte[] bytes = build(owner, m.getName(), type, c -> {});
            return new KernelTask(m.getName(), define(bytes, m.getName()), classFile(kernel));
        });
    }

    /** {@code AttentionKernel} has its kernel in the method {@code attention}. */
    private static String kernelName(Class<?> kernel) {
        String name = kernel.getSimpleName().replaceAll("Kernel$", "");
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    /**
     * Returns a task of a generated kernel.
     *
     * @param name of the method, which is the kernel's name on the device: no token of OpenCL
     * @param body reads the parameters from the locals
     */
    static KernelTask generate(String name, List<ClassDesc> parameters, Consumer<CodeBuilder> body) {
        MethodTypeDesc type = MethodTypeDesc.of(ConstantDescs.CD_void, parameters);
        byte[] bytes = build(
                SELF,
                name,
                type,
                c -> c.withMethodBody(name, type, ClassFile.ACC_PUBLIC | ClassFile.ACC_STATIC, code -> {
                    // TornadoVM takes the names of parameters from here.
                    for (int i = 0; i < parameters.size(); i++) {
                        code.localVariable(i, "p" + i, parameters.get(i), code.startLabel(), code.endLabel());
                    }
                    body.accept(code);
                }));
        return new KernelTask(name, define(bytes, name), bytes);
    }

    /** Returns a class of this package. */
    private static ClassModel model(ClassDesc type) {
        try {
            return ClassFile.of().parse(classFile(Class.forName(type.packageName() + "." + type.displayName())));
        } catch (ClassNotFoundException e) {
            throw new InternalException(type.displayName() + " is not there", e);
        }
    }

    private static byte[] classFile(Class<?> kernel) {
        try (InputStream in = kernel.getResourceAsStream(kernel.getSimpleName() + ".class")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] build(ClassDesc owner, String name, MethodTypeDesc type, Consumer<ClassBuilder> kernel) {
        return ClassFile.of().build(SELF, c -> {
            // First, as TornadoVM reads but the low byte of its index where it looks for the kernel.
            c.constantPool().methodRefEntry(owner, name, type);
            c.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
            c.withInterfaceSymbols(ClassDesc.of(TornadoFunctions.class.getName() + "$Task" + type.parameterCount()));
            c.withMethodBody(
                    ConstantDescs.INIT_NAME,
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_PUBLIC,
                    code -> code.aload(0)
                            .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                            .return_());
            List<ClassDesc> objects = Collections.nCopies(type.parameterCount(), ConstantDescs.CD_Object);
            c.withMethodBody("apply", MethodTypeDesc.of(ConstantDescs.CD_void, objects), ClassFile.ACC_PUBLIC, code -> {
                for (int i = 0; i < type.parameterCount(); i++) {
                    argument(code.aload(i + 1), type.parameterType(i));
                }
                code.invokestatic(owner, name, type).return_();
            });
            kernel.accept(c);
        });
    }

    private static Object define(byte[] bytes, String name) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return lookup.lookupClass().getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new InternalException("a task for the kernel " + name + " cannot be defined", e);
        }
    }

    private static void argument(CodeBuilder code, ClassDesc type) {
        if (type.equals(ConstantDescs.CD_int)) {
            code.checkcast(ConstantDescs.CD_Integer)
                    .invokevirtual(ConstantDescs.CD_Integer, "intValue", MethodTypeDesc.of(type));
        } else if (type.equals(ConstantDescs.CD_float)) {
            code.checkcast(ConstantDescs.CD_Float)
                    .invokevirtual(ConstantDescs.CD_Float, "floatValue", MethodTypeDesc.of(type));
        } else {
            code.checkcast(type);
        }
    }
}
