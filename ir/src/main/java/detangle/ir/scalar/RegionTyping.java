package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.UnaryFunction;
import java.util.Optional;

/** Which element types scalar functions take, and whether a region is well typed. */
public final class RegionTyping {
    private RegionTyping() {}

    public static boolean takes(UnaryFunction function, DType dtype) {
        return switch (function) {
            case NOT -> dtype == DType.I1;
            case NEG, ABS, SIGN -> dtype != DType.I1;
            case EXP, LOG, SQRT, RSQRT, ERF, TANH, CEIL, FLOOR -> dtype.isFloat();
        };
    }

    public static boolean takes(BinaryFunction function, DType dtype) {
        return switch (function) {
            case AND, OR -> dtype == DType.I1;
            case ADD, SUB, MUL, DIV, MAX, MIN -> dtype != DType.I1;
        };
    }

    /** What is wrong with the region, or nothing. */
    public static Optional<String> fault(Region region) {
        return fault(region.body(), region);
    }

    private static Optional<String> fault(ScalarExpr expr, Region region) {
        return switch (expr) {
            case ScalarExpr.Arg(var index, var dtype) ->
                unless(
                        index >= 0
                                && index < region.arguments().size()
                                && region.arguments().get(index) == dtype,
                        "a" + index + " is no argument of type " + dtype.text());
            case ScalarExpr.Const c -> Optional.empty();
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
        };
    }

    private static Optional<String> unless(boolean holds, String message) {
        return holds ? Optional.empty() : Optional.of(message);
    }
}
