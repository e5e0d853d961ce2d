package detangle.train.data;

import detangle.ir.Tensor;
import detangle.train.Batch;
import detangle.train.BatchPlan;
import detangle.train.BatchPlan.Range;
import detangle.train.Batches;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;

/**
 * Batches of a corpus on the disk, which are read when they are asked for. As in the original, an epoch has slots, as
 * many as the plan has rows: a slot has a line of the corpus for good, and its masks, and where it is cut if it is too
 * long, follow from the seed and the number of the slot. Each epoch takes all slots in an order of its own. Lines are
 * dealt to slots evenly, so that a corpus smaller than the slots is taken several times with other masks. Orders are
 * {@link Shuffle}, where the original shuffles an array of all slots.
 */
public final class CorpusBatches implements Batches {
    /** This number and the next keep the draws of orders apart. */
    private static final long LINE_ORDER = -4;

    private static final long EPOCH_ORDER = -5;

    private final Corpus corpus;
    private final Masker masker;
    private final BatchPlan plan;
    private final long seed;
    private final int rank;
    private final int processes;

    /**
     * Makes batches when they are asked for.
     *
     * @param collator a collator with a masking
     * @param maxLength the most tokens of an example, special ones included; longer ones are cut at random
     * @param plan a plan whose rows are the slots of an epoch: the lines of the corpus, or any other number, such as
     *     that of all updates times the rows of one
     * @param seed the seed of the orders
     */
    public CorpusBatches(Corpus corpus, Collator collator, int maxLength, BatchPlan plan, long seed) {
        this(corpus, new Masker(collator, maxLength), plan, seed, 0, 1);
    }

    private CorpusBatches(Corpus corpus, Masker masker, BatchPlan plan, long seed, int rank, int processes) {
        this.corpus = corpus;
        this.masker = masker;
        this.plan = plan;
        this.seed = seed;
        this.rank = rank;
        this.processes = processes;
    }

    @Override
    public CorpusBatches slice(int number, int size) {
        return new CorpusBatches(corpus, masker, plan, seed, number, size);
    }

    @Override
    public int updates() {
        return plan.updates();
    }

    @Override
    public long rows() {
        return plan.rows();
    }

    @Override
    public Optional<String> order() {
        return Optional.of("slots");
    }

    /** Returns a checksum of the corpus and of how it is cut and masked. */
    @Override
    public long checksum() {
        CRC32C checksum = new CRC32C();
        String settings = masker.collator().masking().orElseThrow() + " " + masker.maxLength();
        checksum.update(settings.getBytes(StandardCharsets.UTF_8));
        return corpus.checksum() << (Integer.SIZE - 1) ^ checksum.getValue();
    }

    @Override
    public List<Batch> update(int epoch, int update) {
        Shuffle places = new Shuffle(plan.rows(), Draws.mix(Draws.mix(seed ^ EPOCH_ORDER) ^ epoch));
        List<Batch> batches = new ArrayList<>();
        for (Range range : plan.microBatches(update)) {
            Range own = range.slice(rank, processes);
            batches.add(
                    batch(LongStream.range(own.from(), own.to()).map(places::at).toArray()));
        }
        return batches;
    }

    private Batch batch(long[] slots) {
        if (slots.length == 0) {
            return Batch.EMPTY;
        }
        Shuffle order = new Shuffle(plan.rows(), Draws.mix(seed ^ LINE_ORDER));
        long[] lines = Arrays.stream(slots)
                .map(slot -> order.at(slot) % corpus.lines())
                .toArray();
        return masker.batch(corpus.read(lines), slots);
    }

    /**
     * Returns all lines of a corpus in their order, for an evaluation. Each batch is read when it is asked for. The
     * masks of a line are the same each time.
     */
    public static Iterable<Batch> inOrder(Corpus corpus, Collator collator, int maxLength, int rows) {
        Masker masker = new Masker(collator, maxLength);
        return () -> new Iterator<>() {
            private long next;

            @Override
            public boolean hasNext() {
                return next < corpus.lines();
            }

            @Override
            public Batch next() {
                long[] lines = LongStream.range(next, Math.min(corpus.lines(), next + rows))
                        .toArray();
                next += lines.length;
                return masker.batch(corpus.read(lines), lines);
            }
        };
    }

    /** Makes batches of the lines of slots. */
    private record Masker(Collator collator, int maxLength) {
        private Masking masking() {
            return collator.masking().orElseThrow();
        }

        Batch batch(List<int[]> texts, long[] slots) {
            List<Masking.Masked> masked = new ArrayList<>();
            for (int i = 0; i < slots.length; i++) {
                Random random = Draws.of(masking().seed(), Masking.PURPOSE, slots[i]);
                masked.add(masking().of(cut(texts.get(i), random), random));
            }
            Map<String, Tensor> inputs = collator.masked(masked);
            return new Batch(inputs, slots.length, Collator.items(inputs, slots.length));
        }

        /** Drops tokens, each from the front or from the end by chance, until the text is short enough. */
        private int[] cut(int[] tokens, Random random) {
            int first = 1;
            int last = tokens.length - 1;
            while (last - first > maxLength - 2) {
                if (random.nextDouble() < 0.5) {
                    first++;
                } else {
                    last--;
                }
            }
            int[] cut = Arrays.copyOfRange(tokens, first - 1, last + 1);
            cut[0] = tokens[0];
            cut[cut.length - 1] = tokens[tokens.length - 1];
            return cut;
        }
    }
}
