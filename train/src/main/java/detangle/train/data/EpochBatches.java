package detangle.train.data;

import detangle.ir.Tensor;
import detangle.train.Batch;
import detangle.train.BatchPlan;
import detangle.train.BatchPlan.Range;
import detangle.train.Batches;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Examples, divided into updates and micro-batches. Their order depends on the seed and on the number of the epoch. */
public final class EpochBatches implements Batches {
    private final List<Example> examples;
    private final int[] lengths;
    private final Collator collator;
    private final BatchPlan plan;
    private final Order order;
    private final long seed;
    private final int rank;
    private final int processes;
    private int orderedEpoch = -1;
    private int[] ordered = {};

    /**
     * Makes batches when they are asked for.
     *
     * @param examples the examples, all of one task
     * @param plan a plan for as many rows as there are examples
     */
    public EpochBatches(List<Example> examples, Collator collator, BatchPlan plan, Order order, long seed) {
        this(examples, collator, plan, order, seed, 0, 1);
    }

    private EpochBatches(
            List<Example> examples,
            Collator collator,
            BatchPlan plan,
            Order order,
            long seed,
            int rank,
            int processes) {
        if (plan.rows() != examples.size()) {
            throw new IllegalArgumentException(
                    "a plan for " + plan.rows() + " rows does not go with " + examples.size());
        }
        this.examples = List.copyOf(examples);
        this.lengths = examples.stream().mapToInt(Example::length).toArray();
        this.collator = collator;
        this.plan = plan;
        this.order = order;
        this.seed = seed;
        this.rank = rank;
        this.processes = processes;
    }

    /**
     * {@inheritDoc} A slice is padded as the whole batch is, since the loss of answers to questions depends on padding.
     */
    @Override
    public EpochBatches slice(int number, int size) {
        return new EpochBatches(examples, collator, plan, order, seed, number, size);
    }

    @Override
    public int updates() {
        return plan.updates();
    }

    @Override
    public long rows() {
        return examples.size();
    }

    @Override
    public Optional<String> order() {
        return Optional.of(order.name().toLowerCase(Locale.ROOT));
    }

    @Override
    public long checksum() {
        CRC32C checksum = new CRC32C();
        examples.forEach(example -> example.addTo(checksum));
        return checksum.getValue();
    }

    @Override
    public synchronized List<Batch> update(int epoch, int update) {
        if (epoch != orderedEpoch) {
            ordered = order.of(lengths, plan.batch() * plan.accumulation(), seed, epoch);
            orderedEpoch = epoch;
        }
        return plan.microBatches(update).stream()
                .map(range -> batch(range, epoch))
                .toList();
    }

    private Batch batch(Range range, int epoch) {
        Range own = range.slice(rank, processes);
        if (own.size() == 0) {
            return Batch.EMPTY;
        }
        int longest = Arrays.stream(ordered, range.from(), range.to())
                .map(i -> lengths[i])
                .max()
                .orElseThrow();
        int[] which = Arrays.copyOfRange(ordered, own.from(), own.to());
        return batch(collator.batch(examples, which, epoch, longest), which.length);
    }

    private static Batch batch(Map<String, Tensor> inputs, int rows) {
        return new Batch(inputs, rows, Collator.items(inputs, rows));
    }

    /**
     * Returns all examples in their order, for an evaluation. Each batch is made when it is asked for, with the masks
     * of epoch 0.
     */
    public static Stream<Batch> inOrder(List<Example> examples, Collator collator, int rows) {
        return IntStream.iterate(0, from -> from < examples.size(), from -> from + rows)
                .mapToObj(from -> IntStream.range(from, Math.min(examples.size(), from + rows))
                        .toArray())
                .map(which -> batch(collator.batch(examples, which, 0), which.length));
    }
}
