package detangle.backend.tornado.cublaslt;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Products of matrices as BLAS defines them, {@code C = op(A) op(B)} for each matrix of a batch, on memory of this
 * process. Operands are rounded as the precision says, sums are kept in double precision, and results are rounded to
 * the type of C.
 */
@SuppressWarnings("restricted") // Addresses are what the library is given.
public final class MatmulReference {
    private MatmulReference() {}

    /**
     * Matrices of a batch as they lie in memory, column by column.
     *
     * @param address the address of the first element
     * @param type the type of elements: {@link DType#F32}, {@link DType#F16} or {@link DType#BF16}
     * @param leading the distance in elements between two columns
     * @param stride the distance in elements between two matrices
     */
    public record Matrices(long address, DType type, long rows, long columns, long leading, long batch, long stride) {
        private int elements() {
            return Math.toIntExact(rows * columns);
        }

        private long start(long matrix, long column) {
            return matrix * stride + column * leading;
        }

        /** Returns one matrix, column by column without gaps. */
        private double[] read(long matrix, ComputePrecision precision) {
            double[] values = new double[elements()];
            int at = 0;
            for (long column = 0; column < columns; column++) {
                Elements elements = new Elements(address, type, start(matrix, column), rows);
                for (int row = 0; row < rows; row++) {
                    values[at++] = rounded(elements.get(row), precision);
                }
            }
            return values;
        }
    }

    /** Some elements that lie one after another. */
    private record Elements(MemorySegment memory, DType type) {
        Elements(long address, DType type, long first, long count) {
            this(MemorySegment.ofAddress(address + first * type.bytes()).reinterpret(count * type.bytes()), type);
        }

        float get(int index) {
            return switch (type) {
                case F32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
                case F16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, index));
                case BF16 -> Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, index) << 16);
                case F64, I32, I64, I1, I8 -> throw new IllegalArgumentException(type + " has no products");
            };
        }

        void set(int index, float value) {
            switch (type) {
                case F32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
                case F16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, index, Float.floatToFloat16(value));
                case BF16 ->
                    memory.setAtIndex(ValueLayout.JAVA_SHORT, index, (short)
                            (Float.floatToRawIntBits(toMantissa(value, 7)) >>> 16));
                case F64, I32, I64, I1, I8 -> throw new IllegalArgumentException(type + " has no products");
            }
        }
    }

    private static float rounded(float value, ComputePrecision precision) {
        return switch (precision) {
            case FP32 -> value;
            case TF32 -> toMantissa(value, 10);
            case FP16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> toMantissa(value, 7);
        };
    }

    /** Rounds to the nearest float whose mantissa has so many bits, to the even one where two are as near. */
    private static float toMantissa(float value, int bits) {
        if (!Float.isFinite(value)) {
            return value;
        }
        int dropped = 23 - bits;
        int raw = Float.floatToRawIntBits(value);
        int even = raw >>> dropped & 1;
        return Float.intBitsToFloat((raw + (1 << dropped - 1) - 1 + even) & -1 << dropped);
    }

    /**
     * Computes a product. C may not overlap with an operand, and its matrices and columns may not overlap.
     *
     * @param bias the address of a vector with an element of C's type for each row of C, or 0 if there is none
     * @param alpha what each sum of products is multiplied by
     * @throws IllegalArgumentException if the sizes do not belong together
     */
    public static void multiply(
            Matrices a,
            boolean transposeA,
            Matrices b,
            boolean transposeB,
            Matrices c,
            long bias,
            float alpha,
            ComputePrecision precision) {
        int m = Math.toIntExact(c.rows);
        int n = Math.toIntExact(c.columns);
        int k = Math.toIntExact(transposeA ? a.rows : a.columns);
        boolean fits = (transposeA ? a.columns : a.rows) == m
                && (transposeB ? b.columns : b.rows) == k
                && (transposeB ? b.rows : b.columns) == n
                && a.leading >= a.rows
                && b.leading >= b.rows
                && c.leading >= m
                && a.batch == c.batch
                && b.batch == c.batch;
        if (!fits || c.batch > 1 && c.stride < m) {
            throw new IllegalArgumentException("no product of " + a + " and " + b + " is " + c);
        }
        for (long matrix = 0; matrix < c.batch; matrix++) {
            double[] left = a.read(matrix, precision);
            double[] right = b.read(matrix, precision);
            double[] sums = new double[m];
            for (int column = 0; column < n; column++) {
                Arrays.fill(sums, 0);
                for (int d = 0; d < k; d++) {
                    double factor = right[transposeB ? column + d * n : d + column * k];
                    int first = transposeA ? d : d * m;
                    int step = transposeA ? k : 1;
                    for (int row = 0; row < m; row++) {
                        sums[row] += left[first + row * step] * factor;
                    }
                }
                Elements result = new Elements(c.address, c.type, c.start(matrix, column), m);
                for (int row = 0; row < m; row++) {
                    double added = bias == 0 ? 0 : new Elements(bias, c.type, 0, m).get(row);
                    result.set(row, (float) (alpha * sums[row] + added));
                }
            }
        }
    }
}
