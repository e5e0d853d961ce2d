package detangle.compiler.pass;

import detangle.compiler.CompileException;
import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Only what is read is computed: a slice, or a look-up of rows, moves in front of what works on each row by itself,
 * and a slice of attention's result becomes one of its queries. A classifier runs its last layer for the first token
 * alone, but for keys and values; a masked LM its head for the masked rows alone.
 *
 * <pre>
 * %y = linear %x, %w, %b                     %s = slice %x {axis=1, start=0, limit=1}
 * %s = slice %y {axis=1, start=0, limit=1}   =>   %y = linear %s, %w, %b
 * </pre>
 */
public final class NeededRows implements Pass {
    private static final List<Rule> RULES = List.of(NeededRows::slice, NeededRows::lookUp);

    /** Far more than any model needs. */
    private static final int MAX_ROUNDS = 200;

    @Override
    public String name() {
        return "needed-rows";
    }

    /** Equal slices of one value are merged each time, as a value moves below them only when nobody reads the rest. */
    @Override
    public Program run(Program program) {
        CommonSubexpressions merge = new CommonSubexpressions();
        Program current = program;
        Program next = Rewriter.rewrite(current, RULES);
        for (int round = 0; next != current; round++) {
            if (round == MAX_ROUNDS) {
                throw new CompileException("the pass " + name() + " does not come to an end within " + MAX_ROUNDS
                        + " rounds: the program is too deep");
            }
            current = merge.run(next);
            next = Rewriter.rewrite(current, RULES);
        }
        return current;
    }

    private static Optional<Node> slice(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof TensorOp.Slice slice) || !uses.once(node.input(0))) {
            return Optional.empty();
        }
        Node x = node.input(0);
        int axis = slice.axis();
        return switch (x.op()) {
            case TensorOp.Transpose(var permutation) ->
                Optional.of(over(x, List.of(sliced(x.input(0), permutation.get(axis), slice))));
            case TensorOp.Reshape(var shape)
            when sameUpTo(axis, x.input(0).shape(), shape) ->
                Optional.of(new Builder().reshape(sliced(x.input(0), axis, slice), node.shape()));
            // Fewer queries would have other random numbers.
            case KernelOp.DisentangledAttention attention
            when axis == 1 && !attention.dropout().isPresent() -> Optional.of(queries(x, slice));
            case KernelOp.Embedding e
            when axis < x.input(0).type().rank() -> Optional.of(rows(x, slice, List.of(0, 4)));
            case KernelOp.Linear l when axis < x.type().rank() - 1 -> Optional.of(rows(x, slice, List.of(0)));
            case KernelOp.LayerNorm l
            when axis < x.type().rank() - 1 -> Optional.of(rows(x, slice, l.residual() ? List.of(0, 1) : List.of(0)));
            // It is right to leave the slice behind any other operation.
            default -> Patterns.isElementwise(x) ? Optional.of(elementwise(x, slice)) : Optional.empty();
        };
    }

    private static Node over(Node node, List<Node> operands) {
        return new Builder().op(node.op(), operands).withName(node.name());
    }

    private static Node sliced(Node x, int axis, TensorOp.Slice slice) {
        return new Builder().op(new TensorOp.Slice(axis, slice.start(), slice.limit()), x);
    }

    /** Returns whether axes 0 to {@code axis} are the same. */
    private static boolean sameUpTo(int axis, Shape a, Shape b) {
        return a.rank() > axis && b.rank() > axis && a.sub(0, axis + 1).equals(b.sub(0, axis + 1));
    }

    /** Returns the operation over slices of those of its operands that are there. */
    private static Node rows(Node x, TensorOp.Slice slice, List<Integer> which) {
        List<Node> operands = new ArrayList<>(x.inputs());
        for (int i : which) {
            if (i < operands.size()) {
                operands.set(i, sliced(operands.get(i), slice.axis(), slice));
            }
        }
        return over(x, operands);
    }

    /** Operands are aligned at their last axes; one that repeats along the axis stays. */
    private static Node elementwise(Node x, TensorOp.Slice slice) {
        List<Node> operands = new ArrayList<>();
        for (Node operand : x.inputs()) {
            int axis = slice.axis() - x.type().rank() + operand.type().rank();
            boolean repeats = axis < 0
                    || operand.type().dim(axis).isOne()
                            && !x.type().dim(slice.axis()).isOne();
            operands.add(repeats ? operand : sliced(operand, axis, slice));
        }
        return over(x, operands);
    }

    /** Attention for some queries: their rows of the mask, and of the table the distances that they meet. */
    private static Node queries(Node attention, TensorOp.Slice slice) {
        List<Node> operands = new ArrayList<>(attention.inputs());
        operands.set(0, sliced(operands.get(0), 1, slice));
        Node mask = operands.get(3);
        int rank = mask.type().rank();
        if (rank >= 2 && !mask.type().dim(-2).isOne()) {
            operands.set(3, sliced(mask, rank - 2, slice));
        }
        if (operands.size() > 4) {
            Dim keys = attention.input(1).type().dim(1);
            Dim end = slice.limit().plus(keys).plus(-1);
            operands.set(
                    operands.size() - 1,
                    new Builder().op(new TensorOp.Slice(0, slice.start(), end), operands.getLast()));
        }
        return over(attention, operands);
    }

    /** {@code gather(reshape(f(x), [B*S,...]), ids)} as {@code f(gather(reshape(x, [B*S,...]), ids))}. */
    private static Optional<Node> lookUp(Node node, Rule.Uses uses) {
        if (!(node.op() instanceof TensorOp.Gather) || !(node.input(0).op() instanceof TensorOp.Reshape)) {
            return Optional.empty();
        }
        Node flat = node.input(0);
        Node x = flat.input(0);
        boolean rows = uses.once(flat)
                && uses.once(x)
                && x.type().rank() == flat.type().rank() + 1
                && x.type().rank() >= 3
                && x.shape()
                        .sub(2, x.type().rank())
                        .equals(flat.shape().sub(1, flat.type().rank()));
        if (!rows) {
            return Optional.empty();
        }
        Node ids = node.input(1);
        return switch (x.op()) {
            case KernelOp.Linear l -> Optional.of(rowsAt(x, ids, List.of(0)));
            case KernelOp.LayerNorm l -> Optional.of(rowsAt(x, ids, l.residual() ? List.of(0, 1) : List.of(0)));
            // It is right to leave the look-up behind any other operation.
            default -> Patterns.isElementwise(x) ? elementwiseAt(x, ids) : Optional.empty();
        };
    }

    private static Node rowsAt(Node x, Node ids, List<Integer> which) {
        List<Node> operands = new ArrayList<>(x.inputs());
        which.forEach(i -> operands.set(i, at(operands.get(i), ids)));
        return over(x, operands);
    }

    private static Optional<Node> elementwiseAt(Node x, Node ids) {
        List<Node> operands = new ArrayList<>();
        for (Node operand : x.inputs()) {
            int leading = operand.type().rank() - x.type().rank() + 2;
            boolean everyRow =
                    leading == 2 && operand.shape().sub(0, 2).equals(x.shape().sub(0, 2));
            if (leading > 0 && !everyRow) {
                return Optional.empty();
            }
            operands.add(everyRow ? at(operand, ids) : operand);
        }
        return Optional.of(over(x, operands));
    }

    /** Returns rows of a value {@code [B,S,...]} by their number in {@code [B*S,...]}. */
    private static Node at(Node x, Node ids) {
        Builder b = new Builder();
        Shape shape = x.shape();
        Shape flat = Shape.of(shape.dim(0).times(shape.dim(1))).concat(shape.sub(2, shape.rank()));
        return b.gather(b.reshape(x, flat), ids);
    }
}
