package detangle.compiler.gradient;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of a convolution {@code y[b,s,o] = sum over c, t of x[b,s+t-padding,c] w[o,c,t]}.
 *
 * <p>The gradient of x is a convolution of dy with the reversed kernel, whose channels in and out are exchanged. The
 * gradient of w is, for each position t of the kernel, the product of dy with the rows of x that the position meets.
 */
final class ConvolutionGradient {
    private final Builder b;

    ConvolutionGradient(Builder b) {
        this.b = b;
    }

    void pass(TensorOp.Conv1d op, Node node, Node dy, Flow flow) {
        flow.to(0, () -> ofInput(op, node.input(1), dy));
        flow.to(1, () -> ofWeight(op, node.input(0), node.input(1), dy));
    }

    private Node slice(Node x, int axis, Dim start, Dim limit) {
        return b.op(new TensorOp.Slice(axis, start, limit), x);
    }

    private Node ofInput(TensorOp.Conv1d op, Node weight, Node dy) {
        long taps = weight.type().dim(2).size();
        long padding = taps - 1 - op.padding();
        Dim length = dy.type().dim(1);
        // Rows of dy that met nothing but padding.
        Node rows = padding < 0 ? slice(dy, 1, Dim.of(-padding), length.plus(padding)) : dy;
        return b.op(
                new TensorOp.Conv1d(op.groups(), Math.toIntExact(Math.max(0, padding))),
                rows,
                turned(op.groups(), weight));
    }

    /** {@code [C,O/groups,K]}, the last axis from its end to its start, of a weight {@code [O,C/groups,K]}. */
    private Node turned(int groups, Node weight) {
        Dim taps = weight.type().dim(2);
        Dim channels = weight.type().dim(1);
        Dim outputs = Dim.of(weight.type().dim(0).size() / groups);
        Node split = b.reshape(weight, Dim.of(groups), outputs, channels, taps);
        Node byTap = b.transpose(split, 3, 0, 2, 1);
        Node last = b.iota(TensorType.of(DType.I32, Dim.of(1)), 0, taps.plus(-1));
        Node backwards = b.sub(last, b.iota(TensorType.of(DType.I32, taps), 0));
        Node turned = b.transpose(b.gather(byTap, backwards), 1, 2, 3, 0);
        return b.reshape(turned, channels.times(groups), outputs, taps);
    }

    private Node ofWeight(TensorOp.Conv1d op, Node x, Node weight, Node dy) {
        int taps = Math.toIntExact(weight.type().dim(2).size());
        if (taps == 0) {
            return Gradient.zeros(b, weight.type());
        }
        Dim groups = Dim.of(op.groups());
        Dim channels = weight.type().dim(1);
        Dim outputs = Dim.of(weight.type().dim(0).size() / op.groups());
        Dim side = Dim.of(op.padding());
        Dim length = dy.type().dim(1);
        Dim rows = dy.type().dim(0).times(length);
        Node padded = b.op(new TensorOp.Pad(1, side, side), x);
        List<Node> met = new ArrayList<>();
        for (int t = 0; t < taps; t++) {
            met.add(slice(padded, 1, Dim.of(t), length.plus(t)));
        }
        Node neighbours = b.reshape(b.concat(2, met), rows, Dim.of(taps), groups, channels);
        Node byGroup = b.reshape(b.transpose(neighbours, 2, 0, 1, 3), groups, rows, channels.times(taps));
        Node dyByGroup = b.transpose(b.reshape(dy, rows, groups, outputs), 1, 0, 2);
        Node product = b.op(new TensorOp.Dot(true, false), dyByGroup, byGroup);
        Node byTap = b.reshape(product, weight.type().dim(0), Dim.of(taps), channels);
        return b.transpose(byTap, 0, 2, 1);
    }
}
