package detangle.backend.vector.kernel;

import static detangle.backend.vector.kernel.PackedMatrix.WIDTH;

import detangle.ir.Activation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Runs the kernels on next to nothing until C2 has compiled them: before that each vector is an object, which takes
 * some hundred times as long. Once a process, beside the loading of the first model, so that no request pays for it. A
 * process that has one answer to give {@linkplain #defer() defers} it, and computes by {@link FloatLoops} meanwhile.
 */
public enum Warmup {
    /** Linear layers and what works row by row. */
    PRODUCTS(Warmup::products),

    /** Attention, and products with it. */
    ATTENTION(() -> List.of(attention()));

    /** The longest time of an operation on vectors once it is compiled; as objects it takes ten times that. */
    private static final double COMPILED_NANOS = 5;

    private static final int CALLS = 16;

    private static final long PAUSE_NANOS = 1_000_000;

    /** The longest time in which a kernel becomes that fast: without C2 none does. */
    private static final long PATIENCE_NANOS = 1_500_000_000;

    private static final int DEPTH = 4;
    private static final int LENGTH = 24;

    private static boolean isBegun;
    private static boolean isMissing;
    private static volatile boolean isDeferred;

    /** Not volatile, as each tile reads it: a thread that sees a change late computes the same bits another way. */
    private static boolean usesFloats;

    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Supplier<List<Kernel>> kernels;

    Warmup(Supplier<List<Kernel>> kernels) {
        this.kernels = kernels;
    }

    /** Threads are started by the first use of this class. */
    private static final class Threads {
        static {
            for (Warmup warmup : values()) {
                Thread thread = new WarmingThread(warmup);
                thread.setDaemon(true);
                thread.start();
            }
        }

        private Threads() {}

        static void begin() {}
    }

    /** A thread that runs loops over vectors while others run loops over floats. */
    private static final class WarmingThread extends Thread {
        WarmingThread(Warmup warmup) {
            super(warmup::run, "detangle-warm-up-" + warmup.ordinal());
        }
    }

    /** Begins all, unless that has been done. */
    public static synchronized void begin() {
        isBegun = true;
        isDeferred = false;
        Threads.begin();
    }

    /**
     * Leaves it to a later {@link #begin}, unless that has been called: until all is done kernels compute by loops over
     * floats, with the same bits.
     */
    public static synchronized void defer() {
        if (isBegun) {
            return;
        }
        isDeferred = true;
        useFloats(true);
        if (VectorCompilation.isSurelyMissing()) {
            VectorCompilation.warn();
        }
    }

    /** Returns whether kernels are to be used before they have been warmed up. */
    public static boolean isDeferred() {
        return isDeferred;
    }

    /** Returns whether this thread is to run loops over vectors. */
    static boolean usesVectors() {
        return !usesFloats || Thread.currentThread() instanceof WarmingThread;
    }

    /** Begins all, unless that has been done, and waits for these kernels. */
    public void await() {
        begin();
        try {
            for (int i = 0; i <= ordinal(); i++) {
                values()[i].done.join();
            }
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) e.getCause();
        }
    }

    private void run() {
        try {
            boolean compiled = !VectorCompilation.isSurelyMissing();
            if (compiled) {
                compiled = warmUp(kernels.get());
            } else {
                VectorCompilation.warn();
            }
            end(compiled);
        } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
        }
    }

    /** Ends this warm-up. Once all have ended, threads use vectors if C2 has compiled all kernels. */
    private void end(boolean isCompiled) {
        synchronized (Warmup.class) {
            done.complete(null);
            isMissing |= !isCompiled;
            if (isMissing) {
                useFloats(true);
            } else if (Stream.of(values()).allMatch(w -> w.done.isDone() && !w.done.isCompletedExceptionally())) {
                useFloats(false);
                TileTuner.begin();
            }
        }
    }

    /** Sets whether threads that do not warm up kernels compute by loops over floats. */
    static void useFloats(boolean value) {
        usesFloats = value;
    }

    /**
     * Kernels that stay slow do so for as long as the JVM lives if it is the reason: then the others are not waited
     * for.
     *
     * @return whether the JVM compiles them
     */
    private static boolean warmUp(List<Kernel> kernels) {
        for (Kernel kernel : kernels) {
            if (!kernel.warmUp() && VectorCompilation.warn()) {
                return false;
            }
        }
        return true;
    }

    /** @param vectors operations on vectors in a call, about */
    private record Kernel(int vectors, Runnable call) {
        /**
         * Calls until some in a row are as fast as compiled ones. Half of the time is left to the compiler: calls on
         * objects give it more to do, as what they run becomes hot as well.
         *
         * @return whether they became as fast as that
         */
        boolean warmUp() {
            long end = System.nanoTime() + PATIENCE_NANOS;
            long owed = 0;
            for (long begin = System.nanoTime(); begin < end; begin = System.nanoTime()) {
                for (int i = 0; i < CALLS; i++) {
                    call.run();
                }
                long took = System.nanoTime() - begin;
                if (took < COMPILED_NANOS * vectors * CALLS) {
                    return true;
                }
                owed += took;
                if (owed > PAUSE_NANOS) {
                    owed -= pause(owed);
                }
            }
            return false;
        }

        /** Returns how long it was. */
        private static long pause(long nanos) {
            long begin = System.nanoTime();
            try {
                Thread.sleep(Duration.ofNanos(nanos));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return System.nanoTime() - begin;
        }
    }

    private static List<Kernel> products() {
        List<Kernel> kernels = new ArrayList<>();
        kernels.add(product());
        kernels.add(layerNorm());
        kernels.add(gelu());
        for (MicroKernel kernel : MicroKernel.used()) {
            kernels.addAll(tiles(kernel));
        }
        return kernels;
    }

    private static List<Kernel> tiles(MicroKernel kernel) {
        List<Kernel> tiles = new ArrayList<>();
        for (int rows = kernel.rows(); rows > 0; rows--) {
            if (kernel.shape().next(rows) == rows) {
                tiles.add(tile(kernel, rows));
            }
        }
        return tiles;
    }

    /**
     * Runs the tiles of a kernel that no product has used until C2 has compiled them.
     *
     * @return whether it does
     */
    static boolean warmUpTiles(MicroKernel kernel) {
        return usesVectors() && tiles(kernel).stream().allMatch(Kernel::warmUp);
    }

    private static Kernel tile(MicroKernel kernel, int rows) {
        float[] a = new float[rows * DEPTH];
        float[] packed = new float[rows * DEPTH];
        float[] b = new float[WIDTH * DEPTH];
        float[] c = new float[rows * WIDTH];
        return new Kernel(2 * rows * DEPTH + rows * DEPTH, () -> {
            kernel.packRows(a, 0, DEPTH, rows, DEPTH, packed, 0);
            kernel.run(rows, packed, 0, b, 0, DEPTH, b, 0, 0, c, 0, WIDTH);
        });
    }

    /** Makes a product of one panel, as the threads of the pool are not for this. */
    private static Kernel product() {
        int rows = MicroKernel.ORDINARY.rows();
        PackedMatrix b = PackedMatrix.ofRows(new float[WIDTH * DEPTH], 0, WIDTH, DEPTH);
        float[] c = new float[rows * WIDTH];
        Gemm gemm = new Gemm();
        gemm.left(new float[rows * DEPTH], 0, DEPTH, rows, DEPTH);
        gemm.product(b, new float[WIDTH], Activation.NONE, c, 0, WIDTH);
        return new Kernel(2 * rows * DEPTH + rows * DEPTH, gemm::run);
    }

    private static Kernel attention() {
        int size = WIDTH;
        VectorAttention kernel = new VectorAttention();
        AttentionOperands operands = kernel.operands();
        operands.queries().set(1, LENGTH);
        operands.keys().set(1, LENGTH);
        operands.mask().setNone();
        float[] heads = new float[LENGTH * size];
        operands.q().set(heads, 0);
        operands.k().set(heads, 0);
        operands.v().set(heads, 0);
        operands.out().set(new float[LENGTH * size], 0);
        PackedMatrix[] tables = {PackedMatrix.ofRows(new float[WIDTH * size], 0, WIDTH, size)};
        RelativeTable table = new RelativeTable();
        table.set(new int[2 * LENGTH - 1], 0, 2 * LENGTH - 1, LENGTH - 1, WIDTH);
        operands.positions().set(tables, tables, table);
        // Four products, of queries, keys and both terms, each with two vectors of a panel.
        return new Kernel(4 * 2 * LENGTH * size, () -> kernel.run(1, 1, size, 1));
    }

    private static Kernel layerNorm() {
        int size = 2 * WIDTH;
        float[] x = new float[size];
        float[] out = new float[size];
        int vectors = 5 * size / Lanes.COUNT;
        VectorLayerNorm kernel = new VectorLayerNorm();
        kernel.operands(x, 0, x, x);
        kernel.residual(x, 0);
        return new Kernel(10 * vectors, () -> kernel.run(1, out, 0, 1, size));
    }

    private static Kernel gelu() {
        int rows = 4;
        float[] x = new float[rows * WIDTH];
        return new Kernel(
                20 * rows * WIDTH / Lanes.COUNT, () -> Activations.apply(Activation.GELU, x, 0, WIDTH, rows, WIDTH));
    }
}
