package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.UnaryFunction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Which element types scalar functions take, and whether a region is well typed. */
public final class RegionTyping {
    /**
     * Functions, arguments and numbers of the largest expressions of a region together, each as often as it is written;
     * passes write a few dozen.
     */
    public static final int MAX_PARTS = 1000;

    /** The greatest depth of an expression. The bound keeps code that walks it from overflowing the stack. */
    public static final int MAX_DEPTH = 100;

    /** An expression and how deep it stands. */
    private record Part(ScalarExpr expr, int depth) {}

    private RegionTyping() {}

    public static boolean takes(UnaryFunction function, DType dtype) {
        return switch (function) {
            case NOT -> dtype == DType.I1;
            case NEG, ABS, SIGN -> dtype != DType.I1;
            case EXP, LOG, SQRT, RSQRT, ERF, TANH, CEIL, FLOOR, SILU -> dtype.isFloat();
        };
    }

    public static boolean takes(BinaryFunction function, DType dtype) {
        return switch (function) {
            case AND, OR -> dtype == DType.I1;
            case ADD, SUB, MUL, DIV, MAX, MIN -> dtype != DType.I1;
        };
    }

    /** Returns whether an element type holds a number exactly, or to the nearest if it is a type of floats. */
    public static boolean holds(DType dtype, double value) {
        return switch (dtype) {
            case F32, F16, BF16, F64 -> true;
            case I32 -> value == (int) value;
            case I64 -> value == Math.rint(value) && value >= -0x1p63 && value < 0x1p63;
            case I8 -> value == (byte) value;
            case I1 -> value == 0 || value == 1;
        };
    }

    /** Returns whether a stream has a number that texts of regions can hold: one that a double is. */
    public static boolean isStream(long stream) {
        return Math.abs(stream) <= 1L << Double.PRECISION - 1;
    }

    /** Returns what is wrong with the region, or nothing. */
    public static Optional<String> fault(Region region) {
        return isSmall(region.bodies())
                ? region.bodies().stream()
                        .flatMap(body -> fault(body, region).stream())
                        .findFirst()
                : Optional.of("its expressions have more than " + MAX_PARTS + " parts, or are nested more than "
                        + MAX_DEPTH + " deep");
    }

    /** Counted until there are too many, as few objects may stand for a tree without end. */
    private static boolean isSmall(List<ScalarExpr> bodies) {
        Deque<Part> waiting = new ArrayDeque<>();
        bodies.forEach(body -> waiting.push(new Part(body, 0)));
        int parts = 0;
        while (!waiting.isEmpty()) {
            Part part = waiting.pop();
            if (++parts > MAX_PARTS || part.depth() > MAX_DEPTH) {
                return false;
            }
            for (ScalarExpr operand : part.expr().operands()) {
                waiting.push(new Part(operand, part.depth() + 1));
            }
        }
        return true;
    }

    private static Optional<String> fault(ScalarExpr expr, Region region) {
        return switch (expr) {
            case ScalarExpr.Arg(var index, var dtype) ->
                unless(
                        index >= 0
                                && index < region.arguments().size()
                                && region.arguments().get(index) == dtype,
                        "a" + index + " is not an argument of type " + dtype.text());
            case ScalarExpr.Const(var value, var dtype) ->
                unless(holds(dtype, value), value + " is not a number of " + dtype.text());
            case ScalarExpr.Unary(var f, var x) ->
                fault(x, region)
                        .or(() -> unless(
                                takes(f, x.dtype()),
                                f.text() + " does not take " + x.dtype().text()));
            case ScalarExpr.Binary(var f, var a, var b) ->
                fault(a, region)
                        .or(() -> fault(b, region))
                        .or(() -> unless(
                                a.dtype() == b.dtype() && takes(f, a.dtype()),
                                f.text() + " of " + a.dtype().text() + " and "
                                        + b.dtype().text()));
            case ScalarExpr.Compare(var c, var a, var b) ->
                fault(a, region)
                        .or(() -> fault(b, region))
                        .or(() -> unless(
                                a.dtype() == b.dtype(),
                                c.text() + " of " + a.dtype().text() + " and "
                                        + b.dtype().text()));
            case ScalarExpr.Select(var c, var a, var b) ->
                fault(c, region)
                        .or(() -> fault(a, region))
                        .or(() -> fault(b, region))
                        .or(() -> unless(
                                c.dtype() == DType.I1 && a.dtype() == b.dtype(),
                                "select of " + c.dtype().text() + ", "
                                        + a.dtype().text() + " and " + b.dtype().text()));
            case ScalarExpr.Convert(var x, var to) -> fault(x, region);
            case ScalarExpr.Random(var seed, var stream) ->
                fault(seed, region)
                        .or(() -> unless(
                                seed.dtype() == DType.I64
                                        && (seed instanceof ScalarExpr.Arg || seed instanceof ScalarExpr.Const),
                                "a random number has a seed that is not an argument or a constant of i64"))
                        .or(() -> unless(isStream(stream), stream + " is not a number of a stream"));
        };
    }

    private static Optional<String> unless(boolean holds, String message) {
        return holds ? Optional.empty() : Optional.of(message);
    }
}
