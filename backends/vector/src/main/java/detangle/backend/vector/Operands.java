package detangle.backend.vector;

import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Panels;
import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The operands of nodes in the forms that kernels read: made once where the value is the same at each run, else at each run. */
final class Operands {
    private final Selection selection;
    private final Set<Node> fixed;
    private final Map<Node, View> views;
    private final Constants constants;

    /**
     * @param fixed nodes whose values are the same at each run
     * @param views where values are; each is there before the first node that reads it is bound
     */
    Operands(Selection selection, Set<Node> fixed, Map<Node, View> views, Constants constants) {
        this.selection = selection;
        this.fixed = fixed;
        this.views = views;
        this.constants = constants;
    }

    View view(Node node, int operand) {
        return views.get(node.input(operand));
    }

    List<View> views(Node node) {
        return node.inputs().stream().map(views::get).toList();
    }

    private boolean inMemory(Node node, int operand) {
        return selection.reads(node, operand) == Kernel.Reads.MEMORY;
    }

    /** Whether an operand has the same value at each run. */
    boolean isFixed(Node node, int operand) {
        return !inMemory(node, operand) || fixed.contains(node.input(operand));
    }

    /** What an operand becomes for a kernel: once if it is fixed, else at each run. */
    static <T> Supplier<T> prepared(boolean isFixed, Supplier<T> value) {
        if (!isFixed) {
            return value;
        }
        T once = value.get();
        return () -> once;
    }

    /** A constant that the kernel reads as it is stored. */
    Tensor stored(Node node, int operand) {
        return constants.named(node.input(operand)).orElseThrow();
    }

    /** An operand as it is stored, or as it is in memory. */
    Tensor tensor(Node node, int operand) {
        return inMemory(node, operand) ? view(node, operand).asTensor() : stored(node, operand);
    }

    /** A vector, padded to whole panels. */
    Supplier<float[]> vector(Node node, int operand) {
        return prepared(isFixed(node, operand), () -> {
            if (!inMemory(node, operand)) {
                return constants.vector(node.input(operand));
            }
            View v = view(node, operand);
            return Constants.padded(Arrays.copyOfRange(v.floats(), v.offset(), v.offset() + v.elements()));
        });
    }

    /** A matrix {@code [N,K]}, packed for products with its transpose. */
    Supplier<Panels> matrix(Node node, int operand) {
        return prepared(isFixed(node, operand), () -> {
            if (!inMemory(node, operand)) {
                return constants.matrix(node.input(operand));
            }
            View v = view(node, operand);
            return PackedMatrix.ofRows(v.floats(), v.offset(), v.dim(0), v.dim(1));
        });
    }

    /** Matrices {@code [A,P,d]}, each packed. */
    PackedMatrix[] heads(Node node, int operand) {
        if (!inMemory(node, operand)) {
            return constants.heads(node.input(operand));
        }
        View v = view(node, operand);
        return Constants.packHeads(v.floats(), v.offset(), v.shape());
    }
}
