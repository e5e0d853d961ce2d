package detangle.train.lora;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Adds a change of low rank to each product with a weight, so that the weight itself is only read:
 *
 * <pre>
 * %y = dot(%x, W) {rhs_t}   =>   %base = dot(%x, W) {rhs_t}
 *                                %low  = dot(dropout(%x), A) {rhs_t}
 *                                %y    = add(%base, dot(mul(%low, scale), B) {rhs_t})
 * </pre>
 *
 * The weight may be some rows of a parameter, as in v1; then the same rows of B are taken. With DoRA the sum is
 * multiplied by {@code magnitude / |W + scale B A|}, and the divisor gets no gradient (arXiv 2402.09353, section 4.3).
 */
final class LowRankRule implements Rule {
    private static final String WEIGHT = ".weight";

    /** The first stream of an adapter's random numbers. Streams of the model's own places are counted from 0. */
    private static final long FIRST_STREAM = 1L << 32;

    private final LoraOptions options;
    private final Predicate<String> targets;
    private final Node seed;
    private final Builder b = new Builder();
    private final SequencedMap<String, Change> changes = new LinkedHashMap<>();
    private final Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
    private long places;

    /**
     * The change of a parameter.
     *
     * @param rescale the factor of each row of the sum, for DoRA
     * @param dropped operands after dropout, by the operands before it
     */
    private record Change(Node a, Node b, Optional<Node> rescale, Map<Node, Node> dropped) {}

    /**
     * @param targets a test of whether the module of a name is changed
     * @param seed the seed of the random numbers for dropout, {@code i64[]}
     */
    LowRankRule(LoraOptions options, Predicate<String> targets, Node seed) {
        this.options = options;
        this.targets = targets;
        this.seed = seed;
    }

    /** Returns the names of the modules that have been changed, and the types of their weights. */
    SequencedMap<String, TensorType> changed() {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        changes.forEach((name, change) -> types.put(
                name,
                TensorType.of(
                        DType.F32, change.b().type().dim(0), change.a().type().dim(1))));
        return types;
    }

    @Override
    public Optional<Node> rewrite(Node node, Uses uses) {
        if (!(node.op() instanceof TensorOp.Dot(boolean left, boolean right))
                || left
                || !right
                || done.contains(node)) {
            return Optional.empty();
        }
        List<Node> path = path(node.input(1));
        if (!(path.getFirst().op() instanceof TensorOp.Param(String name, TensorType type))) {
            return Optional.empty();
        }
        String module = name.substring(0, Math.max(0, name.length() - WEIGHT.length()));
        if (!name.endsWith(WEIGHT) || type.rank() != 2 || !targets.test(module)) {
            return Optional.empty();
        }
        Change change = changes.computeIfAbsent(module, m -> change(m, path.getFirst()));
        done.add(node);
        return Optional.of(changed(node, change, path));
    }

    /** Returns the way from the origin of a weight, mostly a parameter, to the rows of it that a product reads. */
    private static List<Node> path(Node weight) {
        List<Node> path = new ArrayList<>();
        Node at = weight;
        while (keepsColumns(at)) {
            path.addFirst(at);
            at = at.input(0);
        }
        path.addFirst(at);
        return path;
    }

    private static boolean keepsColumns(Node node) {
        return switch (node.op()) {
            case TensorOp.Reshape reshape ->
                node.type().dim(-1).equals(node.input(0).type().dim(-1));
            case TensorOp.Slice slice -> slice.axis() < node.type().rank() - 1;
            default -> false;
        };
    }

    private Change change(String module, Node weight) {
        Dim out = weight.type().dim(0);
        Dim rank = Dim.of(options.rank());
        Node factorA = b.param(
                LoraNames.a(module),
                TensorType.of(DType.F32, rank, weight.type().dim(1)));
        Node factorB = b.param(LoraNames.b(module), TensorType.of(DType.F32, out, rank));
        Optional<Node> rescale = options.dora()
                ? Optional.of(b.div(
                        b.param(LoraNames.magnitude(module), TensorType.of(DType.F32, out)),
                        b.stopGradient(norms(weight, factorA, factorB))))
                : Optional.empty();
        return new Change(factorA, factorB, rescale, new IdentityHashMap<>());
    }

    /**
     * Computes the norms of the rows of {@code W + s B A} without this sum: their squares are {@code |w|^2 + 2 s b . (W
     * A^T) + s^2 b (A A^T) b^T}, which reads W in one product.
     */
    private Node norms(Node weight, Node factorA, Node factorB) {
        Node scale = b.constant(DType.F32, options.scale());
        Node scaled = b.mul(factorB, scale);
        Node ofWeight = rowSums(b.mul(weight, weight));
        Node cross = rowSums(b.mul(scaled, b.transpose(product(factorA, weight), 1, 0)));
        Node ofChange = rowSums(b.mul(scaled, b.dot(scaled, product(factorA, factorA))));
        Node twice = b.mul(cross, b.constant(DType.F32, 2));
        return b.unary(UnaryFunction.SQRT, b.add(b.add(ofWeight, twice), ofChange));
    }

    private Node rowSums(Node matrix) {
        return b.reshape(b.reduce(ReduceFunction.SUM, matrix, 1), matrix.type().dim(0));
    }

    private Node changed(Node base, Change change, List<Node> path) {
        Node x = base.input(0);
        boolean drops = options.dropout() > 0;
        Node operand = drops ? change.dropped().computeIfAbsent(x, this::dropped) : x;
        Node low = b.mul(product(operand, change.a()), b.constant(DType.F32, options.scale()));
        Node delta = product(low, rows(change.b(), path));
        if (change.rescale().isEmpty()) {
            return b.add(base, delta);
        }
        Node rescale = rows(change.rescale().get(), path);
        if (!drops) {
            return b.mul(b.add(base, delta), rescale);
        }
        // As in PEFT's code, dropout applies to all that is added to the base, and not to the base itself.
        Node ofOperand = product(operand, base.input(1));
        Node more = b.mul(ofOperand, b.binary(BinaryFunction.SUB, rescale, b.constant(DType.F32, 1)));
        return b.add(base, b.add(more, b.mul(delta, rescale)));
    }

    /** Makes a product {@code x w^T} that the rule leaves as it is. */
    private Node product(Node x, Node w) {
        Node product = b.dotTransposed(x, w);
        done.add(product);
        return product;
    }

    private Node dropped(Node x) {
        Node uniform =
                b.op(new TensorOp.RandomUniform(new TensorType(DType.F32, x.shape()), FIRST_STREAM + places++), seed);
        return new Idioms(b).dropout(x, options.dropout(), uniform);
    }

    /**
     * Returns the rows of a matrix, or the elements of a vector, that correspond to the rows that a path takes of a
     * weight.
     */
    private Node rows(Node value, List<Node> path) {
        Shape last = value.shape().sub(1, value.type().rank());
        Node at = value;
        for (Node step : path.subList(1, path.size())) {
            at = switch (step.op()) {
                case TensorOp.Reshape(Shape shape) ->
                    b.reshape(at, shape.sub(0, shape.rank() - 1).concat(last));
                default -> b.op(step.op(), at);
            };
        }
        return at;
    }
}
