package detangle.backend.vector;

import detangle.ir.Activation;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import java.util.List;
import java.util.Optional;

/**
 * A table of positions {@code [A,P,d]} that a program projects from constant rows:
 * {@code transpose(reshape(linear(rows, weight, bias)))}. All three are named constants, or conversions of some.
 *
 * @param rows {@code f32[P,H]}
 * @param weight {@code [A*d,H]}
 * @param bias {@code [A*d]}, if there is one
 */
record Projection(Node rows, Node weight, Optional<Node> bias) {
    private static final List<Integer> HEADS_FIRST = List.of(1, 0, 2);

    /** Returns the projection that computes a table, if it is one. */
    static Optional<Projection> of(Node table) {
        if (!(table.op() instanceof TensorOp.Transpose(var permutation))
                || !permutation.equals(HEADS_FIRST)
                || !(table.input(0).op() instanceof TensorOp.Reshape)
                || !(table.input(0).input(0).op() instanceof KernelOp.Linear(boolean hasBias, Activation activation))) {
            return Optional.empty();
        }
        Node linear = table.input(0).input(0);
        boolean splitsRows = linear.type().rank() == 2
                && linear.type().dim(0).equals(table.type().dim(1))
                && linear.type().dtype() == DType.F32;
        return splitsRows
                        && activation == Activation.NONE
                        && table.shape().isStatic()
                        && linear.inputs().stream().map(Constants::stored).allMatch(Projection::isNamed)
                ? Optional.of(new Projection(
                        linear.input(0), linear.input(1), hasBias ? Optional.of(linear.input(2)) : Optional.empty()))
                : Optional.empty();
    }

    private static boolean isNamed(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type);
    }
}
