package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isDotTransposed;
import static detangle.compiler.pass.Patterns.operand;
import static detangle.compiler.pass.Patterns.splat;

import detangle.ir.AttentionDropout;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Pattern;
import detangle.ir.rewrite.Rule;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Attention written in primitives, {@code dot(masked_softmax(scale * (c2c + c2p + p2c), mask), v)}: its terms stand in
 * any order and association, and those of positions or the scale may be missing. Dropout may stand behind the softmax.
 */
final class AttentionPattern {
    /** Content to content, content to position and position to content. */
    private static final int MAX_TERMS = 3;

    private final Rule.Uses uses;
    private final Idioms idioms = new Idioms(new Builder());
    private final Node q;
    private final Node k;
    private final Node v;
    private final Node mask;
    private final double scale;
    private Optional<Node> pk = Optional.empty();
    private Optional<Node> pq = Optional.empty();
    private final List<Node> indices = new ArrayList<>();
    private Optional<Dropped> dropped = Optional.empty();

    private AttentionPattern(Rule.Uses uses, Node content, Node v, Node mask, double scale) {
        this.uses = uses;
        this.q = content.input(0);
        this.k = content.input(1);
        this.v = v;
        this.mask = mask;
        this.scale = scale;
    }

    /** {@code [...,A,Q,d]}. */
    Node q() {
        return q;
    }

    /** {@code [...,A,S,d]}. */
    Node k() {
        return k;
    }

    /** {@code [...,A,S,d]}. */
    Node v() {
        return v;
    }

    /** {@code i1}, broadcasts to {@code [...,A,Q,S]}. */
    Node mask() {
        return mask;
    }

    double scale() {
        return scale;
    }

    /** Returns the table {@code [A,P,d]} of the content-to-position term, if there is one. */
    Optional<Node> pk() {
        return pk;
    }

    /** Returns the table {@code [A,P,d]} of the position-to-content term, if there is one. */
    Optional<Node> pq() {
        return pq;
    }

    /** Returns the index that each of these terms looks up rows by, {@code i32[Q,S]}. */
    List<Node> indices() {
        return indices;
    }

    /** Returns the result of the softmax. */
    Node probabilities() {
        return dropped.orElseThrow().x();
    }

    AttentionDropout dropout() {
        return dropped.orElseThrow().dropout();
    }

    /** Returns the seed of the dropout, if there is dropout. */
    Optional<Node> seed() {
        return dropped.orElseThrow().seed();
    }

    static Optional<AttentionPattern> match(Node node, Rule.Uses uses) {
        boolean product = node.op() instanceof TensorOp.Dot(boolean lhsT, boolean rhsT) && !lhsT && !rhsT;
        if (!product) {
            return Optional.empty();
        }
        Dropped dropped = Dropped.of(node.input(0), uses);
        return SoftmaxPattern.match(dropped.x(), uses)
                .flatMap(softmax -> match(node, softmax, uses))
                .map(attention -> attention.with(dropped));
    }

    private AttentionPattern with(Dropped some) {
        dropped = Optional.of(some);
        return this;
    }

    /**
     * A value of which dropout drops some elements.
     *
     * @param seed the seed of its random numbers; empty if nothing is dropped
     */
    private record Dropped(Node x, AttentionDropout dropout, Optional<Node> seed) {
        static Dropped of(Node node, Rule.Uses uses) {
            Dropped nothing = new Dropped(node, AttentionDropout.NONE, Optional.empty());
            boolean isDropout = node.op() instanceof TensorOp.Select
                    && node.input(0).op() instanceof TensorOp.Compare
                    && node.input(0).input(0).op() instanceof TensorOp.RandomUniform;
            if (!isDropout) {
                return nothing;
            }
            Node uniform = node.input(0).input(0);
            double rate = splat(node.input(0).input(1)).orElse(0);
            if (rate <= 0 || rate >= 1 || !uniform.type().equals(node.type())) {
                return nothing;
            }
            Pattern p = new Pattern(uses);
            Node x = p.any(node.type());
            if (!p.matches(new Idioms(new Builder()).dropout(x, rate, uniform), node)) {
                return nothing;
            }
            long stream = ((TensorOp.RandomUniform) uniform.op()).stream();
            return new Dropped(p.at(x), new AttentionDropout(rate, stream), Optional.of(uniform.input(0)));
        }
    }

    private static Optional<AttentionPattern> match(Node node, SoftmaxPattern softmax, Rule.Uses uses) {
        Node scores = softmax.scores();
        Pattern scaled = new Pattern(uses);
        Node sum = scaled.any(scores.type());
        Node factor = scaled.number(scores.type().dtype());
        boolean isScaled = scaled.matches(new Builder().mul(sum, factor), scores);
        double scale = isScaled ? scaled.numberAt(factor) : 1;
        List<Node> terms = terms(isScaled ? scaled.at(sum) : scores);
        Optional<Node> content = terms.stream()
                .filter(term -> isContent(term, node.input(1), node.type()))
                .findFirst();
        if (content.isEmpty()) {
            return Optional.empty();
        }
        terms.remove(content.get());
        AttentionPattern attention = new AttentionPattern(uses, content.get(), node.input(1), softmax.mask(), scale);
        return terms.stream().allMatch(attention::addTerm) ? Optional.of(attention) : Optional.empty();
    }

    /** Returns the terms of a sum from left to right; none if there are more than attention has. */
    private static List<Node> terms(Node sum) {
        List<Node> terms = new ArrayList<>();
        Deque<Node> waiting = new ArrayDeque<>(List.of(sum));
        while (!waiting.isEmpty()) {
            if (waiting.size() + terms.size() > MAX_TERMS) {
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

    /**
     * {@code dot(q, k) {rhs_t}} with q of the result's type, and k of the type of v, which differs in the number of
     * rows alone.
     */
    private static boolean isContent(Node term, Node v, TensorType result) {
        return isDotTransposed(term)
                && term.input(0).type().equals(result)
                && term.input(1).type().equals(v.type())
                && v.shape().equals(result.shape().with(-2, v.type().dim(-2)));
    }

    private boolean addTerm(Node term) {
        if (pk.isEmpty()) {
            pk = operand(term, 0, 1).filter(t -> reads(term, t, index -> idioms.contentToPosition(q, t, index)));
            if (pk.isPresent()) {
                return true;
            }
        }
        if (pq.isEmpty()) {
            pq = operand(term, 0, 0, 1).filter(t -> reads(term, t, index -> idioms.positionToContent(k, t, index)));
            return pq.isPresent();
        }
        return false;
    }

    /**
     * Returns whether a term is written in a form over a table of positions. If so, its index is one of {@link
     * #indices}.
     */
    private boolean reads(Node term, Node table, UnaryOperator<Node> form) {
        if (!isTable(table)) {
            return false;
        }
        Pattern p = new Pattern(uses);
        Node index = p.any(TensorType.of(DType.I32, q.type().dim(-2), k.type().dim(-2)));
        boolean matches = p.matches(form.apply(index), term);
        if (matches) {
            indices.add(p.at(index));
        }
        return matches;
    }

    /** {@code [A,P,d]}, as the other table is. */
    private boolean isTable(Node table) {
        TensorType type = table.type();
        return type.rank() == 3
                && type.dtype() == q.type().dtype()
                && type.dim(0).equals(q.type().dim(-3))
                && type.dim(2).equals(q.type().dim(-1))
                && pk.or(() -> pq).stream().allMatch(other -> other.type().equals(type));
    }
}
