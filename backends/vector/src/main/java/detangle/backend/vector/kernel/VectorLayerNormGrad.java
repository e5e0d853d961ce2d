package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.Lanes.COUNT;
import static detangle.backend.vector.kernel.Lanes.SPECIES;

import java.util.Arrays;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * The gradients of layer normalisation. Rows are cut into blocks, the tasks of threads; each block sums its rows, and
 * the sums of blocks are added in their order. How many blocks there are follows from the number of rows alone, so that
 * the result has the same bits with any number of threads.
 */
public final class VectorLayerNormGrad {
    private static final int LEAST_ROWS_PER_BLOCK = 16;

    /** Enough for the threads of large machines to share, and few enough that their sums stay in the caches. */
    private static final int MAX_BLOCKS = 64;

    private static final int COLUMNS_PER_TASK = 256;

    // Arrays of Scratch.
    private static final int BLOCKS = 0;
    private static final int ROW = 1;
    private static final int MOMENTS = 2;

    // Moments of a row.
    private static final int MEAN = 0;
    private static final int SCALE = 1;
    private static final int MEAN_OF_G = 2;
    private static final int MEAN_OF_GN = 3;

    private final Elements x;
    private final Optional<Elements> residual;
    private final Elements dy;
    private final float epsilon;
    private final Optional<Elements> dx;
    private final Optional<Elements> dgamma;
    private final Optional<Elements> dbeta;
    private final int rows;
    private final int size;
    private final int rowsPerBlock;
    private final int blocks;

    /**
     * @param x {@code [rows,size]}, as are the residual, dy and dx, none of which shares memory with another's result
     * @param dgamma {@code [size]}, as is dbeta; results that nobody reads are empty
     */
    public VectorLayerNormGrad(
            Elements x,
            Optional<Elements> residual,
            Elements dy,
            float epsilon,
            Optional<Elements> dx,
            Optional<Elements> dgamma,
            Optional<Elements> dbeta,
            int rows,
            int size) {
        this.x = x;
        this.residual = residual;
        this.dy = dy;
        this.epsilon = epsilon;
        this.dx = dx;
        this.dgamma = dgamma;
        this.dbeta = dbeta;
        this.rows = rows;
        this.size = size;
        this.rowsPerBlock = Math.max(LEAST_ROWS_PER_BLOCK, Math.ceilDiv(rows, MAX_BLOCKS));
        this.blocks = Math.ceilDiv(rows, rowsPerBlock);
    }

    /** @param gamma {@code [size]} from its first element */
    public void run(float[] gamma) {
        boolean hasSums = dgamma.isPresent() || dbeta.isPresent();
        // For each block the sums of dgamma, then those of dbeta.
        float[] sums = Scratch.get().floats(BLOCKS, hasSums ? 2 * blocks * size : 0);
        WorkerPool.SHARED.run(blocks, block -> {
            if (hasSums) {
                Arrays.fill(sums, 2 * block * size, 2 * (block + 1) * size, 0);
            }
            int last = Math.min(rows, (block + 1) * rowsPerBlock);
            for (int row = block * rowsPerBlock; row < last; row++) {
                row(row, gamma, hasSums, sums, 2 * block * size);
            }
        });
        if (hasSums) {
            WorkerPool.SHARED.run(Math.ceilDiv(size, COLUMNS_PER_TASK), task -> {
                int from = task * COLUMNS_PER_TASK;
                int to = Math.min(size, from + COLUMNS_PER_TASK);
                dgamma.ifPresent(d -> addBlocks(sums, from, to, 2 * size, blocks, d.array(), d.offset() + from));
                dbeta.ifPresent(
                        d -> addBlocks(sums, size + from, size + to, 2 * size, blocks, d.array(), d.offset() + from));
            });
        }
    }

    private void row(int row, float[] gamma, boolean hasSums, float[] sums, int at) {
        float[] z = x.array();
        int zo = x.offset() + row * size;
        if (residual.isPresent()) {
            z = Scratch.get().floats(ROW, size);
            VectorLayerNorm.add(
                    x.array(), zo, residual.get().array(), residual.get().offset() + row * size, z, 0, size);
            zo = 0;
        }
        int dyo = dy.offset() + row * size;
        float[] moments = Scratch.get().floats(MOMENTS, 4);
        moments(z, zo, gamma, dy.array(), dyo, epsilon, moments, size);
        if (hasSums) {
            addRow(z, zo, moments, dy.array(), dyo, sums, at, size);
        }
        if (dx.isPresent()) {
            Elements out = dx.get();
            gradient(z, zo, moments, gamma, dy.array(), dyo, out.array(), out.offset() + row * size, size);
        }
    }

    /**
     * Computes what describes one row: its mean, {@code 1 / sqrt(variance + epsilon)}, and of {@code g = dy gamma} the
     * mean and {@code mean(g n)}, where n is the normalised row. As for the row itself, the mean comes first, so that
     * nothing cancels.
     */
    private static void moments(
            float[] z, int zo, float[] gamma, float[] dy, int dyo, float epsilon, float[] moments, int size) {
        int vectors = SPECIES.loopBound(size);
        FloatVector sums = FloatVector.zero(SPECIES);
        FloatVector sumsOfG = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i += COUNT) {
            sums = sums.add(FloatVector.fromArray(SPECIES, z, zo + i));
            sumsOfG =
                    FloatVector.fromArray(SPECIES, dy, dyo + i).fma(FloatVector.fromArray(SPECIES, gamma, i), sumsOfG);
        }
        float sum = Lanes.sum(sums);
        float sumOfG = Lanes.sum(sumsOfG);
        for (int i = vectors; i < size; i++) {
            sum += z[zo + i];
            sumOfG += dy[dyo + i] * gamma[i];
        }
        float mean = sum / size;
        FloatVector squares = FloatVector.zero(SPECIES);
        FloatVector products = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector d = FloatVector.fromArray(SPECIES, z, zo + i).sub(mean);
            squares = d.fma(d, squares);
            products = FloatVector.fromArray(SPECIES, dy, dyo + i)
                    .mul(FloatVector.fromArray(SPECIES, gamma, i))
                    .fma(d, products);
        }
        float square = Lanes.sum(squares);
        float product = Lanes.sum(products);
        for (int i = vectors; i < size; i++) {
            float d = z[zo + i] - mean;
            square += d * d;
            product += dy[dyo + i] * gamma[i] * d;
        }
        float scale = (float) (1 / Math.sqrt(square / (double) size + epsilon));
        moments[MEAN] = mean;
        moments[SCALE] = scale;
        moments[MEAN_OF_G] = sumOfG / size;
        moments[MEAN_OF_GN] = product / size * scale;
    }

    /** Adds dy n to the sums of dgamma and dy to those of dbeta. */
    private static void addRow(
            float[] z, int zo, float[] moments, float[] dy, int dyo, float[] sums, int at, int size) {
        float mean = moments[MEAN];
        float scale = moments[SCALE];
        int vectors = SPECIES.loopBound(size);
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector d = FloatVector.fromArray(SPECIES, dy, dyo + i);
            FloatVector n = FloatVector.fromArray(SPECIES, z, zo + i).sub(mean).mul(scale);
            d.fma(n, FloatVector.fromArray(SPECIES, sums, at + i)).intoArray(sums, at + i);
            d.add(FloatVector.fromArray(SPECIES, sums, at + size + i)).intoArray(sums, at + size + i);
        }
        for (int i = vectors; i < size; i++) {
            float d = dy[dyo + i];
            sums[at + i] += d * ((z[zo + i] - mean) * scale);
            sums[at + size + i] += d;
        }
    }

    /** Computes one row of dx: {@code (g - mean(g) - n mean(g n)) scale}. */
    private static void gradient(
            float[] z, int zo, float[] moments, float[] gamma, float[] dy, int dyo, float[] out, int oo, int size) {
        float mean = moments[MEAN];
        float scale = moments[SCALE];
        float meanOfG = moments[MEAN_OF_G];
        float along = -moments[MEAN_OF_GN] * scale;
        int vectors = SPECIES.loopBound(size);
        for (int i = 0; i < vectors; i += COUNT) {
            FloatVector g = FloatVector.fromArray(SPECIES, dy, dyo + i).mul(FloatVector.fromArray(SPECIES, gamma, i));
            FloatVector.fromArray(SPECIES, z, zo + i)
                    .sub(mean)
                    .fma(FloatVector.broadcast(SPECIES, along), g.sub(meanOfG))
                    .mul(scale)
                    .intoArray(out, oo + i);
        }
        for (int i = vectors; i < size; i++) {
            out[oo + i] = (dy[dyo + i] * gamma[i] - meanOfG + (z[zo + i] - mean) * along) * scale;
        }
    }

    /** {@code out[i] = sum over blocks of sums[block * stride + from + i]}, the blocks in their order. */
    private static void addBlocks(float[] sums, int from, int to, int stride, int blocks, float[] out, int oo) {
        int i = from;
        for (; i + COUNT <= to; i += COUNT) {
            FloatVector sum = FloatVector.zero(SPECIES);
            for (int block = 0; block < blocks; block++) {
                sum = sum.add(FloatVector.fromArray(SPECIES, sums, block * stride + i));
            }
            sum.intoArray(out, oo + i - from);
        }
        for (; i < to; i++) {
            float sum = 0;
            for (int block = 0; block < blocks; block++) {
                sum += sums[block * stride + i];
            }
            out[oo + i - from] = sum;
        }
    }
}
