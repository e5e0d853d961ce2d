package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.splat;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import java.util.Optional;

/**
 * The mask of tokens that programs are written with, and what can be proved with it. A value "has rows" if it is
 * {@code [B,S,...]}: a row for each position of each sequence.
 *
 * @param source {@code ne(attention_mask, 0)}, of any shape
 * @param batch number of sequences, B
 * @param length their length, S
 */
record TokenMask(Node source, Dim batch, Dim length) {
    /** Finds the mask in {@code and(reshape(source, [B,1,S,1]), reshape(source, [B,1,1,S]))}, or in some rows of it. */
    static Optional<TokenMask> ofAttention(Node node) {
        Node pairs = node.op() instanceof TensorOp.Slice ? node.input(0) : node;
        if (!binary(pairs, BinaryFunction.AND)
                || !(pairs.input(1).op() instanceof TensorOp.Reshape)
                || pairs.input(1).type().rank() != 4) {
            return Optional.empty();
        }
        Node source = pairs.input(1).input(0);
        TokenMask mask = new TokenMask(
                source, pairs.input(1).type().dim(0), pairs.input(1).type().dim(-1));
        boolean notZero = source.op() instanceof TensorOp.Compare(Comparison comparison)
                && comparison == Comparison.NE
                && splat(source.input(1), 0);
        return notZero && mask.isPairs(pairs) ? Optional.of(mask) : Optional.empty();
    }

    boolean hasRows(Node node) {
        return node.type().rank() >= 2
                && node.type().dim(0).equals(batch)
                && node.type().dim(1).equals(length);
    }

    private boolean is(Node node, Shape shape) {
        return node.op() instanceof TensorOp.Reshape
                && node.input(0) == source
                && node.shape().equals(shape);
    }

    /** Returns whether a value says of each query and key whether both are tokens. */
    boolean isPairs(Node node) {
        Dim one = Dim.of(1);
        return binary(node, BinaryFunction.AND)
                && is(node.input(0), Shape.of(batch, one, length, one))
                && is(node.input(1), Shape.of(batch, one, one, length));
    }

    /** Returns whether a value says of each row whether it is a token. */
    boolean isRows(Node node) {
        return is(node, Shape.of(batch, length, Dim.of(1)));
    }

    /** Returns whether a value has rows, and holds at tokens and nowhere else. */
    boolean isEveryToken(Node node) {
        return hasRows(node) && (node == source || isRows(node));
    }

    /** Returns whether a value has rows, and holds at some tokens and nowhere else. */
    boolean holdsAtTokensAlone(Node node) {
        return hasRows(node)
                && (isEveryToken(node)
                        || binary(node, BinaryFunction.AND)
                                && (holdsAtTokensAlone(node.input(0)) || holdsAtTokensAlone(node.input(1))));
    }

    /** Returns whether a value has rows, and the program proves that those of padding are zeros. */
    boolean isZeroAtPadding(Node node) {
        if (!hasRows(node)) {
            return false;
        }
        return switch (node.op()) {
            case TensorOp.Select s ->
                splat(node.input(2), 0) && (holdsAtTokensAlone(node.input(0)) || isZeroAtPadding(node.input(1)));
            case KernelOp.Embedding(var eps, var masked) -> masked && isRows(node.input(4));
            // Dropout scales the elements that it keeps.
            case TensorOp.Binary(var function) ->
                function == BinaryFunction.MUL
                        && isZeroAtPadding(node.input(0))
                        && splat(node.input(1)).stream().anyMatch(Double::isFinite);
            default -> false;
        };
    }
}
