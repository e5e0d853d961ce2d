package detangle.backend;

import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Checks the inputs of a run against a program and reads the sizes of its symbols from them. */
public final class ShapeBinding {
    private ShapeBinding() {}

    /**
     * The size of each symbol. What is neither a number nor a single symbol must follow from the symbols of others.
     *
     * @throws InputException if an input is missing, unknown, or of another type or shape
     */
    public static Map<String, Long> bind(Program program, Map<String, Tensor> inputs) {
        Map<String, Long> bindings = new TreeMap<>();
        Map<String, Node> declared = new TreeMap<>();
        for (Node node : program.inputs()) {
            declared.put(((TensorOp.Input) node.op()).name(), node);
        }
        for (String name : inputs.keySet()) {
            if (!declared.containsKey(name)) {
                throw new InputException("there is no input '" + name + "'; the inputs are " + declared.keySet());
            }
        }
        declared.forEach((name, node) -> {
            Tensor tensor = inputs.get(name);
            if (tensor == null) {
                throw new InputException("the input '" + name + "' is missing; it is " + node.type());
            }
            if (tensor.dtype() != node.type().dtype()
                    || tensor.rank() != node.type().rank()) {
                throw new InputException(
                        "the input '" + name + "' is " + tensor.type() + ", but must be " + node.type());
            }
            for (int axis = 0; axis < tensor.rank(); axis++) {
                if (isSimple(node.type().dim(axis))) {
                    bind(name, node.type().dim(axis), tensor, axis, bindings);
                }
            }
        });
        declared.forEach((name, node) -> {
            for (int axis = 0; axis < node.type().rank(); axis++) {
                Dim dim = node.type().dim(axis);
                if (!isSimple(dim)) {
                    bind(name, Dim.of(dim.evaluate(bindings)), inputs.get(name), axis, bindings);
                }
            }
        });
        return bindings;
    }

    private static boolean isSimple(Dim dim) {
        return dim.isStatic() || dim.symbols().contains(dim.toString());
    }

    private static void bind(String name, Dim dim, Tensor tensor, int axis, Map<String, Long> bindings) {
        long size = tensor.dim(axis);
        long expected;
        if (dim.isStatic()) {
            expected = dim.size();
        } else {
            Long bound = bindings.putIfAbsent(dim.toString(), size);
            expected = bound == null ? size : bound;
        }
        if (expected != size) {
            throw new InputException("the input '" + name + "' has shape " + Arrays.toString(tensor.shape())
                    + ", but axis " + axis + " (" + dim + ") must be " + expected);
        }
    }
}
