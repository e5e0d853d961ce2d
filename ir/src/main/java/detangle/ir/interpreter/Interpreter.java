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
import detangle.ir.interpreter.Evaluation.Data;
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
     * The results of a run. Floats are f64 in {@link Precision#F64}, of the declared type otherwise.
     *
     * @param outputs by name, in order
     * @param updates what the program's parameters become, by name; those that it does not replace are not listed
     */
    public record Results(Map<String, Tensor> outputs, Map<String, Tensor> updates) {}

    /** Returns the outputs of a program without parameters, as {@link #run(Program, Map, Map)} gives them. */
    public Map<String, Tensor> run(Program program, Map<String, Tensor> inputs) {
        return run(program, inputs, Map.of()).outputs();
    }

    /**
     * Evaluates a program. Nothing that is given changes: what parameters become is among the results.
     *
     * @param inputs a tensor for each input, by name, of the declared type
     * @param parameters a tensor for each parameter that the program reads, by name, of the declared type or in doubles
     * @throws InterpreterException if an input, parameter or constant is absent or of another type, an id is outside
     *     its table, or values need more memory than there is
     * @throws detangle.ir.IrException if the program breaks a constraint
     */
    public Results run(Program program, Map<String, Tensor> inputs, Map<String, Tensor> parameters) {
        Verifier.check(program);
        Map<String, Long> bindings = InputBinding.bind(program, inputs);
        Map<Node, Value> values =
                evaluate(program.roots(), bindings, new Data(inputs, parameters, program.constants()));
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        program.outputs().forEach(o -> outputs.put(o.name(), tensor(values.get(o.node()))));
        Map<String, Tensor> updates = new LinkedHashMap<>();
        program.updates().forEach(u -> updates.put(u.name(), tensor(values.get(u.value()))));
        return new Results(outputs, updates);
    }

    /**
     * Evaluates constant nodes: constants themselves, and functions of them and of the sizes alone.
     *
     * @param bindings sizes of the symbols
     * @return a tensor for each root; floats are f64 in {@link Precision#F64}, of the declared type otherwise
     */
    public Map<Node, Tensor> evaluate(List<Node> roots, Map<String, Long> bindings, Map<String, Tensor> constants) {
        Map<Node, Tensor> results = new IdentityHashMap<>();
        evaluate(roots, bindings, Data.ofConstants(constants))
                .forEach((node, value) -> results.put(node, tensor(value)));
        return results;
    }

    /** Computes one operation over host tensors; its attributes may mention symbols with these sizes. */
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
            Data data = new Data(values, Map.of(), Map.of());
            return tensor(evaluate(List.of(result), Map.of(), data).get(result));
        } catch (IrException | SizeException e) {
            throw new InterpreterException(e.getMessage() + " at sizes " + bindings);
        }
    }

    private Tensor tensor(Value value) {
        return value.toTensor(value.isFloat() && precision == Precision.F64 ? detangle.ir.DType.F64 : value.dtype());
    }

    private Map<Node, Value> evaluate(List<Node> roots, Map<String, Long> bindings, Data data) {
        try {
            return values(roots, bindings, data);
        } catch (IrException | SizeException e) {
            throw new InterpreterException(e.getMessage() + (bindings.isEmpty() ? "" : " at sizes " + bindings));
        }
    }

    private Map<Node, Value> values(List<Node> roots, Map<String, Long> bindings, Data data) {
        List<Output> outputs = new ArrayList<>();
        for (Node root : roots) {
            outputs.add(new Output("root" + outputs.size(), root));
        }
        Program program = Decomposition.decompose(new Program("roots", List.of(), outputs, data.constants()));
        Map<Node, List<Node>> users = program.users();
        Map<Node, Integer> uses = new IdentityHashMap<>();
        users.forEach((node, readers) -> uses.put(node, readers.size()));
        Set<Node> returned = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Output output : program.outputs()) {
            returned.add(output.node());
            uses.merge(output.node(), 1, Integer::sum);
        }

        Map<Node, Value> values = new IdentityHashMap<>();
        Evaluation evaluation = new Evaluation(precision, bindings, data);
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
