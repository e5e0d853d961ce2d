package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import java.util.List;

/** A scalar expression over the elements of operands of these types; {@code Arg(i)} is operand i. */
public record Region(List<DType> arguments, ScalarExpr body) {
    public Region {
        arguments = List.copyOf(arguments);
    }

    /** Whether some elements have no value: whole numbers cannot be divided by zero. */
    public boolean mayFail() {
        return mayFail(body);
    }

    private static boolean mayFail(ScalarExpr expr) {
        boolean dividesIntegers = expr instanceof ScalarExpr.Binary(var function, var left, var right)
                && function == BinaryFunction.DIV
                && !left.dtype().isFloat();
        return dividesIntegers || expr.operands().stream().anyMatch(Region::mayFail);
    }
}
