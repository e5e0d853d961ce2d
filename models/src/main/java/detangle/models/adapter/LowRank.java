package detangle.models.adapter;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Merges an adapter into a matrix, as PEFT's {@code merge} does: the product in single precision whatever the
 * matrix is stored in, and one rounding to its type at the end (tuners/lora/layer.py; for DoRA
 * tuners/lora/variants.py).
 *
 * @param a {@code [rank,in]}
 * @param b {@code [out,rank]}
 * @param scale what {@code B * A} is multiplied by
 * @param magnitude the norm that each row gets, {@code [out]}; rows keep the norm that the sum gives them if it is
 *     empty
 */
record LowRank(Tensor a, Tensor b, float scale, Optional<Tensor> magnitude) {

    /** {@code W + scale * B * A}, or its rows at the norms that are stated, in the type of {@code W [out,in]}. */
    Tensor merged(Tensor weight) {
        int rank = Math.toIntExact(a.dim(0));
        int columns = Math.toIntExact(a.dim(1));
        int rows = Math.toIntExact(b.dim(0));
        float[] left = b.toFloats();
        float[] right = a.toFloats();
        Optional<float[]> norms = magnitude.map(Tensor::toFloats);
        float[] merged = weight.toFloats();
        float[] delta = new float[columns];
        for (int row = 0; row < rows; row++) {
            product(left, row * rank, right, rank, delta);
            int at = row * columns;
            for (int column = 0; column < columns; column++) {
                merged[at + column] += delta[column] * scale;
            }
            if (norms.isPresent()) {
                rescale(merged, at, columns, norms.get()[row]);
            }
        }
        return inType(merged, weight.dtype(), weight.shape());
    }

    /** Computes one row of {@code B * A}. */
    private static void product(float[] left, int from, float[] right, int rank, float[] row) {
        Arrays.fill(row, 0);
        for (int k = 0; k < rank; k++) {
            float factor = left[from + k];
            int at = k * row.length;
            for (int column = 0; column < row.length; column++) {
                row[column] += factor * right[at + column];
            }
        }
    }

    private static void rescale(float[] values, int from, int count, float norm) {
        double squares = 0;
        for (int i = from; i < from + count; i++) {
            squares += (double) values[i] * values[i];
        }
        float factor = norm / (float) Math.sqrt(squares);
        for (int i = from; i < from + count; i++) {
            values[i] *= factor;
        }
    }

    private static Tensor inType(float[] values, DType type, long[] shape) {
        Tensor single = Tensor.of(values, shape);
        return switch (type) {
            case F32 -> single;
            case F16, BF16 -> {
                short[] bits = new short[values.length];
                single.copyTo(0, type, bits, 0, bits.length);
                yield new Tensor(type, shape, MemorySegment.ofArray(bits));
            }
            default -> Tensor.ofDoubles(type, single.toDoubles(), shape);
        };
    }
}
