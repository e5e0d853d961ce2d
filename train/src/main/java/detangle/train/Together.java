package detangle.train;

import detangle.backend.ComputePrecision;
import detangle.backend.Variables;
import detangle.ir.Tensor;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.parallel.DataParallel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * One process of a training, between its updates. It meets the others after every update, or after several
 * that each process does by itself. After a meeting all have the same parameters and the same state.
 */
final class Together {
    /** The bytes that enter a checksum at once. */
    private static final int PIECE_BYTES = 1 << 16;

    private final DataParallel parallel;
    private final Exchange exchange;
    private final Variables variables;
    private final Set<String> trained;

    /** The sum of all losses until the last meeting. */
    private double before;

    /** The loss of each of this process's updates since then, times its rows, and the number of these rows. */
    private final List<double[]> losses = new ArrayList<>();

    /** @param trained the names of the parameters that are trained */
    Together(DataParallel parallel, Variables variables, Set<String> trained) {
        this.parallel = parallel;
        this.exchange = new Exchange(parallel.group());
        this.variables = variables;
        this.trained = trained;
    }

    /** Returns the number of processes. */
    int size() {
        return parallel.group().size();
    }

    /** Returns whether processes meet after a number of updates, whatever else happens then. */
    boolean meetsAfter(long step) {
        return !parallel.isLocal() || step % parallel.syncEvery() == 0;
    }

    /** Counts an update of this process, by its loss and the number of its rows. */
    void add(double loss, int rows) {
        if (parallel.isLocal()) {
            losses.add(new double[] {loss * rows, rows});
        }
    }

    /**
     * Makes processes equal that have updated parameters by themselves. Parameters and states of the optimizer become
     * their averages, and the losses of the updates since the last meeting become those of all rows. Second moments are
     * averaged too, as adaptive methods may diverge if each process keeps its own (Chen, Li and Li 2020, Toward
     * Communication Efficient Adaptive Gradient Method).
     */
    TrainerState meet(TrainerState state) {
        if (!parallel.isLocal()) {
            return state;
        }
        List<String> names = variables.types().keySet().stream()
                .filter(name -> trained.contains(name) || name.startsWith(ParameterUpdates.STATES))
                .sorted()
                .toList();
        exchange.sum(variables, names, false, 1f / size());
        before += lossOfAll();
        losses.clear();
        return state.withLossSum(before);
    }

    /** Returns the sum of the losses of the updates since the last meeting, each the mean over the rows of all. */
    private double lossOfAll() {
        double[] all = losses.stream().flatMapToDouble(Arrays::stream).toArray();
        exchange.sum(all);
        double sum = 0;
        for (int i = 0; i < all.length; i += 2) {
            sum += all[i] / all[i + 1];
        }
        return sum;
    }

    /** Returns whether something holds in any of the processes. */
    boolean any(boolean here) {
        return exchange.any(here);
    }

    /** Returns the number of the first process. */
    double ofFirst(double value) {
        return exchange.ofFirst(value);
    }

    /**
     * Begins.
     *
     * @throws TrainingException if another process goes on from another checkpoint, or has other rows, parameters or another
     *     precision
     */
    void begin(TrainerState state, Batches batches, ComputePrecision precision) {
        before = state.lossSum();
        if (size() == 1) {
            return;
        }
        checkSame(state.step(), "goes on after update %.0f", "output_dir must be one folder that all machines reach");
        checkSame(batches.rows(), "has %.0f rows", "all processes must be given the same rows");
        checkSame(batches.checksum(), "has rows with the checksum %.0f", "all processes must be given the same rows");
        checkSame(
                precision.ordinal(),
                ordinal -> "computes in " + ComputePrecision.values()[(int) ordinal],
                "all processes must be given the same precision");
        checkSame(
                checksum(),
                "begins with parameters of the checksum %.0f",
                "the model's folder must be the same on all machines");
    }

    private void checkSame(double value, String what, String todo) {
        checkSame(value, what::formatted, todo);
    }

    private void checkSame(double value, DoubleFunction<String> what, String todo) {
        double[] all = exchange.all(value);
        for (int rank = 1; rank < all.length; rank++) {
            if (all[rank] != all[0]) {
                throw new TrainingException("rank " + rank + " " + what.apply(all[rank]) + ", and rank 0 "
                        + what.apply(all[0]) + ": " + todo);
            }
        }
    }

    /** Returns a checksum of all values that a training begins with. */
    private long checksum() {
        CRC32C checksum = new CRC32C();
        Stream<String> names = variables.types().keySet().stream().sorted();
        byte[] piece = new byte[PIECE_BYTES];
        names.map(variables::read).map(Tensor::data).forEach(data -> {
            for (long at = 0; at < data.byteSize(); at += PIECE_BYTES) {
                int count = (int) Math.min(PIECE_BYTES, data.byteSize() - at);
                MemorySegment.copy(data, at, MemorySegment.ofArray(piece), 0, count);
                checksum.update(piece, 0, count);
            }
        });
        return checksum.getValue();
    }
}
