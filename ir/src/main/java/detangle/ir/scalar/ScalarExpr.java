package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.UnaryFunction;
import java.util.List;

/**
 * What an elementwise region computes for one element, as a tree. Equal subtrees are equal values (records compare by
 * structure), so an emitter that memoises by expression shares them. Each backend has one emitter for these trees.
 */
public sealed interface ScalarExpr {
    DType dtype();

    /** What it is computed from, in the order written. */
    default List<ScalarExpr> operands() {
        return switch (this) {
            case Arg a -> List.of();
            case Const c -> List.of();
            case Unary(var f, var x) -> List.of(x);
            case Binary(var f, var a, var b) -> List.of(a, b);
            case Compare(var c, var a, var b) -> List.of(a, b);
            case Select(var c, var a, var b) -> List.of(c, a, b);
            case Convert(var x, var to) -> List.of(x);
        };
    }

    /** The element of the region's operand {@code index}. */
    record Arg(int index, DType dtype) implements ScalarExpr {}

    record Const(double value, DType dtype) implements ScalarExpr {}

    record Unary(UnaryFunction function, ScalarExpr operand) implements ScalarExpr {
        @Override
        public DType dtype() {
            return operand.dtype();
        }
    }

    record Binary(BinaryFunction function, ScalarExpr left, ScalarExpr right) implements ScalarExpr {
        @Override
        public DType dtype() {
            return left.dtype();
        }
    }

    record Compare(Comparison comparison, ScalarExpr left, ScalarExpr right) implements ScalarExpr {
        @Override
        public DType dtype() {
            return DType.I1;
        }
    }

    record Select(ScalarExpr condition, ScalarExpr ifTrue, ScalarExpr ifFalse) implements ScalarExpr {
        @Override
        public DType dtype() {
            return ifTrue.dtype();
        }
    }

    record Convert(ScalarExpr operand, DType dtype) implements ScalarExpr {}
}
