package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.ir.DType;

/**
 * As {@link PackedMatrix}, with elements in the 16 bits that they are stored in: half the memory. A product unpacks a panel
 * into the cache when its turn comes.
 *
 * @param dtype f16 or bf16
 */
public record NarrowMatrix(short[] data, DType dtype, int k, int n) implements Panels {
    /** Writes the bits of a row of a matrix into an array, from a place on. */
    @FunctionalInterface
    public interface RowReader {
        void read(int row, short[] to, int at);
    }

    /** Packs {@code [N,K]}, so that the product is with the transpose, from rows that are read a panel at a time. */
    public static NarrowMatrix ofRows(RowReader rows, DType dtype, int n, int k) {
        short[] data = new short[PackedMatrix.size(k, n)];
        WorkerPool.SHARED.run(PackedMatrix.panels(n), panel -> {
            short[] row = new short[k];
            for (int i = 0; i < Math.min(WIDTH, n - panel * WIDTH); i++) {
                rows.read(panel * WIDTH + i, row, 0);
                for (int j = 0; j < k; j++) {
                    data[(panel * k + j) * WIDTH + i] = row[j];
                }
            }
        });
        return new NarrowMatrix(data, dtype, k, n);
    }

    /** The panel as floats. */
    void unpack(int panel, float[] to) {
        int from = panel * k * WIDTH;
        if (dtype == DType.F16) {
            unpackHalf(data, from, to, k * WIDTH);
        } else {
            unpackBrain(data, from, to, k * WIDTH);
        }
    }

    // Loops that C2 turns into vectors: one method each.

    private static void unpackHalf(short[] data, int from, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = Float.float16ToFloat(data[from + i]);
        }
    }

    private static void unpackBrain(short[] data, int from, float[] to, int count) {
        for (int i = 0; i < count; i++) {
            to[i] = Float.intBitsToFloat(data[from + i] << 16);
        }
    }
}
