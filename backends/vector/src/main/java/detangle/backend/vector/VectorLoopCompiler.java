package detangle.backend.vector;

import detangle.backend.vector.kernel.FloatBlocks;
import detangle.backend.vector.kernel.Lanes;
import detangle.backend.vector.kernel.VectorCode;
import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Writes a region of arithmetic of floats as bytecode over vectors: one loop for all results, in which an expression
 * that several results need is computed once. An expression that is the same for all elements is computed before the
 * loop. C2 would not make vectors of a loop over single numbers, as it does not know whether two arrays are the same.
 */
final class VectorLoopCompiler {
    private static final ClassDesc ARRAY = ConstantDescs.CD_float.arrayType();
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(
            ConstantDescs.CD_void,
            ARRAY.arrayType(),
            ConstantDescs.CD_int.arrayType(),
            ConstantDescs.CD_int,
            ConstantDescs.CD_int);

    // The locals of VectorLoop.run; the element moves from the first to the last.
    private static final int ARRAYS = 1;
    private static final int AT = 2;
    private static final int ELEMENT = 3;
    private static final int END = 4;

    /** The locals of an array and of the place of its first element. */
    private record Place(int array, int at) {}

    private final List<ScalarExpr> bodies;
    private final int operands;
    private final IntPredicate moves;
    private final CodeBuilder code;
    private final VectorCode vectors;

    /** The local that holds the vector of each expression that was emitted. */
    private final Map<ScalarExpr, Integer> locals = new HashMap<>();

    private final Map<Integer, Place> places = new HashMap<>();

    private VectorLoopCompiler(Region region, IntPredicate moves, CodeBuilder code) {
        this.bodies = region.bodies();
        this.operands = region.arguments().size();
        this.moves = moves;
        this.code = code;
        this.vectors = new VectorCode(code);
    }

    /** Returns whether an expression is arithmetic of floats; vectors then give the same bits. */
    static boolean covers(ScalarExpr expr) {
        return expr.dtype() == DType.F32
                && switch (expr) {
                    case ScalarExpr.Arg a -> true;
                    case ScalarExpr.Const c -> true;
                    case ScalarExpr.Unary(var f, var x) -> FloatBlocks.isArithmetic(f) && covers(x);
                    case ScalarExpr.Binary(var f, var a, var b) -> covers(a) && covers(b);
                    case ScalarExpr.Compare c -> false;
                    case ScalarExpr.Select s -> false;
                    case ScalarExpr.Convert c -> false;
                    case ScalarExpr.Random r -> false;
                };
    }

    /**
     * @param moves a test of whether an operand has an element for each of the result; other operands have one for all
     */
    static VectorLoop compile(Region region, IntPredicate moves) {
        return VectorCode.define(
                MethodHandles.lookup(),
                VectorLoop.class,
                c -> VectorCode.method(c, "run", RUN, code -> new VectorLoopCompiler(region, moves, code).emit()),
                "a loop over vectors for the region " + region);
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
            vectors.store();
        }
        code.iinc(ELEMENT, Lanes.COUNT).goto_(test).labelBinding(end).return_();
    }

    /** Emits the code before the loop: the places of operands, and expressions that are the same for all elements. */
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
                vectors.species();
                code.loadConstant((float) value);
                vectors.broadcast();
            }
            case ScalarExpr.Unary(var f, var x) -> {
                code.aload(value(x));
                vectors.apply(method(f), 1);
            }
            case ScalarExpr.Binary(var f, var a, var b) -> {
                int left = value(a);
                int right = value(b);
                code.aload(left).aload(right);
                vectors.apply(method(f), 2);
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
        vectors.species();
        if (moves.test(index)) {
            address(index);
            vectors.load();
        } else {
            Place place = places.get(index);
            code.aload(place.array()).iload(place.at()).faload();
            vectors.broadcast();
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
}
