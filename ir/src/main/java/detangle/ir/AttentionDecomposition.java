package detangle.ir;

import detangle.ir.KernelOp.AttentionGradient;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The part of {@link Decomposition} about attention: writes attention and its gradients in tensor-level primitives. */
final class AttentionDecomposition {
    private final Builder b;
    private final Idioms idioms;

    AttentionDecomposition(Builder b) {
        this.b = b;
        this.idioms = new Idioms(b);
    }

    /**
     * Operands with heads in front of rows, as products need them.
     *
     * @param q {@code [...,A,Q,d]}
     * @param k {@code [...,A,S,d]}, as is v
     * @param mask i1, broadcasts to {@code [...,A,Q,S]}
     * @param pk {@code [A,P,d]}, as is pq
     * @param index of their rows, {@code [Q,S]}, where there is pk or pq
     * @param uniform random numbers {@code [...,A,Q,S]} where there is dropout
     * @param swapped the permutation that exchanges heads and rows
     */
    private record Heads(
            Node q,
            Node k,
            Node v,
            Node mask,
            Optional<Node> pk,
            Optional<Node> pq,
            Optional<Node> index,
            AttentionDropout dropout,
            Optional<Node> uniform,
            Integer[] swapped) {}

    private Heads heads(KernelOp.DisentangledAttention op, List<Node> in) {
        Integer[] swapped = {0, 2, 1, 3};
        Optional<Node> index = Optional.empty();
        if (op.c2p() || op.p2c()) {
            Dim queries = in.get(0).type().dim(1);
            Dim keys = in.get(1).type().dim(1);
            Node table = in.get(4 + tables(op.c2p(), op.p2c()));
            index = Optional.of(b.op(new TensorOp.Toeplitz(queries, keys), table));
        }
        return heads(in, in.get(3), op.c2p(), op.p2c(), 4, index, op.dropout(), swapped);
    }

    private Heads heads(KernelOp.PackedAttention op, List<Node> in) {
        Integer[] swapped = {1, 0, 2};
        Dim queries = in.get(0).type().dim(0);
        Dim keys = in.get(1).type().dim(0);
        Node mask = idioms.sameSequence(queries, in.get(3), keys, in.get(4));
        Optional<Node> index = Optional.empty();
        if (op.c2p() || op.p2c()) {
            Node table = in.get(7 + tables(op.c2p(), op.p2c()));
            index = Optional.of(idioms.byDistance(in.get(5), in.get(6), table, op.length()));
        }
        return heads(in, mask, op.c2p(), op.p2c(), 7, index, op.dropout(), swapped);
    }

    private static int tables(boolean c2p, boolean p2c) {
        return (c2p ? 1 : 0) + (p2c ? 1 : 0);
    }

    private Heads heads(
            List<Node> in,
            Node mask,
            boolean c2p,
            boolean p2c,
            int firstTable,
            Optional<Node> index,
            AttentionDropout dropout,
            Integer[] swapped) {
        Node q = b.transpose(in.get(0), swapped);
        Node k = b.transpose(in.get(1), swapped);
        Optional<Node> uniform = Optional.empty();
        if (dropout.isPresent()) {
            TensorType scores = q.type().withShape(q.shape().with(-1, k.type().dim(-2)));
            int seed = firstTable + tables(c2p, p2c) + (c2p || p2c ? 1 : 0);
            uniform = Optional.of(b.op(new TensorOp.RandomUniform(scores, dropout.stream()), in.get(seed)));
        }
        Optional<Node> pk = c2p ? Optional.of(in.get(firstTable)) : Optional.empty();
        Optional<Node> pq = p2c ? Optional.of(in.get(firstTable + tables(c2p, false))) : Optional.empty();
        return new Heads(q, k, b.transpose(in.get(2), swapped), mask, pk, pq, index, dropout, uniform, swapped);
    }

    Node padded(KernelOp.DisentangledAttention op, List<Node> in) {
        return context(op.scale(), heads(op, in));
    }

    Node packed(KernelOp.PackedAttention op, List<Node> in) {
        return context(op.scale(), heads(op, in));
    }

    private Node context(double scale, Heads heads) {
        Node kept = dropped(probabilities(scale, heads), heads);
        return b.transpose(b.dot(kept, heads.v()), heads.swapped());
    }

    private Node probabilities(double scale, Heads heads) {
        List<Node> terms = new ArrayList<>();
        heads.pk()
                .ifPresent(pk -> terms.add(
                        idioms.contentToPosition(heads.q(), pk, heads.index().orElseThrow())));
        heads.pq()
                .ifPresent(pq -> terms.add(
                        idioms.positionToContent(heads.k(), pq, heads.index().orElseThrow())));
        return idioms.maskedSoftmax(idioms.attentionScores(heads.q(), heads.k(), terms, scale), heads.mask());
    }

    private Node dropped(Node x, Heads heads) {
        return heads.uniform()
                .map(uniform -> idioms.dropout(x, heads.dropout().rate(), uniform))
                .orElse(x);
    }

    /** @param in the operands of attention, then dout */
    Map<AttentionGradient, Node> gradients(KernelOp.DisentangledAttention op, List<Node> in) {
        return gradients(op.scale(), heads(op, in), in.getLast());
    }

    /** @param in the operands of attention, then dout */
    Map<AttentionGradient, Node> gradients(KernelOp.PackedAttention op, List<Node> in) {
        return gradients(op.scale(), heads(op, in), in.getLast());
    }

    private Map<AttentionGradient, Node> gradients(double scale, Heads heads, Node gradient) {
        Node dout = b.transpose(gradient, heads.swapped());
        Node p = probabilities(scale, heads);
        Node dp = dropped(b.dotTransposed(dout, heads.v()), heads);
        Node mean = b.reduce(ReduceFunction.SUM, b.mul(dp, p), -1);
        Node ds = b.mul(b.mul(p, b.sub(dp, mean)), b.constant(p.type().dtype(), scale));
        Node dq = b.dot(ds, heads.k());
        Node dk = transposedDot(ds, heads.q());
        Map<AttentionGradient, Node> results = new EnumMap<>(AttentionGradient.class);
        if (heads.pk().isPresent()) {
            Node rows = byRow(ds, heads.q(), heads.pk().get(), heads.index().orElseThrow());
            dq = b.add(dq, b.dot(rows, heads.pk().get()));
            results.put(AttentionGradient.DPK, sumOfSequences(transposedDot(rows, heads.q())));
        }
        if (heads.pq().isPresent()) {
            Node byKey = swapLast(ds);
            Node index = b.transpose(heads.index().orElseThrow(), 1, 0);
            Node rows = byRow(byKey, heads.k(), heads.pq().get(), index);
            dk = b.add(dk, b.dot(rows, heads.pq().get()));
            results.put(AttentionGradient.DPQ, sumOfSequences(transposedDot(rows, heads.k())));
        }
        results.put(AttentionGradient.DQ, b.transpose(dq, heads.swapped()));
        results.put(AttentionGradient.DK, b.transpose(dk, heads.swapped()));
        results.put(AttentionGradient.DV, b.transpose(transposedDot(dropped(p, heads), dout), heads.swapped()));
        return results;
    }

    /** {@code a^T c} over the last two axes. */
    private Node transposedDot(Node a, Node c) {
        return b.op(new TensorOp.Dot(true, false), a, c);
    }

    private Node swapLast(Node x) {
        return x.type().rank() == 4 ? b.transpose(x, 0, 1, 3, 2) : b.transpose(x, 0, 2, 1);
    }

    /**
     * Gradients of scores, added up by the row of the position table that they looked up, {@code [...,A,rows of x,P]}.
     *
     * @param x what was multiplied with the table, {@code [...,A,rows,d]}
     */
    private Node byRow(Node ds, Node x, Node table, Node index) {
        Shape shape = x.shape().with(-1, table.type().dim(1));
        Node zeros = b.broadcast(b.constant(ds.type().dtype(), 0), shape);
        return b.op(new TensorOp.ScatterAddLast(), zeros, index, ds);
    }

    /** {@code [A,P,d]} of one such value for each sequence, or of one for all of them. */
    private Node sumOfSequences(Node x) {
        return x.type().rank() == 4
                ? b.reshape(b.reduce(ReduceFunction.SUM, x, 0), x.shape().sub(1, 4))
                : x;
    }
}
