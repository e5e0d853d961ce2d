package detangle.backend.vector.kernel;

import detangle.ir.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Times shapes of tiles against each other, in linear layers of one class of rows, over the worker pool. */
final class TileTrial {
    /** The depth and the columns of layers, as in the feed-forward part of a model of the base size. */
    private static final int DEPTH = 768;

    private static final int COLUMNS = 3072;

    /**
     * More weights than caches hold, 47 MB: each turn takes the next layer, so that weights come from memory as those
     * of a model do. A turn is short, so that most turns are not disturbed where something else computes now and then.
     */
    private static final int LAYERS = 5;

    /**
     * The most rounds, some seconds of them. On a machine where nothing else runs, a quarter to a half of the rounds
     * count, as a turn is short beside what the host does now and then.
     */
    static final int MAX_ROUNDS = 5 * TileJudge.ENOUGH;

    /** Rounds before them: they show C2 depths that the warm-up has not had. */
    private static final int WARM_ROUNDS = 3;

    /** Bytes of memory that are to be free for one that is used. */
    private static final int SPARE = 4;

    private final TileRows rows;
    private final float[] left;
    private final float[] out;
    private final PackedMatrix[] layers = new PackedMatrix[LAYERS];
    private final float[] bias = new float[COLUMNS];
    private int next;

    private TileTrial(TileRows rows) {
        this.rows = rows;
        left = new float[rows.typical() * DEPTH];
        out = new float[rows.typical() * COLUMNS];
        for (int i = 0; i < LAYERS; i++) {
            layers[i] = PackedMatrix.empty(COLUMNS, DEPTH);
        }
    }

    /** Returns whether the heap has room for a trial, so that no other thread runs out of memory because of it. */
    static boolean hasMemory() {
        Runtime runtime = Runtime.getRuntime();
        long used = runtime.totalMemory() - runtime.freeMemory();
        return runtime.maxMemory() - used > SPARE * LAYERS * (long) DEPTH * COLUMNS * Float.BYTES;
    }

    /**
     * Returns the rounds of some kernels, the default's first: as many as the judge wants, if so many count before
     * there are the most.
     *
     * @param most rounds, {@link #MAX_ROUNDS} for a judgement
     * @param isWanted asked after each turn
     * @return empty if the trial was not wanted any more, or if C2 does not compile the tiles of some kernel
     */
    static Optional<List<TileJudge.Round>> rounds(
            TileRows rows, List<MicroKernel> kernels, int most, BooleanSupplier isWanted) {
        for (MicroKernel kernel : kernels) {
            if (!isWanted.getAsBoolean() || !Warmup.warmUpTiles(kernel)) {
                return Optional.empty();
            }
        }
        List<Gemm> products = kernels.stream().map(Gemm::new).toList();
        TileTrial trial = new TileTrial(rows);
        List<TileJudge.Round> rounds = new ArrayList<>();
        int steady = 0;
        for (int i = 0; i < WARM_ROUNDS + most && steady < TileJudge.ENOUGH; i++) {
            long[] turns = new long[products.size()];
            for (int p = 0; p < turns.length; p++) {
                turns[p] = trial.turn(products.get(p));
                if (!isWanted.getAsBoolean()) {
                    return Optional.empty();
                }
            }
            TileJudge.Round round = new TileJudge.Round(turns, trial.turn(products.getFirst()));
            if (i >= WARM_ROUNDS) {
                rounds.add(round);
                steady += round.isSteady() ? 1 : 0;
            }
        }
        return Optional.of(rounds);
    }

    /** Returns how long it took, in nanoseconds. */
    private long turn(Gemm product) {
        PackedMatrix layer = layers[next];
        next = (next + 1) % LAYERS;
        long begin = System.nanoTime();
        product.left(left, 0, DEPTH, rows.typical(), DEPTH);
        product.product(layer, bias, Activation.NONE, out, 0, COLUMNS);
        product.run();
        return System.nanoTime() - begin;
    }
}
