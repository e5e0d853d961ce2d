package detangle.compiler.pass;

import detangle.compiler.ConstantEvaluator;
import detangle.compiler.Pass;
import detangle.ir.DType;
import detangle.ir.Dependence;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.OpDims;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.rewrite.Rewriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Evaluates what depends on constants alone and has fixed sizes. The projections of the relative positions, {@code PK}
 * and {@code PQ}, are such values when the parameters are bound.
 *
 * <p>A device that computes such tables by itself is left those that attention reads ({@link ProjectedPositions}).
 *
 * <p>What merely moves, repeats or converts a constant is left to the backend, which reads weights as they are stored;
 * folding it would only make a copy. Parts of a constant are copied in the type in which it is stored.
 */
public final class FoldConstants implements Pass {
    /** Results up to this size are written into the program. */
    private static final int MAX_DENSE_ELEMENTS = 16;

    /** Beyond it, not every whole number is a double. */
    private static final double FIRST_INEXACT_WHOLE_NUMBER = 0x1p53;

    private final ConstantEvaluator evaluator;
    private final boolean leavesPositions;

    /** Folds with the interpreter in f64, whose results the backend rounds: folding changes no value. */
    public FoldConstants() {
        this((roots, constants) -> new Interpreter(Precision.F64).evaluate(roots, Map.of(), constants));
    }

    public FoldConstants(ConstantEvaluator evaluator) {
        this(evaluator, false);
    }

    private FoldConstants(ConstantEvaluator evaluator, boolean leavesPositions) {
        this.evaluator = evaluator;
        this.leavesPositions = leavesPositions;
    }

    /**
     * Returns the pass that leaves projections of positions to the device where attention alone reads them, and folds
     * the rows that are projected.
     */
    public static FoldConstants leavingPositions(ConstantEvaluator evaluator) {
        return new FoldConstants(evaluator, true);
    }

    @Override
    public String name() {
        return "fold-constants";
    }

    @Override
    public Program run(Program program) {
        Set<Node> constant = constantNodes(program);
        List<Node> roots = roots(program, constant);
        if (roots.isEmpty()) {
            return program;
        }
        Map<Node, Tensor> moved = moved(roots, program.constants());
        Map<Node, Tensor> values = new IdentityHashMap<>(moved);
        List<Node> computed =
                roots.stream().filter(root -> !moved.containsKey(root)).toList();
        values.putAll(evaluator.evaluate(computed, program.constants()));
        Map<Node, Node> replacements = new IdentityHashMap<>();
        Map<String, Tensor> data = new HashMap<>(program.constants());
        for (Node root : roots) {
            Tensor value = values.get(root);
            Literal literal = literal(value).orElseGet(() -> {
                String name = freeName(root, data);
                data.put(name, value);
                return new Literal.Named(name);
            });
            // What is computed is rounded by whoever reads it, what is stored has its type.
            DType dtype = moved.containsKey(root) ? value.dtype() : root.type().dtype();
            replacements.put(root, constant(root, literal, dtype));
        }
        return Rewriter.replace(program, replacements).withConstants(data);
    }

    /** Returns the values of roots that are parts of stored constants, but for those that become literals. */
    private static Map<Node, Tensor> moved(List<Node> roots, Map<String, Tensor> constants) {
        MovedConstants parts = new MovedConstants(constants);
        Map<Node, Tensor> moved = new IdentityHashMap<>();
        for (Node root : roots) {
            if (Tensor.elements(root.shape().sizes()) > MAX_DENSE_ELEMENTS) {
                parts.of(root).ifPresent(part -> moved.put(root, part));
            }
        }
        return moved;
    }

    /** Returns a constant of one type in the place of a node that may be of another one. */
    private static Node constant(Node root, Literal literal, DType dtype) {
        TensorType type = TensorType.of(dtype, root.shape().sizes());
        boolean isOfType = dtype == root.type().dtype();
        Node constant = new Node(
                new TensorOp.Constant(literal, type), List.of(), type, isOfType ? root.name() : "", root.location());
        return isOfType
                ? constant
                : new Node(
                        new TensorOp.Convert(root.type().dtype()),
                        List.of(constant),
                        root.type(),
                        root.name(),
                        root.location());
    }

    /** Constant nodes that do not depend on sizes either, and whose data is there. */
    private Set<Node> constantNodes(Program program) {
        Map<Node, Dependence> dependence = program.dependence();
        Set<Node> constant = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Node> left = leavesPositions ? ProjectedPositions.of(program) : Set.of();
        for (Node node : program.nodes()) {
            // A program that was read from text has none of its data.
            boolean lacksData = node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)
                    && !program.constants().containsKey(name);
            if (dependence.get(node) == Dependence.CONSTANT
                    && !lacksData
                    && node.shape().isStatic()
                    && OpDims.isStatic(node.op())
                    && !left.contains(node)
                    && constant.containsAll(node.inputs())) {
                constant.add(node);
            }
        }
        return constant;
    }

    private static List<Node> roots(Program program, Set<Node> constant) {
        Set<Node> returned = Collections.newSetFromMap(new IdentityHashMap<>());
        returned.addAll(program.roots());
        List<Node> roots = new ArrayList<>();
        Map<Node, List<Node>> users = program.users();
        Set<Node> cheap = cheap(program);
        for (Node node : program.nodes()) {
            boolean read = returned.contains(node)
                    || users.get(node).stream().anyMatch(user -> !constant.contains(user) || cheap.contains(user));
            if (constant.contains(node) && read && !cheap.contains(node)) {
                roots.add(node);
            }
        }
        return roots;
    }

    /** Constants, and what moves, repeats or converts them: nothing is computed. */
    private static Set<Node> cheap(Program program) {
        Set<Node> cheap = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : program.nodes()) {
            boolean isCheap = switch (node.op()) {
                case TensorOp.Constant c -> true;
                case TensorOp.Broadcast b -> true;
                case TensorOp.Convert c -> cheap.contains(node.input(0));
                case TensorOp.Reshape r -> cheap.contains(node.input(0));
                case TensorOp.Transpose t -> cheap.contains(node.input(0));
                // Whatever computes something is folded, which is right for any operation.
                default -> false;
            };
            if (isCheap) {
                cheap.add(node);
            }
        }
        return cheap;
    }

    private static Optional<Literal> literal(Tensor value) {
        double[] values = value.elements() <= MAX_DENSE_ELEMENTS ? value.toDoubles() : new double[0];
        if (value.elements() > MAX_DENSE_ELEMENTS || values.length == 0 || !isExact(value)) {
            return Optional.empty();
        }
        boolean same = Arrays.stream(values).allMatch(v -> Double.compare(v, values[0]) == 0);
        return Optional.of(
                same
                        ? new Literal.Splat(values[0])
                        : new Literal.Dense(Arrays.stream(values).boxed().toList()));
    }

    /** Returns whether doubles, which literals are, hold the elements. */
    private static boolean isExact(Tensor value) {
        return value.dtype() != DType.I64
                || Arrays.stream(value.toLongs()).allMatch(v -> Math.abs((double) v) < FIRST_INEXACT_WHOLE_NUMBER);
    }

    private static String freeName(Node root, Map<String, Tensor> taken) {
        String base = "folded." + (root.name().isEmpty() ? "value" : root.name());
        String name = base;
        for (int i = 1; taken.containsKey(name); i++) {
            name = base + "." + i;
        }
        return name;
    }
}
