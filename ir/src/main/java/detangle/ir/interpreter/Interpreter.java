package detangle.ir.interpreter;

import detangle.ir.Builder;
import detangle.ir.Decomposition;
import detangle.ir.IrException;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Op;
import detangle.ir.OpDims;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.Verifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
     * @throws InterpreterException if an input or constant is absent or of another type, an id is outside its table, or values need more
     *     memory than there is
     * @throws detangle.ir.IrException if the program breaks a constraint
     */
    public Map<String, Tensor> run(Program program, Map<String, Tensor> inputs) {
        Verifier.check(program);
        Map<String, Long> bindings = InputBinding.bind(program, inputs);
        List<Node> roots = program.outputs().stream().map(Output::node).toList();
        Map<Node, Value> values = evaluate(roots, bindings, inputs, program.constants());
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (Output output : program.outputs()) {
            results.put(output.name(), tensor(values.get(output.node())));
        }
        return results;
    }

    /**
     * Evaluates constant nodes: constants themselves, and functions of them and of the sizes alone.
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
        try {
            Node result = b.op(OpDims.bind(op, bindings), inputs);
            return tensor(evaluate(List.of(result), Map.of(), values, Map.of()).get(result));
        } catch (IrException | SizeException e) {
            throw new InterpreterException(e.getMessage() + " at sizes " + bindings);
        }
    }

    private Tensor tensor(Value value) {
        return value.toTensor(value.isFloat() && precision == Precision.F64 ? detangle.ir.DType.F64 : value.dtype());
    }

    private Map<Node, Value> evaluate(
            List<Node> roots, Map<String, Long> bindings, Map<String, Tensor> inputs, Map<String, Tensor> constants) {
        try {
            return values(roots, bindings, inputs, constants);
        } catch (IrException | SizeException e) {
            throw new InterpreterException(e.getMessage() + (bindings.isEmpty() ? "" : " at sizes " + bindings));
        }
    }

    private Map<Node, Value> values(
            List<Node> roots, Map<String, Long> bindings, Map<String, Tensor> inputs, Map<String, Tensor> constants) {
        List<Output> outputs = new ArrayList<>();
        for (Node root : roots) {
            outputs.add(new Output("root" + outputs.size(), root));
        }
        Program program = Decomposition.decompose(new Program("roots", List.of(), outputs, constants));
        Map<Node, List<Node>> users = program.users();
        Map<Node, Integer> uses = new IdentityHashMap<>();
        users.forEach((node, readers) -> uses.put(node, readers.size()));
        Set<Node> returned = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Output output : program.outputs()) {
            returned.add(output.node());
            uses.merge(output.node(), 1, Integer::sum);
        }

        Map<Node, Value> values = new IdentityHashMap<>();
        Evaluation evaluation = new Evaluation(precision, bindings, inputs, constants);
        HeapBudget budget = new HeapBudget();
        for (Node node : program.nodes()) {
            boolean readInPlace = isNamed(node) && isGatheredOnly(node, users.get(node)) && !returned.contains(node);
            if (!readInPlace) {
                budget.take(node, Value.elements(Value.ints(node.shape().evaluate(bindings))));
                List<Value> operands = node.inputs().stream().map(values::get).toList();
                values.put(node, evaluation.evaluate(node, operands));
            }
            for (Node operand : node.inputs()) {
                if (uses.merge(operand, -1, Integer::sum) == 0) {
                    Value dead = values.remove(operand);
                    if (dead != null) { // What is read in place is not there.
                        budget.release(dead.elements());
                    }
                }
            }
        }
        Map<Node, Value> results = new IdentityHashMap<>();
        for (int i = 0; i < roots.size(); i++) {
            Value value = values.get(program.outputs().get(i).node());
            budget.take(roots.get(i), value.elements()); // Each result is a copy.
            results.put(roots.get(i), value);
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
