package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.ir.DType;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * A {@link PackedMatrix} with elements in the 16 bits that they are stored in, which takes half the memory. A product
 * unpacks a panel into the cache when its turn comes.
 *
 * @param dtype f16 or bf16
 */
public record NarrowMatrix(short[] data, DType dtype, int k, int n) implements KeptPanels {
    /** Writes the bits of a row of a matrix into an array, from a place on. */
    @FunctionalInterface
    public interface RowReader {
        void read(int row, short[] to, int at);
    }

    /**
     * Packs {@code [N,K]}, so that the product is with the transpose, from rows that are read a panel at a time.
     *
     * @throws ArithmeticException if an element is not a finite number
     */
    public static NarrowMatrix ofRows(RowReader rows, DType dtype, int n, int k) {
        short[] data = new short[PackedMatrix.size(k, n)];
        WorkerPool.SHARED.run(PackedMatrix.panels(n), panel -> {
            short[] row = new short[k];
            for (int i = 0; i < Math.min(WIDTH, n - panel * WIDTH); i++) {
                rows.read(panel * WIDTH + i, row, 0);
                if (!FiniteRows.areFinite(row, k, dtype)) {
                    throw new ArithmeticException("an element of a matrix is not a finite number");
                }
                for (int j = 0; j < k; j++) {
                    data[(panel * k + j) * WIDTH + i] = row[j];
                }
            }
        });
        return new NarrowMatrix(data, dtype, k, n);
    }

    /** The panel as floats. */
    void unpack(int panel, float[] to) {
        unpack(panel, 0, k, to);
    }

    /** Some rows of a panel as floats. */
    void unpack(int panel, int row, int rows, float[] to) {
        int from = (panel * k + row) * WIDTH;
        if (dtype == DType.F16) {
            unpackHalf(data, from, to, rows * WIDTH);
        } else {
            unpackBrain(data, from, to, rows * WIDTH);
        }
    }

    /** A loop that C2 turns into vectors. */
    private static void unpackHalf(short[] data, int from, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = Float.float16ToFloat(data[from + i]);
        }
    }

    private static void unpackBrain(short[] data, int from, float[] to, int count) {
        if (Warmup.usesVectors()) {
            Vectors.unpackBrain(data, from, to, count);
        } else {
            for (int i = 0; i < count; i++) {
                to[i] = Float.intBitsToFloat(data[from + i] << Short.SIZE);
            }
        }
    }

    /** Works on vectors. A process that computes by loops over floats does not load this class. */
    private static final class Vectors {
        private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Lanes.SPECIES.vectorShape());
        private static final VectorSpecies<Short> SHORTS =
                VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.SPECIES.vectorBitSize() / 2));

        private Vectors() {}

        /** Unpacks bf16 by vectors, as C2 does not vectorise the loop over its elements by itself. */
        static void unpackBrain(short[] data, int from, float[] to, int count) {
            for (int i = 0; i < count; i += COUNT) {
                ShortVector.fromArray(SHORTS, data, from + i)
                        .convertShape(VectorOperators.S2I, INTS, 0)
                        .reinterpretAsInts()
                        .lanewise(VectorOperators.LSHL, Short.SIZE)
                        .reinterpretAsFloats()
                        .intoArray(to, i);
            }
        }
    }
}
