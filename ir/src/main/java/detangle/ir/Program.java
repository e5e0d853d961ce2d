package detangle.ir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A program: named inputs, named outputs, the parameters that it replaces, and the data of its {@link Literal.Named}
 * constants.
 *
 * @param inputs nodes with op {@link TensorOp.Input}, in call order; an input may be unused
 * @param updates what parameters become by a run, once everything has been computed from the values that they had
 *     before
 * @param constants data by name; may hold more than the program uses, and less when it was read from text
 */
public record Program(
        String name, List<Node> inputs, List<Output> outputs, List<Update> updates, Map<String, Tensor> constants) {
    /** A named result. Names are unique in a program. */
    public record Output(String name, Node node) {}

    /**
     * A parameter that a run replaces. Each is replaced once at most.
     *
     * @param parameter a node with op {@link TensorOp.Param}, which the program need not read
     * @param value of the parameter's type
     */
    public record Update(Node parameter, Node value) {
        /** Returns the name of the parameter. */
        public String name() {
            return ((TensorOp.Param) parameter.op()).name();
        }
    }

    public Program {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        updates = List.copyOf(updates);
        constants = Map.copyOf(constants);
    }

    /** A program that replaces no parameter. */
    public Program(String name, List<Node> inputs, List<Output> outputs, Map<String, Tensor> constants) {
        this(name, inputs, outputs, List.of(), constants);
    }

    /**
     * Returns the values that leave the program: those of its outputs and then those of its updates, in their order.
     */
    public List<Node> roots() {
        return Stream.concat(
                        outputs.stream().map(Output::node), updates.stream().map(Update::value))
                .toList();
    }

    /**
     * Returns every node that an output or an update needs and every input, operands before users; the order depends on
     * the graph alone. The {@linkplain SeveralResults results of one operation} stand side by side.
     */
    public List<Node> nodes() {
        List<Node> order = order();
        return order.stream().anyMatch(node -> node.op() instanceof SeveralResults)
                ? Operations.of(order).stream().flatMap(List::stream).toList()
                : order;
    }

    /**
     * Returns the nodes in their order, with the results of one operation in one list; every other node is in a list by
     * itself.
     */
    public List<List<Node>> operations() {
        return Operations.of(order());
    }

    private List<Node> order() {
        List<Node> order = new ArrayList<>();
        Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node input : inputs) {
            visit(input, done, order);
        }
        for (Output output : outputs) {
            visit(output.node(), done, order);
        }
        for (Update update : updates) {
            visit(update.parameter(), done, order);
            visit(update.value(), done, order);
        }
        return order;
    }

    /** Depth first with an explicit stack: a deep model must not overflow the thread's. */
    private static void visit(Node root, Set<Node> done, List<Node> order) {
        Deque<Node> stack = new ArrayDeque<>();
        stack.push(root);
        while (!stack.isEmpty()) {
            Node node = stack.peek();
            if (done.contains(node)) {
                stack.pop();
                continue;
            }
            boolean ready = true;
            for (int i = node.inputs().size() - 1; i >= 0; i--) {
                Node input = node.input(i);
                if (!done.contains(input)) {
                    stack.push(input);
                    ready = false;
                }
            }
            if (ready) {
                stack.pop();
                done.add(node);
                order.add(node);
            }
        }
    }

    /**
     * Returns the nodes that read each node, in program order, once an operand; nodes nobody reads have an empty list.
     */
    public Map<Node, List<Node>> users() {
        Map<Node, List<Node>> users = new IdentityHashMap<>();
        for (Node node : nodes()) {
            users.computeIfAbsent(node, n -> new ArrayList<>());
            for (Node input : node.inputs()) {
                users.computeIfAbsent(input, n -> new ArrayList<>()).add(node);
            }
        }
        return users;
    }

    /** Returns what may change the value of each node. */
    public Map<Node, Dependence> dependence() {
        Map<Node, Dependence> dependence = new IdentityHashMap<>();
        for (Node node : nodes()) {
            Dependence own = switch (node.op()) {
                case TensorOp.Input input -> Dependence.INPUT;
                case TensorOp.Param parameter -> Dependence.VARIABLE;
                default -> Dependence.CONSTANT;
            };
            dependence.put(node, node.inputs().stream().map(dependence::get).reduce(own, Dependence::and));
        }
        return dependence;
    }

    /**
     * Returns the nodes that may have another value at each run. All others are {@link Dependence#CONSTANT}: they have
     * one value for given sizes.
     */
    public Set<Node> eachRun() {
        Set<Node> changing = Collections.newSetFromMap(new IdentityHashMap<>());
        dependence().forEach((node, dependence) -> {
            if (dependence != Dependence.CONSTANT) {
                changing.add(node);
            }
        });
        return changing;
    }

    public Node output(String outputName) {
        return outputs.stream()
                .filter(o -> o.name().equals(outputName))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("program " + name + " has no output " + outputName))
                .node();
    }

    public Program withConstants(Map<String, Tensor> newConstants) {
        return new Program(name, inputs, outputs, updates, newConstants);
    }

    /** This program with more constants beside those it has. */
    public Program plusConstants(Map<String, Tensor> more) {
        Map<String, Tensor> all = new HashMap<>(constants);
        all.putAll(more);
        return withConstants(all);
    }
}
