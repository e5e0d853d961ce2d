package detangle.compiler.pass;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which elements of a matrix {@code [R,C]} depend on the difference of row and column alone.
 *
 * <p>The domain, from most to least known: uniform (one value for all elements), affine ({@code a*i + b*j + c}), a
 * function of {@code i - j}, anything. An affine value with {@code a = -b} is a function of the difference, and so is
 * any elementwise function of such values.
 */
final class RelativeIndexAnalysis {
    /** The knowledge about a value. */
    private sealed interface Knowledge {
        record Uniform() implements Knowledge {}

        record Affine(long rows, long columns, Dim offset) implements Knowledge {}

        record OfDifference() implements Knowledge {}

        record Anything() implements Knowledge {}
    }

    /** No model repeats an index more often, and sums of sums of it must not overflow. */
    private static final long MAX_REPETITIONS = 100;

    private static final Knowledge UNIFORM = new Knowledge.Uniform();
    private static final Knowledge OF_DIFFERENCE = new Knowledge.OfDifference();
    private static final Knowledge ANYTHING = new Knowledge.Anything();

    private final Map<Node, Knowledge> known = new IdentityHashMap<>();

    /** Operands come before their users, so that no question goes deeper than one operand. */
    RelativeIndexAnalysis(Program program) {
        program.nodes().forEach(this::knowledge);
    }

    /** Returns whether the node is a matrix whose element (i,j) depends on i - j, and on that indeed. */
    boolean dependsOnDifference(Node node) {
        return node.type().rank() == 2
                && switch (knowledge(node)) {
                    case Knowledge.Affine(long rows, long columns, Dim offset) -> rows == -columns && rows != 0;
                    case Knowledge.OfDifference() -> true;
                    case Knowledge.Uniform(), Knowledge.Anything() -> false;
                };
    }

    private Knowledge knowledge(Node node) {
        Knowledge k = known.get(node);
        if (k == null) {
            k = compute(node);
            known.put(node, k);
        }
        return k;
    }

    private Knowledge compute(Node node) {
        if (node.type().rank() != 0 && node.type().rank() != 2) {
            return ANYTHING;
        }
        return switch (node.op()) {
            case TensorOp.Constant(Literal.Splat s, TensorType type) -> UNIFORM;
            case TensorOp.Iota(TensorType type, int axis, Dim start)
            when type.rank() == 2 -> new Knowledge.Affine(axis == 0 ? 1 : 0, axis == 1 ? 1 : 0, start);
            case TensorOp.Binary(BinaryFunction function) -> binary(function, node);
            case TensorOp.Unary u -> elementwise(node);
            case TensorOp.Compare c -> elementwise(node);
            case TensorOp.Select s -> elementwise(node);
            case TensorOp.Convert c -> elementwise(node);
            default -> ANYTHING;
        };
    }

    private Knowledge binary(BinaryFunction function, Node node) {
        if (node.type().dtype().isInteger()
                && knowledge(node.input(0)) instanceof Knowledge.Affine a
                && knowledge(node.input(1)) instanceof Knowledge.Affine b
                && !(dependsOnDifference(node.input(0)) && dependsOnDifference(node.input(1)))) {
            // i and j alone are not functions of i - j; only their sums and differences may be.
            return switch (function) {
                case ADD ->
                    affine(
                            a.rows() + b.rows(),
                            a.columns() + b.columns(),
                            a.offset().plus(b.offset()));
                case SUB ->
                    affine(
                            a.rows() - b.rows(),
                            a.columns() - b.columns(),
                            a.offset().minus(b.offset()));
                case MUL, DIV, MAX, MIN, AND, OR -> ANYTHING;
            };
        }
        return elementwise(node);
    }

    private static Knowledge affine(long rows, long columns, Dim offset) {
        boolean small = Math.max(Math.abs(rows), Math.abs(columns)) <= MAX_REPETITIONS;
        return small ? new Knowledge.Affine(rows, columns, offset) : ANYTHING;
    }

    private Knowledge elementwise(Node node) {
        boolean difference = false;
        for (Node input : node.inputs()) {
            if (dependsOnDifference(input)) {
                difference = true;
            } else if (!(knowledge(input) instanceof Knowledge.Uniform)) {
                return ANYTHING;
            }
        }
        return difference ? OF_DIFFERENCE : UNIFORM;
    }

    /**
     * Returns the table {@code [R+C-1]} with {@code node(i,j) = table[i - j + C - 1]}: the node's own expression over a
     * vector of differences.
     */
    Node table(Builder b, Node node) {
        Dim length = node.type().dim(0).plus(node.type().dim(1)).plus(-1);
        Dim first = Dim.of(1).minus(node.type().dim(1));
        Map<DType, Node> differences = new EnumMap<>(DType.class);
        return new Table(b, Shape.of(length), first, differences, new IdentityHashMap<>()).rebuild(node);
    }

    /** Rebuilds an expression over the vector of differences, each node once. */
    private final class Table {
        private final Builder b;
        private final Shape shape;
        private final Dim first;
        private final Map<DType, Node> differences;
        private final Map<Node, Node> done;

        Table(Builder b, Shape shape, Dim first, Map<DType, Node> differences, Map<Node, Node> done) {
            this.b = b;
            this.shape = shape;
            this.first = first;
            this.differences = differences;
            this.done = done;
        }

        /** Rebuilds an expression with a stack of its own, as the expression may be deeper than the thread's. */
        Node rebuild(Node root) {
            Deque<Node> waiting = new ArrayDeque<>(List.of(root));
            while (!waiting.isEmpty()) {
                Node node = waiting.peek();
                List<Node> missing = knowledge(node) instanceof Knowledge.Affine
                        ? List.of()
                        : node.inputs().stream()
                                .filter(x -> !done.containsKey(x))
                                .toList();
                missing.forEach(waiting::push);
                if (missing.isEmpty()) {
                    waiting.pop();
                    done.computeIfAbsent(node, this::compute);
                }
            }
            return done.get(root);
        }

        /** Operands are there. */
        private Node compute(Node node) {
            if (node.op() instanceof TensorOp.Constant(Literal value, TensorType type)) {
                return type.rank() == 0 ? node : b.constant(value, type.withShape(shape));
            }
            if (knowledge(node) instanceof Knowledge.Affine affine) {
                return affine(affine, node.type().dtype()).withName(node.name());
            }
            List<Node> inputs = node.inputs().stream().map(done::get).toList();
            return b.op(node.op(), inputs).withName(node.name());
        }

        /** {@code a*i - a*j + c} as {@code a*(i-j) + c}. */
        private Node affine(Knowledge.Affine value, DType dtype) {
            Node difference = differences.computeIfAbsent(dtype, t -> b.iota(new TensorType(t, shape), 0, first));
            Node scaled = switch (Math.clamp(value.rows(), -2, 2)) {
                case 1 -> difference;
                case -1 -> b.unary(UnaryFunction.NEG, difference);
                default -> b.mul(difference, b.constant(dtype, value.rows()));
            };
            return value.offset().equals(Dim.of(0))
                    ? scaled
                    : b.add(scaled, b.iota(new TensorType(dtype, Shape.of(1)), 0, value.offset()));
        }
    }
}
