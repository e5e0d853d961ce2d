package detangle.backend.vector;

import detangle.backend.InputException;
import detangle.backend.ShapeBinding;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.InternalException;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Checks the inputs of a run and reads the sizes of symbols from them, without an object of its own unless they do not
 * fit.
 */
final class ProgramInputs {
    private final Program program;
    private final Given[] given;

    /**
     * An input. An axis has a fixed size, or that of a symbol, or one that follows from other symbols; -1 stands for
     * what it has not.
     *
     * @param follows the place of the size in the {@link SizeTable}
     */
    private record Given(String name, DType dtype, long[] fixed, int[] symbols, int[] follows) {
        static Given of(Node node, SizeTable table) {
            int rank = node.type().rank();
            long[] fixed = new long[rank];
            int[] symbols = new int[rank];
            int[] follows = new int[rank];
            for (int axis = 0; axis < rank; axis++) {
                Dim dim = node.type().dim(axis);
                Optional<String> symbol = dim.asSymbol();
                fixed[axis] = dim.isStatic() ? dim.size() : -1;
                symbols[axis] = symbol.isPresent() ? table.symbol(symbol.get()) : -1;
                follows[axis] = dim.isStatic() || symbol.isPresent() ? -1 : table.slot(dim);
            }
            return new Given(((TensorOp.Input) node.op()).name(), node.type().dtype(), fixed, symbols, follows);
        }

        boolean bind(Tensor tensor, long[] values) {
            if (tensor == null || tensor.dtype() != dtype || tensor.rank() != fixed.length) {
                return false;
            }
            for (int axis = 0; axis < fixed.length; axis++) {
                long size = tensor.dim(axis);
                int symbol = symbols[axis];
                if (symbol >= 0 && values[symbol] < 0) {
                    values[symbol] = size;
                }
                boolean fits = symbol >= 0 ? values[symbol] == size : fixed[axis] < 0 || fixed[axis] == size;
                if (!fits) {
                    return false;
                }
            }
            return true;
        }

        boolean follows(Tensor tensor, long[] sizes) {
            for (int axis = 0; axis < follows.length; axis++) {
                if (follows[axis] >= 0 && sizes[follows[axis]] != tensor.dim(axis)) {
                    return false;
                }
            }
            return true;
        }
    }

    ProgramInputs(Program program, SizeTable table) {
        this.program = program;
        this.given =
                program.inputs().stream().map(node -> Given.of(node, table)).toArray(Given[]::new);
    }

    /** Returns the name of an input, in the order of the program. */
    String name(int i) {
        return given[i].name;
    }

    /**
     * Reads the sizes of the symbols.
     *
     * @param values are filled; -1 for a symbol that no input has
     * @throws InputException if an input is missing, unknown, or of another type or shape
     */
    void bind(Map<String, Tensor> inputs, long[] values) {
        Arrays.fill(values, -1);
        boolean fits = inputs.size() == given.length;
        for (int i = 0; fits && i < given.length; i++) {
            fits = given[i].bind(inputs.get(given[i].name), values);
        }
        if (!fits) {
            throw fault(inputs);
        }
    }

    /**
     * Checks the axes whose sizes follow from those of others.
     *
     * @throws InputException as there
     */
    void check(Map<String, Tensor> inputs, long[] sizes) {
        for (Given input : given) {
            if (!input.follows(inputs.get(input.name), sizes)) {
                throw fault(inputs);
            }
        }
    }

    /**
     * Checks all again, where sizes that follow from others could not be evaluated.
     *
     * @throws InputException as there
     */
    void check(Map<String, Tensor> inputs) {
        ShapeBinding.bind(program, inputs);
    }

    /** Returns what is wrong, in the words that all backends have for it. */
    private InternalException fault(Map<String, Tensor> inputs) {
        Map<String, Long> bindings = ShapeBinding.bind(program, inputs);
        return new InternalException("inputs that fit at sizes " + bindings + " are refused");
    }
}
