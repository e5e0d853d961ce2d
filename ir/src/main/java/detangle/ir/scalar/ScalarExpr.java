package detangle.ir.scalar;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tree that an elementwise region computes for one element. Equal subtrees are equal values (records compare by
 * structure), so an emitter that memoises by expression shares them. Each backend has one emitter for these trees.
 */
public sealed interface ScalarExpr {
    DType dtype();

    /** Returns the expressions that this one is computed from, in the order in which they are written. */
    default List<ScalarExpr> operands() {
        return switch (this) {
            case Arg a -> List.of();
            case Const c -> List.of();
            case Unary(var f, var x) -> List.of(x);
            case Binary(var f, var a, var b) -> List.of(a, b);
            case Compare(var c, var a, var b) -> List.of(a, b);
            case Select(var c, var a, var b) -> List.of(c, a, b);
            case Convert(var x, var to) -> List.of(x);
            case Random(var seed, var stream) -> List.of(seed);
        };
    }

    /** Returns whether it or a part of it is a random number, so that its value depends on the place of the element. */
    default boolean isRandom() {
        return this instanceof Random || operands().stream().anyMatch(ScalarExpr::isRandom);
    }

    /** Returns the same function of other operands, as many as it has. */
    default ScalarExpr withOperands(List<ScalarExpr> x) {
        return switch (this) {
            case Arg a -> a;
            case Const c -> c;
            case Unary(var f, var operand) -> new Unary(f, x.get(0));
            case Binary(var f, var a, var b) -> new Binary(f, x.get(0), x.get(1));
            case Compare(var c, var a, var b) -> new Compare(c, x.get(0), x.get(1));
            case Select(var c, var a, var b) -> new Select(x.get(0), x.get(1), x.get(2));
            case Convert(var operand, var to) -> new Convert(x.get(0), to);
            case Random(var seed, var stream) -> new Random(x.get(0), stream);
        };
    }

    /**
     * Returns the expression with other expressions in place of its arguments; an object that is read twice is replaced
     * once.
     */
    default ScalarExpr withArguments(List<ScalarExpr> arguments) {
        return withArguments(arguments, new IdentityHashMap<>());
    }

    private ScalarExpr withArguments(List<ScalarExpr> arguments, Map<ScalarExpr, ScalarExpr> done) {
        if (this instanceof Arg(int index, DType dtype)) {
            return arguments.get(index);
        }
        ScalarExpr known = done.get(this);
        if (known == null) {
            List<ScalarExpr> operands = new ArrayList<>();
            for (ScalarExpr operand : operands()) {
                operands.add(operand.withArguments(arguments, done));
            }
            known = withOperands(operands);
            done.put(this, known);
        }
        return known;
    }

    /**
     * Returns what an operation computes for one element of its result; empty where that is more than a function of its
     * operands' elements at the same place.
     *
     * @param x the operands' elements
     */
    static Optional<ScalarExpr> of(TensorOp op, List<ScalarExpr> x) {
        return switch (op) {
            case TensorOp.Unary(var f) -> Optional.of(new Unary(f, x.get(0)));
            case TensorOp.Binary(var f) -> Optional.of(new Binary(f, x.get(0), x.get(1)));
            case TensorOp.Compare(var c) -> Optional.of(new Compare(c, x.get(0), x.get(1)));
            case TensorOp.Select() -> Optional.of(new Select(x.get(0), x.get(1), x.get(2)));
            case TensorOp.Convert(var to) -> Optional.of(new Convert(x.get(0), to));
            case TensorOp.Input o -> Optional.empty();
            case TensorOp.Param o -> Optional.empty();
            case TensorOp.Constant o -> Optional.empty();
            case TensorOp.Iota o -> Optional.empty();
            case TensorOp.Reduce o -> Optional.empty();
            case TensorOp.Dot o -> Optional.empty();
            case TensorOp.Reshape o -> Optional.empty();
            case TensorOp.Transpose o -> Optional.empty();
            case TensorOp.Broadcast o -> Optional.empty();
            case TensorOp.Slice o -> Optional.empty();
            case TensorOp.Concat o -> Optional.empty();
            case TensorOp.Pad o -> Optional.empty();
            case TensorOp.Gather o -> Optional.empty();
            case TensorOp.ScatterAdd o -> Optional.empty();
            case TensorOp.GatherLast o -> Optional.empty();
            case TensorOp.ScatterAddLast o -> Optional.empty();
            case TensorOp.Toeplitz o -> Optional.empty();
            case TensorOp.Conv1d o -> Optional.empty();
            case TensorOp.StopGradient o -> Optional.empty();
            case TensorOp.After o -> Optional.empty();
            case TensorOp.Transfer o -> Optional.empty();
            case TensorOp.RandomUniform o -> Optional.empty();
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

    /**
     * The number that {@link TensorOp.RandomUniform} has, in f32, at the element's place in the region's result.
     *
     * @param seed an i64 that is the same for all elements: an argument of a scalar operand, or a constant
     */
    record Random(ScalarExpr seed, long stream) implements ScalarExpr {
        @Override
        public DType dtype() {
            return DType.F32;
        }
    }
}
