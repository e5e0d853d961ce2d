package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.splat;

import detangle.compiler.Pass;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Gives one form to what can be written in several, and removes what does nothing:
 *
 * <pre>
 * reshape/transpose/broadcast/slice/convert to the same type     =>  the operand
 * transpose(transpose(x))                                        =>  transpose(x), or x
 * reshape(reshape(x))                                            =>  reshape(x)
 * x * 1, x / 1, x - 0                                            =>  x
 * gather(convert(t), ids)                                        =>  convert(gather(t, ids))
 * x + scatter_add(0, ids, u), in this order or the other         =>  scatter_add(x, ids, u), and so within rows
 * </pre>
 */
public final class Canonicalise implements Pass {
    private static final List<Rule> RULES = List.of(
            Canonicalise::identity,
            Canonicalise::transposeOfTranspose,
            Canonicalise::reshapeOfReshape,
            Canonicalise::neutralOperand,
            Canonicalise::gatherBelowConvert,
            Canonicalise::sumAtIds);

    @Override
    public String name() {
        return "canonicalise";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, RULES);
    }

    private static Optional<Node> identity(Node node, Rule.Uses uses) {
        boolean moves = switch (node.op()) {
            case TensorOp.Reshape r -> false;
            case TensorOp.Broadcast b -> false;
            case TensorOp.Convert c -> false;
            // A slice from S to S + 2 of an axis of size 2 has its operand's shape, and is an error unless S is 0.
            case TensorOp.Slice s -> !s.start().equals(Dim.of(0));
            case TensorOp.Transpose(var permutation) -> !isIdentity(permutation);
            default -> true;
        };
        return !moves && node.type().equals(node.input(0).type()) ? Optional.of(node.input(0)) : Optional.empty();
    }

    private static boolean isIdentity(List<Integer> permutation) {
        return IntStream.range(0, permutation.size()).allMatch(i -> permutation.get(i) == i);
    }

    private static Optional<Node> transposeOfTranspose(Node node, Rule.Uses uses) {
        if (node.op() instanceof TensorOp.Transpose(var outer)
                && node.input(0).op() instanceof TensorOp.Transpose(var inner)) {
            List<Integer> both = outer.stream().map(inner::get).toList();
            return Optional.of(
                    new Builder().op(new TensorOp.Transpose(both), node.input(0).input(0)));
        }
        return Optional.empty();
    }

    private static Optional<Node> reshapeOfReshape(Node node, Rule.Uses uses) {
        return node.op() instanceof TensorOp.Reshape(var shape) && node.input(0).op() instanceof TensorOp.Reshape
                ? Optional.of(new Builder().reshape(node.input(0).input(0), shape))
                : Optional.empty();
    }

    /** Adding zero is left alone: it turns -0 into 0. */
    private static Optional<Node> neutralOperand(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof TensorOp.Binary(BinaryFunction function))) {
            return Optional.empty();
        }
        Node a = node.input(0);
        Node b = node.input(1);
        Optional<Node> other = switch (function) {
            case MUL -> splat(b, 1) ? Optional.of(a) : splat(a, 1) ? Optional.of(b) : Optional.empty();
            case DIV -> splat(b, 1) ? Optional.of(a) : Optional.empty();
            case SUB -> splat(b, 0) ? Optional.of(a) : Optional.empty();
            case ADD, MAX, MIN, AND, OR -> Optional.empty();
        };
        return other.filter(x -> x.type().equals(node.type()));
    }

    /** A vocabulary in 16 bits is gathered in 16 bits: rows are converted, not the table. */
    private static Optional<Node> gatherBelowConvert(Node node, Rule.Uses uses) {
        if (node.op() instanceof TensorOp.Gather && node.input(0).op() instanceof TensorOp.Convert(DType to)) {
            Builder b = new Builder();
            return Optional.of(b.convert(b.gather(node.input(0).input(0), node.input(1)), to));
        }
        return Optional.empty();
    }

    /**
     * Adds the gradients of look-ups in a table to its other gradients directly, rather than to zeros first. This
     * touches a few rows instead of three tables.
     */
    private static Optional<Node> sumAtIds(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof TensorOp.Binary(BinaryFunction function)) || function != BinaryFunction.ADD) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Node sum = node.input(i);
            Node other = node.input(1 - i);
            boolean isSum = sum.op() instanceof TensorOp.ScatterAdd || sum.op() instanceof TensorOp.ScatterAddLast;
            if (isSum && isZero(sum.input(0)) && uses.once(sum) && other.type().equals(sum.type())) {
                return Optional.of(new Builder().op(sum.op(), other, sum.input(1), sum.input(2)));
            }
        }
        return Optional.empty();
    }

    private static boolean isZero(Node node) {
        return splat(node.op() instanceof TensorOp.Broadcast ? node.input(0) : node, 0);
    }
}
