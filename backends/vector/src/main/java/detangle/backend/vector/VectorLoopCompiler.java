package detangle.backend.vector;

import detangle.backend.vector.kernel.Lanes;
import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
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
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Writes a region of nothing but arithmetic of floats as bytecode over vectors: one loop for all results, in which what
 * several of them need is computed once. What is the same for all elements is computed before the loop. C2 makes no vectors
 * of a loop over numbers here, as it does not know whether arrays that are read at different places are the same one.
 */
final class VectorLoopCompiler {
    private static final ClassDesc SELF = ClassDesc.of("detangle.backend.vector.CompiledVectorLoop");
    private static final ClassDesc LOOP = VectorLoop.class.describeConstable().orElseThrow();
    private static final ClassDesc LANES = Lanes.class.describeConstable().orElseThrow();
    private static final ClassDesc VECTOR = Vector.class.describeConstable().orElseThrow();
    private static final ClassDesc FLOATS =
            FloatVector.class.describeConstable().orElseThrow();
    private static final ClassDesc SPECIES =
            VectorSpecies.class.describeConstable().orElseThrow();
    private static final ClassDesc ARRAY = ConstantDescs.CD_float.arrayType();
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(
            ConstantDescs.CD_void,
            ARRAY.arrayType(),
            ConstantDescs.CD_int.arrayType(),
            ConstantDescs.CD_int,
            ConstantDescs.CD_int);
    private static final MethodTypeDesc LOAD = MethodTypeDesc.of(FLOATS, SPECIES, ARRAY, ConstantDescs.CD_int);
    private static final MethodTypeDesc BROADCAST = MethodTypeDesc.of(FLOATS, SPECIES, ConstantDescs.CD_float);
    private static final MethodTypeDesc UNARY = MethodTypeDesc.of(FLOATS);
    private static final MethodTypeDesc BINARY = MethodTypeDesc.of(FLOATS, VECTOR);
    private static final MethodTypeDesc STORE = MethodTypeDesc.of(ConstantDescs.CD_void, ARRAY, ConstantDescs.CD_int);

    // The locals of VectorLoop.run; the element moves from the first to the last.
    private static final int ARRAYS = 1;
    private static final int AT = 2;
    private static final int ELEMENT = 3;
    private static final int END = 4;

    /** The locals of an array and of where its first element stands. */
    private record Place(int array, int at) {}

    private final List<ScalarExpr> bodies;
    private final int operands;
    private final IntPredicate moves;
    private final CodeBuilder code;

    /** The local that holds the vector of each expression that was emitted. */
    private final Map<ScalarExpr, Integer> locals = new HashMap<>();

    private final Map<Integer, Place> places = new HashMap<>();

    private VectorLoopCompiler(Region region, IntPredicate moves, CodeBuilder code) {
        this.bodies = region.bodies();
        this.operands = region.arguments().size();
        this.moves = moves;
        this.code = code;
    }

    /** Whether an expression is arithmetic of floats, each operation of which is one of vectors with the same bits. */
    static boolean covers(ScalarExpr expr) {
        return expr.dtype() == DType.F32
                && switch (expr) {
                    case ScalarExpr.Arg a -> true;
                    case ScalarExpr.Const c -> true;
                    case ScalarExpr.Unary(var f, var x) -> isArithmetic(f) && covers(x);
                    case ScalarExpr.Binary(var f, var a, var b) -> covers(a) && covers(b);
                    case ScalarExpr.Compare c -> false;
                    case ScalarExpr.Select s -> false;
                    case ScalarExpr.Convert c -> false;
                    case ScalarExpr.Random r -> false;
                };
    }

    private static boolean isArithmetic(UnaryFunction function) {
        return switch (function) {
            case NEG, ABS, SQRT -> true;
            case SIGN, EXP, LOG, RSQRT, ERF, TANH, CEIL, FLOOR, SILU, NOT -> false;
        };
    }

    /** @param moves whether an operand has an element for each of the result; others have one for all */
    static VectorLoop compile(Region region, IntPredicate moves) {
        byte[] bytes = ClassFile.of()
                .build(
                        SELF,
                        c -> c.withInterfaceSymbols(LOOP)
                                .withMethodBody(
                                        ConstantDescs.INIT_NAME,
                                        ConstantDescs.MTD_void,
                                        0,
                                        code -> code.aload(0)
                                                .invokespecial(
                                                        ConstantDescs.CD_Object,
                                                        ConstantDescs.INIT_NAME,
                                                        ConstantDescs.MTD_void)
                                                .return_())
                                .withMethodBody(
                                        "run",
                                        RUN,
                                        AccessFlag.PUBLIC.mask(),
                                        code -> new VectorLoopCompiler(region, moves, code).emit()));
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return (VectorLoop) lookup.findConstructor(lookup.lookupClass(), MethodType.methodType(void.class))
                    .invoke();
        } catch (Throwable e) {
            throw new InternalException("a loop over vectors for the region " + region + " cannot be defined", e);
        }
    }

    private void emit() {
        bodies.forEach(this::prepare);
        for (int i = 0; i < bodies.size(); i++) {
            place(operands + i);
        }
        Label test = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(test).iload(ELEMENT).iload(END).if_icmpge(end);
        List<Integer> results = new ArrayList<>();
        bodies.forEach(body -> results.add(value(body)));
        for (int i = 0; i < bodies.size(); i++) {
            code.aload(results.get(i));
            address(operands + i);
            code.invokevirtual(FLOATS, "intoArray", STORE);
        }
        code.iinc(ELEMENT, Lanes.COUNT).goto_(test).labelBinding(end).return_();
    }

    /** Emits what stands before the loop: the places of operands, and what is the same for all elements. */
    private void prepare(ScalarExpr expr) {
        if (expr instanceof ScalarExpr.Arg(int index, DType dtype)) {
            place(index);
        }
        expr.operands().forEach(this::prepare);
        if (isUniform(expr)) {
            value(expr);
        }
    }

    private boolean isUniform(ScalarExpr expr) {
        return expr instanceof ScalarExpr.Arg(int index, DType dtype)
                ? !moves.test(index)
                : expr.operands().stream().allMatch(this::isUniform);
    }

    private void place(int number) {
        if (!places.containsKey(number)) {
            Place place = new Place(code.allocateLocal(TypeKind.REFERENCE), code.allocateLocal(TypeKind.INT));
            code.aload(ARRAYS).loadConstant(number).aaload().astore(place.array());
            code.aload(AT).loadConstant(number).iaload().istore(place.at());
            places.put(number, place);
        }
    }

    /** Leaves an array and the place of the element in it on the stack. */
    private void address(int number) {
        Place place = places.get(number);
        code.aload(place.array()).iload(place.at()).iload(ELEMENT).iadd();
    }

    /** Emits an expression, unless it was emitted before, and returns the local that holds it. */
    private int value(ScalarExpr expr) {
        Integer known = locals.get(expr);
        if (known != null) {
            return known;
        }
        switch (expr) {
            case ScalarExpr.Arg(int index, DType dtype) -> argument(index);
            case ScalarExpr.Const(double value, DType dtype) -> {
                species();
                code.loadConstant((float) value).invokestatic(FLOATS, "broadcast", BROADCAST);
            }
            case ScalarExpr.Unary(var f, var x) -> {
                code.aload(value(x)).invokevirtual(FLOATS, method(f), UNARY);
            }
            case ScalarExpr.Binary(var f, var a, var b) -> {
                int left = value(a);
                int right = value(b);
                code.aload(left).aload(right).invokevirtual(FLOATS, method(f), BINARY);
            }
            case ScalarExpr.Compare e -> throw notCovered(e);
            case ScalarExpr.Select e -> throw notCovered(e);
            case ScalarExpr.Convert e -> throw notCovered(e);
            case ScalarExpr.Random e -> throw notCovered(e);
        }
        int local = code.allocateLocal(TypeKind.REFERENCE);
        code.astore(local);
        locals.put(expr, local);
        return local;
    }

    private void argument(int index) {
        species();
        if (moves.test(index)) {
            address(index);
            code.invokestatic(FLOATS, "fromArray", LOAD);
        } else {
            Place place = places.get(index);
            code.aload(place.array()).iload(place.at()).faload().invokestatic(FLOATS, "broadcast", BROADCAST);
        }
    }

    private static String method(UnaryFunction function) {
        return switch (function) {
            case NEG -> "neg";
            case ABS -> "abs";
            case SQRT -> "sqrt";
            case SIGN, EXP, LOG, RSQRT, ERF, TANH, CEIL, FLOOR, SILU, NOT -> throw notCovered(function);
        };
    }

    private static String method(BinaryFunction function) {
        return switch (function) {
            case ADD -> "add";
            case SUB -> "sub";
            case MUL -> "mul";
            case DIV -> "div";
            case MAX -> "max";
            case MIN -> "min";
            case AND, OR -> throw notCovered(function);
        };
    }

    private static InternalException notCovered(Object what) {
        return new InternalException(what + " is not arithmetic of floats");
    }

    private void species() {
        code.getstatic(LANES, "SPECIES", SPECIES);
    }
}
