package detangle.testing;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A random program while it is made: its inputs, its constants, and the values that further steps may read. */
final class Draft {
    /** Indices that are inputs lie in a table of that many rows. */
    static final int TABLE_ROWS = 11;

    /** One, primes, and one less, the same and one more than vectors hold. */
    private static final int[] SIZES = {1, 1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 31, 33};

    final Random random;
    final Builder b = new Builder();
    final Dim batch = Dim.symbol("B");
    final Dim length = Dim.symbol("S");

    /** Whether the program keeps to what other runtimes can do. */
    final boolean portable;

    final List<Node> inputs = new ArrayList<>();
    final Map<String, Tensor> constants = new HashMap<>();

    /** Values in f32, the newest last. */
    final List<Node> floats = new ArrayList<>();

    Draft(long seed, boolean portable) {
        this.random = new Random(seed);
        this.portable = portable;
    }

    <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    int size() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    Node scalar(double value) {
        return b.constant(DType.F32, value);
    }

    Node input(TensorType type) {
        return input("x" + inputs.size(), type);
    }

    Node input(String name, TensorType type) {
        Node node = b.input(name, type);
        inputs.add(node);
        if (type.dtype() == DType.F32) {
            floats.add(node);
        }
        return node;
    }

    /** Returns a row of a table for each token. */
    Node ids() {
        return input(TensorType.of(DType.I64, batch, length));
    }

    Node mask(Shape shape) {
        return input(new TensorType(DType.I1, shape));
    }

    /** Returns a named constant, in one of the types that weights are stored in, as f32. */
    Node parameter(long... shape) {
        DType stored = List.of(DType.F32, DType.F16, DType.BF16).get(random.nextInt(3));
        String name = "w" + constants.size();
        TensorType type = TensorType.of(stored, shape);
        constants.put(name, value(type, shape));
        return b.convert(b.constant(new Literal.Named(name), type), DType.F32);
    }

    /** Returns a value for an input or a constant. */
    Tensor value(TensorType type, long[] shape) {
        int n = Math.toIntExact(Tensor.elements(shape));
        double[] values = new double[n];
        // Now and then logits far from zero, denormals, zeros of both signs; masks of nothing and masks with empty
        // rows.
        double scale = random.nextInt(8) > 0 ? 1 : pick(List.of(1e4, 1e-39, -0.0));
        int width = shape.length == 0 ? 1 : (int) Math.max(1, shape[shape.length - 1]);
        int emptyRows = random.nextInt(5);
        for (int i = 0; i < n; i++) {
            values[i] = switch (type.dtype()) {
                case F32, F16, BF16, F64 -> random.nextGaussian() * scale;
                case I1 -> emptyRows == 0 || emptyRows == 1 && i / width % 2 == 0 || random.nextInt(4) == 0 ? 0 : 1;
                case I32, I64, I8 -> random.nextInt(TABLE_ROWS);
            };
        }
        return Tensor.ofDoubles(type.dtype(), values, shape);
    }

    /** Returns whether the last axis of a value is a number above 0. */
    static boolean hasStaticWidth(Node x) {
        return x.type().rank() > 0
                && x.type().dim(-1).isStatic()
                && x.type().dim(-1).size() > 0;
    }
}
