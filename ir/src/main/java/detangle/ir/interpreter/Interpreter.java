package detangle.ir.interpreter;

import detangle.ir.Builder;
import detangle.ir.Decomposition;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The definition of every operation: plain loops, readability over speed. Kernel-level operations are evaluated through
 * their {@link Decomposition}.
 */
public final class Interpreter {
    private final Precision precision;

    public Interpreter(Precision precision) {
        this.precision = precision;
    }

    /**
     * Evaluates a program.
     *
     * @param inputs a tensor for each input, by name, of the declared type
     * @return the outputs by name, in order; floats are f64 in {@link Precision#F64}, of the declared type otherwise
     * @throws InterpreterException if an input or constant is absent, or an id is outside its table
     */
    public Map<String, Tensor> run(Program program, Map<String, Tensor> inputs) {
        Map<String, Long> bindings = new HashMap<>();
        for (Node node : program.inputs()) {
            bind(node.shape(), input(inputs, ((TensorOp.Input) node.op()).name()), bindings);
        }
        List<Node> roots = program.outputs().stream().map(Output::node).toList();
        Map<Node, Value> values = evaluate(roots, bindings, inputs, program.constants());
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (Output output : program.outputs()) {
            results.put(output.name(), tensor(values.get(output.node())));
        }
        return results;
    }

    /**
     * Evaluates nodes that depend on no input: constants, and functions of the sizes alone.
     *
     * @param bindings sizes of the symbols
     * @return a tensor for each root; floats are f64 in {@link Precision#F64}, of the declared type otherwise
     */
    public Map<Node, Tensor> evaluate(List<Node> roots, Map<String, Long> bindings, Map<String, Tensor> constants) {
        Map<Node, Tensor> results = new IdentityHashMap<>();
        evaluate(roots, bindings, Map.of(), constants).forEach((node, value) -> results.put(node, tensor(value)));
        return results;
    }

    /** One operation over host tensors; its attributes may mention symbols with these sizes. */
    public Tensor apply(Op op, List<Tensor> operands, Map<String, Long> bindings) {
        List<Node> inputs = new ArrayList<>();
        Map<String, Tensor> values = new HashMap<>();
        Builder b = new Builder();
        for (int i = 0; i < operands.size(); i++) {
            inputs.add(b.input("x" + i, operands.get(i).type()));
            values.put("x" + i, operands.get(i));
        }
        Node result = b.op(Substitution.bind(op, bindings), inputs);
        return tensor(evaluate(List.of(result), Map.of(), values, Map.of()).get(result));
    }

    private Tensor tensor(Value value) {
        return value.toTensor(value.isFloat() && precision == Precision.F64 ? detangle.ir.DType.F64 : value.dtype());
    }

    private static Tensor input(Map<String, Tensor> inputs, String name) {
        Tensor tensor = inputs.get(name);
        if (tensor == null) {
            throw new InterpreterException("the input '" + name + "' is missing");
        }
        return tensor;
    }

    private static void bind(Shape shape, Tensor tensor, Map<String, Long> bindings) {
        if (shape.rank() != tensor.rank()) {
            throw new InterpreterException(tensor + " is given where the shape is " + shape);
        }
        for (int axis = 0; axis < shape.rank(); axis++) {
            Dim dim = shape.dim(axis);
            if (!dim.isStatic()) {
                bindings.putIfAbsent(dim.toString(), tensor.dim(axis));
            }
        }
        if (!Arrays.equals(shape.evaluate(bindings), tensor.shape())) {
            throw new InterpreterException(tensor + " is given where the shape is " + shape + " with " + bindings);
        }
    }

    private Map<Node, Value> evaluate(
            List<Node> roots, Map<String, Long> bindings, Map<String, Tensor> inputs, Map<String, Tensor> constants) {
        List<Output> outputs = new ArrayList<>();
        for (Node root : roots) {
            outputs.add(new Output("root" + outputs.size(), root));
        }
        Program program = Decomposition.decompose(new Program("roots", List.of(), outputs, constants));
        Map<Node, List<Node>> users = program.users();
        Map<Node, Integer> uses = new IdentityHashMap<>();
        users.forEach((node, readers) -> uses.put(node, readers.size()));
        program.outputs().forEach(o -> uses.merge(o.node(), 1, Integer::sum));

        Map<Node, Value> values = new IdentityHashMap<>();
        Evaluation evaluation = new Evaluation(precision, bindings, inputs, constants);
        for (Node node : program.nodes()) {
            boolean readInPlace = isNamed(node) && isGatheredOnly(node, users.get(node));
            if (!readInPlace) {
                List<Value> operands = node.inputs().stream().map(values::get).toList();
                values.put(node, evaluation.evaluate(node, operands));
            }
            for (Node operand : node.inputs()) {
                if (uses.merge(operand, -1, Integer::sum) == 0) {
                    values.remove(operand);
                }
            }
        }
        Map<Node, Value> results = new IdentityHashMap<>();
        for (int i = 0; i < roots.size(); i++) {
            results.put(roots.get(i), values.get(program.outputs().get(i).node()));
        }
        return results;
    }

    /** Tables are read where they stand: converting a vocabulary to doubles would take gigabytes. */
    private static boolean isNamed(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Named name, TensorType type);
    }

    private static boolean isGatheredOnly(Node table, List<Node> users) {
        return !users.isEmpty()
                && users.stream()
                        .allMatch(u -> u.op() instanceof TensorOp.Gather && u.input(0) == table && u.input(1) != table);
    }
}
