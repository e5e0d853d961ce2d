package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isDotTransposed;
import static detangle.compiler.pass.Patterns.operandOfTranspose;
import static detangle.compiler.pass.Patterns.splat;

import detangle.ir.BinaryFunction;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Disentangled attention written in primitives, ending in the product of probabilities and values.
 *
 * @param q {@code [B,A,S,d]}, as are k and v
 * @param mask {@code i1}, broadcasts to {@code [B,A,S,S]}
 * @param pk {@code [A,P,d]} if there is a content-to-position term
 * @param pq {@code [A,P,d]} if there is a position-to-content term
 * @param table the table of the relative index, if there is a position term
 */
record AttentionPattern(
        Node q, Node k, Node v, Node mask, double scale, Optional<Node> pk, Optional<Node> pq, Optional<Node> table) {
    /** Content to content, content to position and position to content. */
    private static final int MOST_TERMS = 3;

    /** Matches {@code dot(masked_softmax(scale * (c2c + c2p + p2c), mask), v)}; terms in any order and association. */
    static Optional<AttentionPattern> match(Node node) {
        if (!(node.op() instanceof TensorOp.Dot(boolean lhsT, boolean rhsT))
                || lhsT
                || rhsT
                || node.type().rank() != 4) {
            return Optional.empty();
        }
        return SoftmaxPattern.match(node.input(0)).flatMap(softmax -> scores(node, softmax));
    }

    private static Optional<AttentionPattern> scores(Node node, SoftmaxPattern softmax) {
        Node scores = softmax.scores();
        double scale = 1;
        Optional<ScaledPattern> scaled = ScaledPattern.match(scores);
        if (scaled.isPresent()) {
            scale = scaled.get().factor();
            scores = scaled.get().value();
        }
        List<Node> terms = terms(scores);
        Optional<Node> content =
                terms.stream().filter(AttentionPattern::isContent).findFirst();
        if (content.isEmpty()) {
            return Optional.empty();
        }
        Node q = content.get().input(0);
        Node k = content.get().input(1);
        Node v = node.input(1);
        if (!k.type().equals(q.type()) || !v.type().equals(q.type())) {
            return Optional.empty();
        }
        terms.remove(content.get());
        Optional<Node> pk = Optional.empty();
        Optional<Node> pq = Optional.empty();
        Optional<Node> table = Optional.empty();
        for (Node term : terms) {
            Optional<PositionTerm> c2p = contentToPosition(term, q).filter(t -> t.fits(q));
            Optional<PositionTerm> p2c = positionToContent(term, k).filter(t -> t.fits(q));
            if (c2p.isPresent() && pk.isEmpty()) {
                pk = c2p.map(PositionTerm::embeddings);
            } else if (p2c.isPresent() && pq.isEmpty()) {
                pq = p2c.map(PositionTerm::embeddings);
            } else {
                return Optional.empty();
            }
            Node termTable = c2p.or(() -> p2c).orElseThrow().table();
            if (table.isPresent() && table.get() != termTable) {
                return Optional.empty();
            }
            table = Optional.of(termTable);
        }
        return Optional.of(new AttentionPattern(q, k, v, softmax.mask(), scale, pk, pq, table));
    }

    /** The terms of a sum from left to right; none if there are more than attention has. */
    private static List<Node> terms(Node sum) {
        List<Node> terms = new ArrayList<>();
        Deque<Node> waiting = new ArrayDeque<>(List.of(sum));
        while (!waiting.isEmpty()) {
            if (waiting.size() + terms.size() > MOST_TERMS) {
                return List.of();
            }
            Node node = waiting.pop();
            if (binary(node, BinaryFunction.ADD)) {
                waiting.push(node.input(1));
                waiting.push(node.input(0));
            } else {
                terms.add(node);
            }
        }
        return terms;
    }

    /** {@code dot(q, k) {rhs_t}} of two operands of rank 4. */
    private static boolean isContent(Node node) {
        return isDotTransposed(node)
                && node.input(0).type().rank() == 4
                && node.input(1).type().rank() == 4;
    }

    private record PositionTerm(Node embeddings, Node table) {
        /** {@code [A,P,d]} for queries {@code [B,A,S,d]}. */
        boolean fits(Node q) {
            return embeddings.type().rank() == 3
                    && embeddings.type().dim(0).equals(q.type().dim(1))
                    && embeddings.type().dim(2).equals(q.type().dim(3));
        }
    }

    /** {@code gather_last(dot(q, pk) {rhs_t}, toeplitz(table))}. */
    private static Optional<PositionTerm> contentToPosition(Node node, Node q) {
        return gathered(node, q).flatMap(g -> toeplitzTable(g.index()).map(t -> new PositionTerm(g.embeddings(), t)));
    }

    /** {@code transpose(gather_last(dot(k, pq) {rhs_t}, transpose(toeplitz(table))))}. */
    private static Optional<PositionTerm> positionToContent(Node node, Node k) {
        return operandOfTranspose(node, List.of(0, 1, 3, 2))
                .flatMap(x -> gathered(x, k))
                .flatMap(g -> operandOfTranspose(g.index(), List.of(1, 0))
                        .flatMap(AttentionPattern::toeplitzTable)
                        .map(t -> new PositionTerm(g.embeddings(), t)));
    }

    private record Gathered(Node embeddings, Node index) {}

    private static Optional<Gathered> gathered(Node node, Node content) {
        boolean matches = node.op() instanceof TensorOp.GatherLast
                && isDotTransposed(node.input(0))
                && node.input(0).input(0) == content;
        return matches ? Optional.of(new Gathered(node.input(0).input(1), node.input(1))) : Optional.empty();
    }

    private static Optional<Node> toeplitzTable(Node node) {
        return node.op() instanceof TensorOp.Toeplitz(var rows, var columns) && rows.equals(columns)
                ? Optional.of(node.input(0))
                : Optional.empty();
    }

    /** {@code value * factor} with a scalar constant, either way round. */
    private record ScaledPattern(Node value, double factor) {
        static Optional<ScaledPattern> match(Node node) {
            if (binary(node, BinaryFunction.MUL)) {
                for (int i = 0; i < 2; i++) {
                    OptionalDouble factor = splat(node.input(i));
                    if (factor.isPresent()) {
                        return Optional.of(new ScaledPattern(node.input(1 - i), factor.getAsDouble()));
                    }
                }
            }
            return Optional.empty();
        }
    }
}
