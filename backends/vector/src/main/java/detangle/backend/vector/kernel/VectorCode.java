package detangle.backend.vector.kernel;

import detangle.ir.InternalException;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.Arrays;
import java.util.function.Consumer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/** Emits operations on vectors of floats as bytecode, and defines the classes that contain them. */
public final class VectorCode {
    private static final ClassDesc LANES = Lanes.class.describeConstable().orElseThrow();
    private static final ClassDesc VECTOR = Vector.class.describeConstable().orElseThrow();
    private static final ClassDesc FLOATS =
            FloatVector.class.describeConstable().orElseThrow();
    private static final ClassDesc SPECIES =
            VectorSpecies.class.describeConstable().orElseThrow();
    private static final ClassDesc ARRAY = ConstantDescs.CD_float.arrayType();
    private static final MethodTypeDesc LOAD = MethodTypeDesc.of(FLOATS, SPECIES, ARRAY, ConstantDescs.CD_int);
    private static final MethodTypeDesc BROADCAST = MethodTypeDesc.of(FLOATS, SPECIES, ConstantDescs.CD_float);
    private static final MethodTypeDesc STORE = MethodTypeDesc.of(ConstantDescs.CD_void, ARRAY, ConstantDescs.CD_int);

    private final CodeBuilder code;

    public VectorCode(CodeBuilder code) {
        this.code = code;
    }

    /**
     * Defines a hidden class that implements an interface, and returns an object of it.
     *
     * @param lookup of a class in the package that the hidden class becomes a member of
     * @param methods adds the methods of the interface
     * @param what names the object in the message of a failure
     */
    public static <T> T define(
            MethodHandles.Lookup lookup, Class<T> type, Consumer<ClassBuilder> methods, String what) {
        ClassDesc self = ClassDesc.of(lookup.lookupClass().getPackageName(), "Compiled" + type.getSimpleName());
        byte[] bytes = ClassFile.of().build(self, c -> {
            c.withInterfaceSymbols(type.describeConstable().orElseThrow())
                    .withMethodBody(
                            ConstantDescs.INIT_NAME,
                            ConstantDescs.MTD_void,
                            0,
                            code -> code.aload(0)
                                    .invokespecial(
                                            ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                                    .return_());
            methods.accept(c);
        });
        try {
            MethodHandles.Lookup hidden = lookup.defineHiddenClass(bytes, true);
            return type.cast(hidden.findConstructor(hidden.lookupClass(), MethodType.methodType(void.class))
                    .invoke());
        } catch (Throwable e) {
            throw new InternalException(what + " cannot be defined", e);
        }
    }

    /** Adds a public method to a class. */
    public static void method(ClassBuilder builder, String name, MethodTypeDesc type, Consumer<CodeBuilder> body) {
        builder.withMethodBody(name, type, AccessFlag.PUBLIC.mask(), body);
    }

    /** Pushes the species, which {@link #load} and {@link #broadcast} expect below their other arguments. */
    public void species() {
        code.getstatic(LANES, "SPECIES", SPECIES);
    }

    /** Replaces the species, an array and a place in it by the vector that begins at the place. */
    public void load() {
        code.invokestatic(FLOATS, "fromArray", LOAD);
    }

    /** Replaces the species and a number by a vector of that number. */
    public void broadcast() {
        code.invokestatic(FLOATS, "broadcast", BROADCAST);
    }

    /** Replaces vectors by the result of a method of the first one. */
    public void apply(String method, int vectors) {
        ClassDesc[] others = new ClassDesc[vectors - 1];
        Arrays.fill(others, VECTOR);
        code.invokevirtual(FLOATS, method, MethodTypeDesc.of(FLOATS, others));
    }

    /** Writes a vector to a place in an array, and removes all three from the stack. */
    public void store() {
        code.invokevirtual(FLOATS, "intoArray", STORE);
    }
}
