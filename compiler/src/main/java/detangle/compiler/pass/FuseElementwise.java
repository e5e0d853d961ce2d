package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Level;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.RegionTyping;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Elementwise primitives become regions: one kernel that computes an expression for each element. A producer joins the
 * region of its only reader if both have one shape; one that broadcasts would be computed again for each repetition.
 * Regions read the operand of a {@code broadcast} in place, so that its repetitions are not in memory. Each region
 * draws the random numbers that it reads, and computes the values that follow from them alone: to draw numbers again
 * costs less than to write and read them.
 *
 * <pre>
 * %c = add %a, %b      =>   %d = elementwise %a, %b {mul(add(a0, a1), 0.5:f32)}
 * %d = mul %c, 0.5
 * </pre>
 */
public final class FuseElementwise implements Pass {
    /** More operands than this would not fit the registers that a kernel keeps them in. */
    private static final int MAX_OPERANDS = 8;

    private static final int MAX_FUNCTIONS = 32;

    /**
     * Functions, arguments and numbers of an expression as it is written, where what is read twice is written twice:
     * doublings of doublings would not end.
     */
    private static final int MAX_PARTS = 256;

    @Override
    public String name() {
        return "fuse-elementwise";
    }

    @Override
    public Level leaves(Level before) {
        return Level.COMPILED;
    }

    @Override
    public Program run(Program program) {
        Map<Node, List<Node>> users = program.users();
        Set<Node> returned = Collections.newSetFromMap(new IdentityHashMap<>());
        returned.addAll(program.roots());
        List<Node> nodes = program.nodes();
        Map<Node, Grown> regions = new IdentityHashMap<>();
        for (Node node : nodes) {
            if (Patterns.isElementwise(node) && !isStoredWeight(node)) {
                regions.put(node, grow(node, regions, users, returned));
            }
        }
        Set<Node> read = read(nodes, regions, returned);
        Map<Node, Node> rebuilt = new IdentityHashMap<>();
        for (Node node : nodes) {
            if (!read.contains(node)) {
                rebuilt.put(node, node); // It has joined its readers, and nothing reads it.
            } else if (regions.containsKey(node)) {
                rebuilt.put(node, regions.get(node).node(rebuilt, node.shape()).withName(node.name()));
            } else {
                List<Node> inputs = node.inputs().stream().map(rebuilt::get).toList();
                rebuilt.put(node, inputs.equals(node.inputs()) ? node : node.withInputs(inputs));
            }
        }
        return regions.isEmpty() ? program : Rewriter.replace(program, rebuilt);
    }

    /** Returns the nodes that are left after producers have joined their readers. Each of them becomes a region. */
    private static Set<Node> read(List<Node> nodes, Map<Node, Grown> regions, Set<Node> returned) {
        Set<Node> read = Collections.newSetFromMap(new IdentityHashMap<>());
        read.addAll(returned);
        for (Node node : nodes.reversed()) {
            if (read.contains(node)) {
                read.addAll(regions.containsKey(node) ? regions.get(node).operands() : node.inputs());
            }
        }
        return read;
    }

    /** A stored weight is converted by the kernel that reads it. */
    private static boolean isStoredWeight(Node node) {
        return node.op() instanceof TensorOp.Convert && node.input(0).op() instanceof TensorOp.Constant;
    }

    /** A region over nodes of the program before the pass. */
    private record Grown(List<Node> operands, ScalarExpr body, int functions, int parts) {
        /** @param shape the shape of the node that it computes */
        Node node(Map<Node, Node> rebuilt, Shape shape) {
            Grown grown = canDraw(shape) ? drawing(shape) : this;
            List<DType> dtypes =
                    grown.operands().stream().map(n -> n.type().dtype()).toList();
            List<Node> inputs =
                    unrepeated(grown.operands().stream().map(rebuilt::get).toList(), shape);
            return new Builder().op(new KernelOp.Elementwise(new Region(dtypes, grown.body())), inputs);
        }

        /**
         * Operands before they are repeated, as far as the shape follows from the others: a region repeats them as it
         * reads.
         */
        private static List<Node> unrepeated(List<Node> operands, Shape shape) {
            List<Node> inputs = new ArrayList<>(operands);
            for (int i = 0; i < inputs.size(); i++) {
                Node operand = inputs.get(i);
                if (operand.op() instanceof TensorOp.Broadcast) {
                    inputs.set(i, operand.input(0));
                    if (!shapeOf(inputs).equals(shape)) {
                        inputs.set(i, operand);
                    }
                }
            }
            return inputs;
        }

        private static Shape shapeOf(List<Node> operands) {
            return operands.stream()
                    .map(Node::shape)
                    .reduce(Shape.SCALAR, (a, b) -> Shape.broadcast(a, b).orElseThrow());
        }

        /** Returns whether it draws random numbers and reads no tensor, so that each reader may compute it again. */
        boolean isCheap(Shape shape) {
            boolean draws = false;
            for (Node operand : operands) {
                if (!isDrawn(operand, shape) && operand.type().rank() > 0) {
                    return false;
                }
                draws |= isDrawn(operand, shape);
            }
            return draws;
        }

        /** Returns whether it reads random numbers, and its shape follows from its other operands. */
        private boolean canDraw(Shape shape) {
            List<Node> others =
                    operands.stream().filter(o -> !isDrawn(o, shape)).toList();
            return others.size() < operands.size() && shapeOf(others).equals(shape);
        }

        /** Returns the region that draws its random numbers itself. */
        private Grown drawing(Shape shape) {
            List<Node> order = new ArrayList<>();
            List<ScalarExpr> arguments = new ArrayList<>();
            for (Node operand : operands) {
                arguments.add(
                        isDrawn(operand, shape)
                                ? new ScalarExpr.Random(
                                        operand(operand.input(0), order),
                                        ((TensorOp.RandomUniform) operand.op()).stream())
                                : operand(operand, order));
            }
            return new Grown(order, body.withArguments(arguments), functions, parts);
        }

        private static boolean isDrawn(Node operand, Shape shape) {
            return operand.op() instanceof TensorOp.RandomUniform(TensorType type, long stream)
                    && type.equals(new TensorType(DType.F32, shape))
                    && RegionTyping.isStream(stream);
        }
    }

    private static Grown grow(Node node, Map<Node, Grown> regions, Map<Node, List<Node>> users, Set<Node> returned) {
        Set<Node> absorbed = Collections.newSetFromMap(new IdentityHashMap<>());
        int functions = 1;
        int parts = 1 + node.inputs().size();
        Set<Node> operands = Collections.newSetFromMap(new IdentityHashMap<>());
        operands.addAll(node.inputs());
        for (Node input : node.inputs()) {
            Grown producer = regions.get(input);
            boolean joins = producer != null
                    && (isReadHereAlone(input, node, users, returned) || producer.isCheap(input.shape()))
                    && input.shape().equals(node.shape())
                    && functions + producer.functions() <= MAX_FUNCTIONS;
            int addedParts = joins ? (producer.parts() - 1) * Collections.frequency(node.inputs(), input) : 0;
            if (joins && !absorbed.contains(input) && parts + addedParts <= MAX_PARTS) {
                Set<Node> together = Collections.newSetFromMap(new IdentityHashMap<>());
                together.addAll(operands);
                together.addAll(producer.operands());
                if (together.size() <= MAX_OPERANDS) {
                    operands.addAll(producer.operands());
                    absorbed.add(input);
                    functions += producer.functions();
                    parts += addedParts;
                }
            }
        }
        List<Node> order = new ArrayList<>();
        Map<Node, ScalarExpr> expressions = new IdentityHashMap<>();
        for (Node input : node.inputs()) {
            if (!expressions.containsKey(input)) {
                expressions.put(
                        input, absorbed.contains(input) ? inline(regions.get(input), order) : operand(input, order));
            }
        }
        List<ScalarExpr> in = node.inputs().stream().map(expressions::get).toList();
        return new Grown(order, ScalarExpr.of((TensorOp) node.op(), in).orElseThrow(), functions, parts);
    }

    private static boolean isReadHereAlone(Node input, Node reader, Map<Node, List<Node>> users, Set<Node> returned) {
        return !returned.contains(input) && users.get(input).stream().allMatch(u -> u == reader);
    }

    /** An operand becomes an argument; a scalar constant is written into the expression. */
    private static ScalarExpr operand(Node input, List<Node> order) {
        if (input.type().rank() == 0
                && input.op() instanceof TensorOp.Constant(Literal.Splat(double value), TensorType type)) {
            return new ScalarExpr.Const(value, type.dtype());
        }
        int index = indexOf(input, order);
        return new ScalarExpr.Arg(index, input.type().dtype());
    }

    private static int indexOf(Node node, List<Node> order) {
        for (int i = 0; i < order.size(); i++) {
            if (order.get(i) == node) {
                return i;
            }
        }
        order.add(node);
        return order.size() - 1;
    }

    /** Returns the producer's expression with renumbered arguments, or the same object if they keep their numbers. */
    private static ScalarExpr inline(Grown producer, List<Node> order) {
        List<ScalarExpr> arguments = new ArrayList<>();
        boolean same = true;
        for (Node operand : producer.operands()) {
            int index = indexOf(operand, order);
            same &= index == arguments.size();
            arguments.add(new ScalarExpr.Arg(index, operand.type().dtype()));
        }
        return same ? producer.body() : producer.body().withArguments(arguments);
    }
}
