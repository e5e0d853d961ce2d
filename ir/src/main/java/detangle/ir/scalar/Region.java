package detangle.ir.scalar;

import detangle.ir.DType;
import java.util.List;

/** A scalar expression over the elements of operands of these types; {@code Arg(i)} is operand i. */
public record Region(List<DType> arguments, ScalarExpr body) {
    public Region {
        arguments = List.copyOf(arguments);
    }
}
