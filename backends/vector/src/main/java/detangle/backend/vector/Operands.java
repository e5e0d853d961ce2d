package detangle.backend.vector;

import detangle.backend.vector.kernel.KeptPanels;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Panels;
import detangle.backend.vector.kernel.PositionTable;
import detangle.backend.vector.kernel.RelativeTable;
import detangle.backend.vector.kernel.TileMatrix;
import detangle.ir.Node;
import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The operands of nodes in the forms that kernels read: made once where the value is a constant, else at each run.
 * Matrices are packed into memory of the frame then; vectors are copied, which takes memory.
 */
final class Operands {
    private final Selection selection;
    private final Map<Node, FrameValue> values;
    private final Constants constants;
    private int packedForms;

    /** A form of an operand, as a run has it. */
    @FunctionalInterface
    interface Form<T> {
        T of(Frame frame);
    }

    Operands(Selection selection, Map<Node, FrameValue> values, Constants constants) {
        this.selection = selection;
        this.values = values;
        this.constants = constants;
    }

    /** Returns whether products of two values that a run computes are in bfloat16. */
    boolean trainsOnTiles() {
        return constants.trainsOnTiles();
    }

    /** Returns whether a stored matrix is the weight of a linear layer and is packed for tiles. */
    boolean isWeightOnTiles(Node matrix) {
        return constants.isOnTiles(matrix) && constants.isOfALayer(matrix);
    }

    /** Returns how many operands have been bound that each run packs. */
    int packedForms() {
        return packedForms;
    }

    FrameValue value(Node node) {
        return values.get(node);
    }

    FrameValue value(Node node, int operand) {
        return values.get(node.input(operand));
    }

    List<FrameValue> values(Node node) {
        return node.inputs().stream().map(values::get).toList();
    }

    private boolean inMemory(Node node, int operand) {
        return selection.reads(node, operand) == Kernel.Reads.MEMORY;
    }

    /** Returns whether an operand has the same value at each run and at all sizes. */
    boolean isConstant(Node node, int operand) {
        return !inMemory(node, operand) || constants.isEvaluated(node.input(operand));
    }

    /**
     * Returns whether an operand has the same elements as long as its array and offset are the same: no run writes to
     * its memory.
     */
    boolean lasts(Node node, int operand) {
        return isConstant(node, operand) || selection.sources().tables().containsKey(node.input(operand));
    }

    /** A constant that the kernel reads as it is stored. */
    Tensor stored(Node node, int operand) {
        return constants.named(node.input(operand)).orElseThrow();
    }

    /** An operand as it is stored, or as it is in memory. */
    Form<Tensor> tensor(Node node, int operand) {
        if (inMemory(node, operand)) {
            FrameValue value = value(node, operand);
            return frame -> frame.shared(value);
        }
        return once(stored(node, operand));
    }

    private static <T> Form<T> once(T made) {
        return frame -> made;
    }

    /** A vector, padded to whole panels. */
    Form<float[]> vector(Node node, int operand) {
        if (!inMemory(node, operand)) {
            return once(constants.vector(node.input(operand)));
        }
        if (isConstant(node, operand)) {
            return once(Constants.padded((float[]) constants.evaluated(node.input(operand))));
        }
        FrameValue v = value(node, operand);
        return f -> Constants.padded(Arrays.copyOfRange(f.floats(v), f.offset(v), f.offset(v) + f.elements(v)));
    }

    /** A matrix {@code [N,K]}, packed for products with its transpose. */
    Form<Panels> matrix(Node node, int operand) {
        if (!inMemory(node, operand)) {
            return once(constants.matrix(node.input(operand)));
        }
        if (isConstant(node, operand)) {
            int[] shape = Constants.shape(node.input(operand));
            float[] data = (float[]) constants.evaluated(node.input(operand));
            return once(PackedMatrix.ofRows(data, 0, shape[0], shape[1]));
        }
        FrameValue v = value(node, operand);
        int number = packedForms++;
        return f -> {
            if (constants.trainsOnTiles() && f.elements(v) > 0) {
                TileMatrix matrix = f.tiles(number, 1, f.dim(v, 0), f.dim(v, 1))[0];
                matrix.pack(f.floats(v), f.offset(v));
                return matrix;
            }
            PackedMatrix matrix = f.packed(number, 1, f.dim(v, 0), f.dim(v, 1))[0];
            matrix.pack(f.floats(v), f.offset(v));
            return matrix;
        };
    }

    /**
     * Tables of positions {@code [A,P,d]}, each packed in the form that attention multiplies, as a run has them: with
     * the rows that a table of relative positions has.
     */
    @FunctionalInterface
    interface Tables {
        KeptPanels[] of(Frame frame, RelativeTable reached);
    }

    /** Matrices {@code [A,P,d]}, each packed. */
    Tables heads(Node node, int operand) {
        Node table = node.input(operand);
        boolean isStored = !inMemory(node, operand) && constants.variable(table).isEmpty();
        if (isStored && !constants.attendsOnTiles()) {
            PositionTable positions = constants.positions(table);
            return (frame, reached) -> positions.reaching(reached);
        }
        Form<? extends KeptPanels[]> whole = isStored
                ? once(constants.tiles(table))
                : constants.attendsOnTiles() ? wholeTiles(node, operand) : wholeHeads(node, operand);
        return (frame, reached) -> whole.of(frame);
    }

    private Form<PackedMatrix[]> wholeHeads(Node node, int operand) {
        if (!inMemory(node, operand)) {
            return once(constants.heads(node.input(operand)));
        }
        if (isConstant(node, operand)) {
            int[] shape = Constants.shape(node.input(operand));
            float[] data = (float[]) constants.evaluated(node.input(operand));
            return once(Constants.packHeads(data, 0, shape[0], shape[1], shape[2]));
        }
        FrameValue v = value(node, operand);
        int number = packedForms++;
        return f -> {
            PackedMatrix[] heads = f.packed(number, f.dim(v, 0), f.dim(v, 1), f.dim(v, 2));
            for (int h = 0; h < heads.length; h++) {
                heads[h].pack(f.floats(v), f.offset(v) + h * f.dim(v, 1) * f.dim(v, 2));
            }
            return heads;
        };
    }

    /** Returns the same for tiles; a parameter is packed at each run as well. */
    private Form<TileMatrix[]> wholeTiles(Node node, int operand) {
        Node table = node.input(operand);
        if (inMemory(node, operand) && isConstant(node, operand)) {
            int[] shape = Constants.shape(table);
            float[] data = (float[]) constants.evaluated(table);
            TileMatrix[] heads = new TileMatrix[shape[0]];
            for (int h = 0; h < heads.length; h++) {
                heads[h] = TileMatrix.emptySplit(shape[1], shape[2]);
            }
            return once(split(data, 0, heads));
        }
        int number = packedForms++;
        if (!inMemory(node, operand)) {
            int[] shape = Constants.shape(table);
            float[] data = constants.vector(table);
            return f -> split(data, 0, f.tiles(number, shape[0], shape[1], TileMatrix.splitDepth(shape[2])));
        }
        FrameValue v = value(node, operand);
        return f -> split(
                f.floats(v),
                f.offset(v),
                f.tiles(number, f.dim(v, 0), f.dim(v, 1), TileMatrix.splitDepth(f.dim(v, 2))));
    }

    private static TileMatrix[] split(float[] data, int offset, TileMatrix[] heads) {
        int at = offset;
        for (TileMatrix head : heads) {
            at += head.split(data, at);
        }
        return heads;
    }
}
