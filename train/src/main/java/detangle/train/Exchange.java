package detangle.train;

import detangle.backend.Variables;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.train.parallel.DataParallel;
import detangle.train.parallel.ProcessGroup;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Exchanges the shares of the rows of an update, gradients, parameters and decisions between processes that train
 * together. A process that trains alone computes the same formulas over its own numbers.
 */
final class Exchange {
    /**
     * The most numbers in a bucket. Small tensors are sent together in buckets, as each message has a cost of its own.
     */
    private static final int BUCKET_NUMBERS = 1 << 22;

    private final ProcessGroup group;

    Exchange(ProcessGroup group) {
        this.group = group;
    }

    /** Returns the exchange of every update: none where processes update parameters by themselves. */
    static Exchange ofUpdates(DataParallel parallel) {
        return new Exchange(parallel.isLocal() ? ProcessGroup.ALONE : parallel.group());
    }

    /** Returns whether there is another process. */
    boolean hasPeers() {
        return group.size() > 1;
    }

    /**
     * The shares of micro-batches in the loss of an update.
     *
     * @param ofBatches the factor of the loss of each of this process's slices; 0 if it has no row that counts
     * @param items the number of labels of the whole update
     * @param rows the number of rows of the whole update
     */
    record Shares(double[] ofBatches, long items, int rows) {}

    /**
     * Returns the shares that make the loss of an update the mean over its micro-batches of their means, whatever
     * number of processes a micro-batch is divided among: each slice counts by its labels.
     *
     * @param divides whether the program divides by {@link Shares#items} itself
     */
    Shares shares(List<Batch> slices, boolean divides) {
        int count = slices.size();
        double[] whole = new double[2 * count];
        for (int i = 0; i < count; i++) {
            whole[i] = slices.get(i).items();
            whole[count + i] = slices.get(i).rows();
        }
        group.allReduce(whole);
        double[] shares = new double[count];
        for (int i = 0; i < count; i++) {
            Batch slice = slices.get(i);
            // If no label of a micro-batch counts, each slice counts by its rows, so that the loss is that of the whole
            // batch.
            double share = whole[i] > 0 ? slice.items() / whole[i] : slice.rows() / Math.max(1, whole[count + i]);
            shares[i] = divides ? Math.signum(share) : share / count;
        }
        double items = Arrays.stream(whole, 0, count).sum();
        double rows = Arrays.stream(whole, count, 2 * count).sum();
        return new Shares(shares, (long) items, (int) rows);
    }

    /** Replaces numbers by their sums over all processes. */
    void sum(double[] values) {
        group.allReduce(values);
    }

    /** Returns the sum of a number over all processes. */
    double sum(double value) {
        double[] sum = {value};
        sum(sum);
        return sum[0];
    }

    /** Returns the number of the first process. */
    double ofFirst(double value) {
        return sum(group.rank() == 0 ? value : 0);
    }

    /** Returns whether something holds in any of the processes. */
    boolean any(boolean here) {
        return sum(here ? 1 : 0) > 0;
    }

    /** Returns the number of each process, by rank. */
    double[] all(double value) {
        double[] all = new double[group.size()];
        all[group.rank()] = value;
        group.allReduce(all);
        return all;
    }

    /**
     * Replaces variables by their sums over all processes, times a factor.
     *
     * @param names the names of the variables, in the same order in every process
     * @param areZero whether this process's values count as zeros, whatever the variables hold
     */
    void sum(Variables variables, List<String> names, boolean areZero, float factor) {
        if (!hasPeers()) {
            return;
        }
        Map<String, TensorType> types = variables.types();
        SequencedMap<String, Integer> bucket = new LinkedHashMap<>();
        int filled = 0;
        for (String name : names) {
            int elements =
                    Math.toIntExact(Tensor.elements(types.get(name).shape().sizes()));
            if (!bucket.isEmpty() && filled + (long) elements > BUCKET_NUMBERS) {
                sum(variables, types, bucket, new float[filled], areZero, factor);
                bucket.clear();
                filled = 0;
            }
            bucket.put(name, elements);
            filled += elements;
        }
        sum(variables, types, bucket, new float[filled], areZero, factor);
    }

    /** Returns the bytes that a sum of variables takes beside them: those that travel together, twice. */
    long bytes(Variables variables, Collection<String> names) {
        if (!hasPeers()) {
            return 0;
        }
        LongSummaryStatistics elements = names.stream()
                .mapToLong(name ->
                        Tensor.elements(variables.types().get(name).shape().sizes()))
                .summaryStatistics();
        return 2 * Float.BYTES * Math.min(elements.getSum(), Math.max(BUCKET_NUMBERS, elements.getMax()));
    }

    private void sum(
            Variables variables,
            Map<String, TensorType> types,
            SequencedMap<String, Integer> bucket,
            float[] values,
            boolean areZero,
            float factor) {
        int at = 0;
        for (var part : bucket.entrySet()) {
            if (!areZero) {
                variables.read(part.getKey()).copyTo(0, values, at, part.getValue());
            }
            at += part.getValue();
        }
        group.allReduce(values);
        if (factor != 1) {
            for (int i = 0; i < values.length; i++) {
                values[i] *= factor;
            }
        }
        at = 0;
        Map<String, Tensor> sums = new HashMap<>();
        for (var part : bucket.entrySet()) {
            float[] sum = bucket.size() == 1 ? values : Arrays.copyOfRange(values, at, at + part.getValue());
            sums.put(
                    part.getKey(),
                    Tensor.of(sum, types.get(part.getKey()).shape().sizes()));
            at += part.getValue();
        }
        variables.write(sums);
    }
}
