package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import java.util.function.Supplier;

/**
 * A matrix {@code [N,K]} as it is stored, for products with its transpose in a process that may have one answer to give
 * ({@link Warmup#defer}): a product packs a panel into the cache when its turn comes, which spares memory that would be
 * read once. The first product after the warm-up has begun packs it for good.
 */
public final class StoredMatrix implements Panels {
    /** The array of {@link Scratch} with rows that are being packed. */
    private static final int ROWS = 22;

    private final int n;
    private final int k;
    private final Supplier<? extends RuntimeException> fault;

    /** Null once the matrix is packed. */
    private PackedMatrix.RowReader rows;

    private volatile PackedMatrix packed;

    /** @param fault what is thrown where an element is not a finite number */
    public StoredMatrix(PackedMatrix.RowReader rows, int n, int k, Supplier<? extends RuntimeException> fault) {
        this.rows = rows;
        this.n = n;
        this.k = k;
        this.fault = fault;
    }

    @Override
    public int k() {
        return k;
    }

    @Override
    public int n() {
        return n;
    }

    @Override
    public Panels next() {
        PackedMatrix there = packed;
        if (there != null) {
            return there;
        }
        return Warmup.isDeferred() ? this : kept();
    }

    @Override
    public synchronized PackedMatrix kept() {
        if (packed == null) {
            try {
                packed = PackedMatrix.ofRows(rows, n, k);
            } catch (ArithmeticException notFinite) {
                throw fault.get();
            }
            rows = null;
        }
        return packed;
    }

    /** Packs a panel. */
    void pack(int panel, float[] to) {
        PackedMatrix.RowReader reader = reader();
        if (reader == null) {
            System.arraycopy(packed.data(), panel * k * WIDTH, to, 0, k * WIDTH); // Packed since this product began.
            return;
        }
        int count = Math.min(WIDTH, n - panel * WIDTH);
        float[] read = Scratch.get().floats(ROWS, WIDTH * k);
        reader.read(panel * WIDTH, count, read, 0);
        if (!FiniteRows.areFinite(read, 0, count * k)) {
            throw fault.get();
        }
        PackedMatrix.packRows(read, 0, k, count, k, to, 0);
    }

    private synchronized PackedMatrix.RowReader reader() {
        return rows;
    }
}
