package detangle.backend.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.UnaryFunction;
import detangle.ir.scalar.ScalarExpr;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.OperatorInstruction;
import java.util.HashMap;
import java.util.Map;

/**
 * Emits scalar expressions as bytecode, the same for every backend that generates kernels. An i1 is an int that is 0 or
 * 1. What each function means for each type is said by exhaustive switches here and in the backend's
 * {@link FloatFunctions}; nothing is found by its name.
 */
public final class ScalarEmitter {
    private final CodeBuilder code;
    private final FloatFunctions floats;
    private final Arguments arguments;

    /** The local that holds each expression that was emitted. */
    private final Map<ScalarExpr, Integer> locals = new HashMap<>();

    /** Emits how a kernel reads an element of an operand. */
    public interface Arguments {
        /** Leaves the element on the stack, as {@link #kind} says for its type. */
        void load(int index, DType dtype);
    }

    public ScalarEmitter(CodeBuilder code, FloatFunctions floats, Arguments arguments) {
        this.code = code;
        this.floats = floats;
        this.arguments = arguments;
    }

    /** Returns whether expressions of this type can be computed. */
    public static boolean covers(DType dtype) {
        return switch (dtype) {
            case F32, I32, I64, I1 -> true;
            case F16, BF16, F64, I8 -> false;
        };
    }

    /**
     * Returns whether an expression can be emitted. Operands of the other float types may be read if they are converted
     * to f32.
     */
    public static boolean covers(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Arg a -> covers(a.dtype());
            case ScalarExpr.Const c -> covers(c.dtype());
            case ScalarExpr.Unary(var f, var x) -> covers(x);
            // Integers divide with a check for zero that belongs to the interpreter.
            case ScalarExpr.Binary(var f, var a, var b) ->
                covers(a) && covers(b) && (f != BinaryFunction.DIV || a.dtype() == DType.F32);
            case ScalarExpr.Compare(var c, var a, var b) -> covers(a) && covers(b);
            case ScalarExpr.Select(var c, var a, var b) -> covers(c) && covers(a) && covers(b);
            // Random numbers are more than a function of elements.
            case ScalarExpr.Random r -> false;
            case ScalarExpr.Convert(var x, var to) -> covers(to) && (covers(x) || to == DType.F32 && isStoredFloat(x));
        };
    }

    /** An operand in a type that is only read and converted. */
    private static boolean isStoredFloat(ScalarExpr expr) {
        return expr instanceof ScalarExpr.Arg(int index, DType dtype) && dtype.isFloat();
    }

    /** Returns the kind of an element on the stack. A float of 16 bits becomes an f32 when it is loaded. */
    public static TypeKind kind(DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16 -> TypeKind.FLOAT;
            case F64 -> TypeKind.DOUBLE;
            case I64 -> TypeKind.LONG;
            case I32, I1 -> TypeKind.INT;
            case I8 -> throw new InternalException(dtype + " is not covered");
        };
    }

    /** Emits an expression, unless it was emitted before, and returns the local that holds it. */
    public int value(ScalarExpr expr) {
        Integer known = locals.get(expr);
        if (known != null) {
            return known;
        }
        switch (expr) {
            case ScalarExpr.Arg(int index, DType dtype) -> arguments.load(index, dtype);
            case ScalarExpr.Const(double value, DType dtype) -> constant(value, dtype);
            case ScalarExpr.Unary(var f, var x) -> unary(f, x.dtype(), value(x));
            case ScalarExpr.Binary(var f, var a, var b) -> binary(f, a.dtype(), value(a), value(b));
            case ScalarExpr.Compare(var c, var a, var b) -> compare(c, a.dtype(), value(a), value(b));
            case ScalarExpr.Select(var c, var a, var b) -> select(a.dtype(), value(c), value(a), value(b));
            case ScalarExpr.Convert(var x, var to) -> convert(x.dtype(), to, value(x));
            case ScalarExpr.Random r -> throw new InternalException("random numbers are not emitted");
        }
        TypeKind kind = kind(expr.dtype());
        int local = code.allocateLocal(kind);
        code.storeLocal(kind, local);
        locals.put(expr, local);
        return local;
    }

    private void constant(double value, DType dtype) {
        switch (kind(dtype)) {
            case FLOAT -> code.loadConstant((float) value);
            case LONG -> code.loadConstant((long) value);
            case INT -> code.loadConstant((int) value);
            default -> throw new InternalException(dtype + " is not covered");
        }
    }

    private void unary(UnaryFunction function, DType dtype, int x) {
        if (dtype == DType.F32) {
            code.fload(x);
            floats.unary(code, function);
            return;
        }
        TypeKind kind = kind(dtype);
        switch (function) {
            case NEG -> negative(kind, x);
            case ABS -> {
                code.loadLocal(kind, x);
                zero(kind);
                choose(Comparison.LT, kind, () -> negative(kind, x), () -> code.loadLocal(kind, x));
            }
            case SIGN -> sign(kind, x);
            case NOT -> code.iconst_1().iload(x).isub();
            case EXP, LOG, SQRT, RSQRT, ERF, TANH, CEIL, FLOOR, SILU ->
                throw new InternalException(function + " does not take " + dtype);
        }
    }

    private void negative(TypeKind kind, int x) {
        code.loadLocal(kind, x);
        operator(kind, Opcode.INEG, Opcode.LNEG, Opcode.FNEG);
    }

    /**
     * Emits the sign by comparing. The JDK shifts to the right and fills with zeros, of which TornadoVM makes a shift
     * that copies the sign.
     */
    private void sign(TypeKind kind, int x) {
        code.loadLocal(kind, x);
        zero(kind);
        choose(Comparison.GT, kind, () -> whole(kind, 1), () -> {
            code.loadLocal(kind, x);
            zero(kind);
            choose(Comparison.LT, kind, () -> whole(kind, -1), () -> zero(kind));
        });
    }

    private void whole(TypeKind kind, int value) {
        if (kind == TypeKind.LONG) {
            code.loadConstant((long) value);
        } else {
            code.loadConstant(value);
        }
    }

    private void binary(BinaryFunction function, DType dtype, int a, int b) {
        TypeKind kind = kind(dtype);
        code.loadLocal(kind, a).loadLocal(kind, b);
        switch (function) {
            case ADD -> operator(kind, Opcode.IADD, Opcode.LADD, Opcode.FADD);
            case SUB -> operator(kind, Opcode.ISUB, Opcode.LSUB, Opcode.FSUB);
            case MUL -> operator(kind, Opcode.IMUL, Opcode.LMUL, Opcode.FMUL);
            case DIV -> code.fdiv(); // covers() admits the division of floats only.
            case MAX -> {
                if (kind == TypeKind.FLOAT) {
                    floats.max(code);
                } else {
                    choose(Comparison.GT, kind, () -> code.loadLocal(kind, a), () -> code.loadLocal(kind, b));
                }
            }
            case MIN -> {
                if (kind == TypeKind.FLOAT) {
                    floats.min(code);
                } else {
                    choose(Comparison.LT, kind, () -> code.loadLocal(kind, a), () -> code.loadLocal(kind, b));
                }
            }
            case AND -> code.iand();
            case OR -> code.ior();
        }
    }

    private void compare(Comparison comparison, DType dtype, int a, int b) {
        TypeKind kind = kind(dtype);
        code.loadLocal(kind, a).loadLocal(kind, b);
        choose(comparison, kind, code::iconst_1, code::iconst_0);
    }

    private void select(DType dtype, int condition, int a, int b) {
        TypeKind kind = kind(dtype);
        code.iload(condition).iconst_0();
        choose(Comparison.NE, TypeKind.INT, () -> code.loadLocal(kind, a), () -> code.loadLocal(kind, b));
    }

    private void convert(DType from, DType to, int x) {
        TypeKind kind = kind(from);
        code.loadLocal(kind, x);
        switch (to) {
            case F32 -> {
                switch (kind) {
                    case INT -> code.i2f();
                    case LONG -> floats.fromLong(code);
                    case DOUBLE -> code.d2f();
                    default -> {} // It is a float.
                }
            }
            case I32 -> {
                switch (kind) {
                    case FLOAT -> floats.toInt(code);
                    case LONG -> code.l2i();
                    default -> {} // It is an int.
                }
            }
            case I64 -> {
                switch (kind) {
                    case FLOAT -> floats.toLong(code);
                    case INT -> code.i2l();
                    default -> {} // It is a long.
                }
            }
            case I1 -> {
                zero(kind);
                choose(Comparison.NE, kind, code::iconst_1, code::iconst_0);
            }
            case F16, BF16, F64, I8 -> throw new InternalException(to + " is not covered");
        }
    }

    private void zero(TypeKind kind) {
        switch (kind) {
            case INT -> code.iconst_0();
            case LONG -> code.lconst_0();
            case FLOAT -> code.fconst_0();
            default -> throw new InternalException(kind + " is not covered");
        }
    }

    private void operator(TypeKind kind, Opcode ints, Opcode longs) {
        code.with(OperatorInstruction.of(kind == TypeKind.LONG ? longs : ints));
    }

    private void operator(TypeKind kind, Opcode ints, Opcode longs, Opcode floats) {
        if (kind == TypeKind.FLOAT) {
            code.with(OperatorInstruction.of(floats));
        } else {
            operator(kind, ints, longs);
        }
    }

    /** Compares two values that are on the stack, and emits what leaves the one or the other result there. */
    private void choose(Comparison comparison, TypeKind kind, Runnable holds, Runnable otherwise) {
        Label no = code.newLabel();
        Label end = code.newLabel();
        jumpUnless(comparison, kind, no);
        holds.run();
        code.goto_(end).labelBinding(no);
        otherwise.run();
        code.labelBinding(end);
    }

    private void jumpUnless(Comparison comparison, TypeKind kind, Label no) {
        switch (kind) {
            case INT -> {} // Two ints are compared where the jump is decided.
            case LONG -> code.lcmp();
            case FLOAT -> {
                // No comparison but NE holds where a NaN takes part.
                if (comparison == Comparison.LT || comparison == Comparison.LE) {
                    code.fcmpg();
                } else {
                    code.fcmpl();
                }
            }
            default -> throw new InternalException(kind + " is not covered");
        }
        boolean ints = kind == TypeKind.INT;
        code.branch(
                switch (comparison) {
                    case EQ -> ints ? Opcode.IF_ICMPNE : Opcode.IFNE;
                    case NE -> ints ? Opcode.IF_ICMPEQ : Opcode.IFEQ;
                    case LT -> ints ? Opcode.IF_ICMPGE : Opcode.IFGE;
                    case LE -> ints ? Opcode.IF_ICMPGT : Opcode.IFGT;
                    case GT -> ints ? Opcode.IF_ICMPLE : Opcode.IFLE;
                    case GE -> ints ? Opcode.IF_ICMPLT : Opcode.IFLT;
                },
                no);
    }
}
