package detangle.ir.interpreter;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.SizeException;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Checks the inputs of a run against a program and reads the sizes of its symbols from them. */
public final class InputBinding {
    private InputBinding() {}

    /**
     * Returns the size of each symbol. What is neither a number nor a single symbol must follow from the symbols of
     * others.
     *
     * @throws InterpreterException if an input is missing, unknown, or of another type or shape, or if one of i1 holds
     *     more than 0 and 1
     */
    public static Map<String, Long> bind(Program program, Map<String, Tensor> inputs) {
        Map<String, Long> bindings = new TreeMap<>();
        Map<String, Node> declared = new TreeMap<>();
        for (Node node : program.inputs()) {
            declared.put(((TensorOp.Input) node.op()).name(), node);
        }
        for (String name : inputs.keySet()) {
            if (name == null || !declared.containsKey(name)) {
                throw new InterpreterException("there is no input '" + name + "'; the inputs are " + declared.keySet());
            }
        }
        declared.forEach((name, node) -> {
            Tensor tensor = inputs.get(name);
            if (tensor == null) {
                throw new InterpreterException("the input '" + name + "' is missing; it is " + node.type());
            }
            if (tensor.dtype() != node.type().dtype()
                    || tensor.rank() != node.type().rank()) {
                throw new InterpreterException("the input '" + name + "' is "
                        + tensor.dtype().text() + Arrays.toString(tensor.shape()) + ", but must be " + node.type());
            }
            checkTruthValues(name, tensor);
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
                    bind(name, Dim.of(size(name, dim, bindings)), inputs.get(name), axis, bindings);
                }
            }
        });
        return bindings;
    }

    /**
     * Checks that an input of i1 holds 0 and 1 alone, because kernels read its bytes as numbers.
     *
     * @throws InterpreterException if a byte is neither 0 nor 1
     */
    public static void checkTruthValues(String name, Tensor tensor) {
        if (tensor.dtype() == DType.I1) {
            for (long i = 0; i < tensor.elements(); i++) {
                long value = tensor.getLong(i);
                if (value != 0 && value != 1) {
                    throw new InterpreterException(
                            "the input '" + name + "' holds " + value + " at element " + i + ", but i1 is 0 or 1");
                }
            }
        }
    }

    private static boolean isSimple(Dim dim) {
        return dim.isStatic() || dim.asSymbol().isPresent();
    }

    private static long size(String name, Dim dim, Map<String, Long> bindings) {
        try {
            return dim.evaluate(bindings);
        } catch (SizeException e) {
            throw new InterpreterException("the input '" + name + "' has an axis of " + dim + ": " + e.getMessage());
        }
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
            throw new InterpreterException("the input '" + name + "' has shape " + Arrays.toString(tensor.shape())
                    + ", but axis " + axis + " (" + dim + ") must be " + expected);
        }
    }
}
