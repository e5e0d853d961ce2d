package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.backend.vector.kernel.AttentionKernel.Heads;
import detangle.backend.vector.kernel.AttentionKernel.Positions;
import detangle.backend.vector.kernel.AttentionKernel.Rows;
import detangle.ir.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs the kernels on next to nothing until C2 has compiled them: before that each vector is an object, which takes some
 * hundred times as long. Once a process, when the first model is loaded, so that no request pays for it.
 */
public final class Warmup {
    /** Calls after which C2 compiles a method with a short loop. */
    private static final int CALLS = 3_200;

    /** Each has {@link #LENGTH} rows, and one call of what works on a block of them. */
    private static final int ATTENTION_CALLS = 700;

    private static final int DEPTH = 4;
    private static final int LENGTH = 24;

    private static boolean done;

    private Warmup() {}

    /** The first call does it; those meanwhile wait. */
    public static synchronized void once() {
        if (done) {
            return;
        }
        List<Runnable> kernels = new ArrayList<>();
        for (int rows = MicroKernel.ROWS; rows > 0; rows--) {
            if (MicroKernel.tileRows(rows) == rows) {
                int height = rows;
                kernels.add(() -> tile(height));
            }
        }
        kernels.add(1, Warmup::attention);
        kernels.add(2, Warmup::product);
        kernels.add(3, Warmup::rows);
        WorkerPool.SHARED.run(kernels.size(), i -> kernels.get(i).run());
        done = true;
    }

    private static void tile(int rows) {
        float[] a = new float[rows * DEPTH];
        float[] packed = new float[rows * DEPTH];
        float[] b = new float[WIDTH * DEPTH];
        float[] c = new float[rows * WIDTH];
        for (int i = 0; i < CALLS; i++) {
            MicroKernel.packRows(a, 0, DEPTH, rows, DEPTH, packed, 0);
            MicroKernel.run(rows, packed, 0, b, 0, DEPTH, c, 0, WIDTH, c, 0, WIDTH);
        }
    }

    private static void product() {
        int rows = MicroKernel.ROWS;
        int columns = 2 * WIDTH;
        PackedMatrix b = PackedMatrix.ofRows(new float[columns * DEPTH], 0, columns, DEPTH);
        float[] c = new float[rows * columns];
        Gemm gemm = new Gemm(new float[rows * DEPTH], 0, DEPTH, rows, DEPTH);
        List<Gemm.Target> targets = List.of(new Gemm.Target(b, new float[columns], Activation.NONE, c, 0, columns));
        for (int i = 0; i < CALLS; i++) {
            gemm.run(targets);
        }
    }

    private static void attention() {
        int size = WIDTH;
        Rows rows = Rows.of(1, LENGTH);
        AttentionKernel kernel = new AttentionKernel(1, 1, size, 1, rows, rows, Optional.empty());
        Heads heads = new Heads(new float[LENGTH * size], 0);
        Heads out = new Heads(new float[LENGTH * size], 0);
        PackedMatrix[] tables = {PackedMatrix.ofRows(new float[WIDTH * size], 0, WIDTH, size)};
        RelativeTable table = new RelativeTable(new int[2 * LENGTH - 1], LENGTH - 1, WIDTH);
        Optional<Positions> positions = Optional.of(new Positions(Optional.of(tables), Optional.of(tables), table));
        for (int i = 0; i < ATTENTION_CALLS; i++) {
            kernel.run(heads, heads, heads, positions, out);
        }
    }

    private static void rows() {
        int size = 2 * WIDTH;
        float[] x = new float[size];
        float[] out = new float[size];
        for (int i = 0; i < CALLS; i++) {
            LayerNormKernel.run(x, 0, true, x, 0, x, x, 1, out, 0, 1, size);
            Activations.apply(Activation.GELU, out, 0, size, 1, size);
        }
    }
}
