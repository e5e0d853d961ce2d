package detangle.backend.tornado;

import detangle.ir.InternalException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;

/**
 * TornadoVM looks for annotations of loops in a kernel's class file, which generated classes do not have, and lets one
 * name a class that looks elsewhere. This one, generated as what it names is not exported to compilers, finds none:
 * kernels here have no such loops.
 */
final class NoAnnotations {
    private static final String NAME = "detangle.backend.tornado.NoLoopAnnotations";
    private static final ClassDesc PROVIDER = ClassDesc.of("uk.ac.manchester.tornado.runtime.ASMClassVisitorProvider");
    private static final ClassDesc ANNOTATION =
            ClassDesc.of("uk.ac.manchester.tornado.runtime.common.ParallelAnnotationProvider");
    private static final ClassDesc METHOD = ClassDesc.of("jdk.vm.ci.meta.ResolvedJavaMethod");

    private NoAnnotations() {}

    /** Defines the class; returns its name. */
    static String define() {
        byte[] bytes = ClassFile.of().build(ClassDesc.of(NAME), c -> {
            c.withFlags(ClassFile.ACC_PUBLIC | ClassFile.ACC_FINAL | ClassFile.ACC_SUPER);
            c.withInterfaceSymbols(PROVIDER);
            c.withMethodBody(
                    ConstantDescs.INIT_NAME,
                    ConstantDescs.MTD_void,
                    ClassFile.ACC_PUBLIC,
                    code -> code.aload(0)
                            .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                            .return_());
            c.withMethodBody(
                    "getParallelAnnotations",
                    MethodTypeDesc.of(ANNOTATION.arrayType(), METHOD),
                    ClassFile.ACC_PUBLIC,
                    code -> code.iconst_0().anewarray(ANNOTATION).areturn());
        });
        try {
            Module self = NoAnnotations.class.getModule();
            ModuleLayer.boot()
                    .findModule("tornado.runtime")
                    .ifPresent(
                            runtime -> self.addReads(runtime).addOpens(NoAnnotations.class.getPackageName(), runtime));
            MethodHandles.lookup().defineClass(bytes);
        } catch (IllegalAccessException e) {
            throw new InternalException("an annotation cannot be defined", e);
        }
        return NAME;
    }
}
