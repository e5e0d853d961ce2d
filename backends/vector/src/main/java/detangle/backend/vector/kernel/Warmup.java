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
    /** What an operation on vectors takes at most once it is compiled; as objects it takes ten times that. */
    private static final double COMPILED_NANOS = 5;

    private static final int CALLS = 64;

    /** Where no kernel gets that fast, such as without C2. */
    private static final long PATIENCE_NANOS = 1_500_000_000;

    private static final int DEPTH = 4;
    private static final int LENGTH = 24;

    private static boolean done;

    private Warmup() {}

    /** @param vectors operations on vectors in a call, about */
    private record Kernel(int vectors, Runnable call) {
        /** Calls until some in a row are as fast as compiled ones. */
        void warmUp() {
            long end = System.nanoTime() + PATIENCE_NANOS;
            for (long begin = System.nanoTime(); begin < end; ) {
                for (int i = 0; i < CALLS; i++) {
                    call.run();
                }
                long now = System.nanoTime();
                if (now - begin < COMPILED_NANOS * vectors * CALLS) {
                    return;
                }
                begin = now;
            }
        }
    }

    /** The first call does it; those meanwhile wait. */
    public static synchronized void once() {
        if (done) {
            return;
        }
        List<Kernel> kernels = new ArrayList<>();
        for (int rows = MicroKernel.ROWS; rows > 0; rows--) {
            if (MicroKernel.tileRows(rows) == rows) {
                kernels.add(tile(rows));
            }
        }
        kernels.add(1, attention());
        kernels.add(2, product());
        kernels.add(3, layerNorm());
        kernels.add(4, gelu());
        WorkerPool.SHARED.run(kernels.size(), i -> kernels.get(i).warmUp());
        done = true;
    }

    private static Kernel tile(int rows) {
        float[] a = new float[rows * DEPTH];
        float[] packed = new float[rows * DEPTH];
        float[] b = new float[WIDTH * DEPTH];
        float[] c = new float[rows * WIDTH];
        return new Kernel(2 * rows * DEPTH + rows * DEPTH, () -> {
            MicroKernel.packRows(a, 0, DEPTH, rows, DEPTH, packed, 0);
            MicroKernel.run(rows, packed, 0, b, 0, DEPTH, b, 0, c, 0, WIDTH);
        });
    }

    private static Kernel product() {
        int rows = MicroKernel.ROWS;
        int columns = 2 * WIDTH;
        PackedMatrix b = PackedMatrix.ofRows(new float[columns * DEPTH], 0, columns, DEPTH);
        float[] c = new float[rows * columns];
        Gemm gemm = new Gemm(new float[rows * DEPTH], 0, DEPTH, rows, DEPTH);
        List<Gemm.Target> targets = List.of(new Gemm.Target(b, new float[columns], Activation.NONE, c, 0, columns));
        return new Kernel(2 * 2 * rows * DEPTH, () -> gemm.run(targets));
    }

    private static Kernel attention() {
        int size = WIDTH;
        Rows rows = Rows.of(1, LENGTH);
        AttentionKernel kernel = new AttentionKernel(1, 1, size, 1, rows, rows, Optional.empty());
        Heads heads = new Heads(new float[LENGTH * size], 0);
        Heads out = new Heads(new float[LENGTH * size], 0);
        PackedMatrix[] tables = {PackedMatrix.ofRows(new float[WIDTH * size], 0, WIDTH, size)};
        RelativeTable table = new RelativeTable(new int[2 * LENGTH - 1], LENGTH - 1, WIDTH);
        Optional<Positions> positions = Optional.of(new Positions(Optional.of(tables), Optional.of(tables), table));
        // Four products, of queries, keys and both terms, each with two vectors of a panel.
        return new Kernel(4 * 2 * LENGTH * size, () -> kernel.run(heads, heads, heads, positions, out));
    }

    private static Kernel layerNorm() {
        int size = 2 * WIDTH;
        float[] x = new float[size];
        float[] out = new float[size];
        int vectors = 5 * size / Lanes.COUNT;
        LayerNormKernel kernel = new LayerNormKernel(x, 0, true, x, 0, 1, out, 0, 1, size);
        return new Kernel(10 * vectors, () -> kernel.run(x, x));
    }

    private static Kernel gelu() {
        int rows = 4;
        float[] x = new float[rows * WIDTH];
        return new Kernel(
                20 * rows * WIDTH / Lanes.COUNT, () -> Activations.apply(Activation.GELU, x, 0, WIDTH, rows, WIDTH));
    }
}
