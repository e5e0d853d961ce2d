package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.OutputNames;
import detangle.models.text.Encoding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Finds {@code [MASK]} in texts, and computes the scores of the vocabulary at these places alone. The scores of a mask
 * are a hundred times as large as a text, so the scores of all callers together have a bound.
 */
final class MaskedPlaces {
    /** The most scores of all callers together: 256 MB of floats. */
    private static final long MAX_NUMBERS = 1 << 26;

    /** The most scores of a batch, unless one text alone has more: 64 MB of floats. */
    private static final long MAX_NUMBERS_OF_A_BATCH = 1 << 24;

    private final int mask;
    private final int vocabulary;
    private final int maxMasks;
    private final Semaphore room;

    /**
     * @param mask the id of {@code [MASK]}
     * @param vocabulary scores of a mask
     */
    MaskedPlaces(int mask, int vocabulary) {
        this.mask = mask;
        this.vocabulary = vocabulary;
        this.maxMasks = (int) Math.max(1, MAX_NUMBERS / vocabulary);
        this.room = new Semaphore(maxMasks, true);
    }

    /** Returns the places of masks in an encoding. */
    int[] of(Encoding encoding) {
        return IntStream.range(0, encoding.length())
                .filter(i -> encoding.ids()[i] == mask)
                .toArray();
    }

    /**
     * Returns the number of tokens that an encoding counts as in a batch. It grows with the number of masks, so that
     * the scores of a batch are bounded.
     */
    int cost(Encoding encoding, int maxBatchTokens) {
        long ofMask = Math.max(1, (long) maxBatchTokens * vocabulary / MAX_NUMBERS_OF_A_BATCH);
        return (int) Math.min(Integer.MAX_VALUE / 2, encoding.length() + of(encoding).length * ofMask);
    }

    /**
     * Returns the places of all masks of a batch, {@code i64[N]}.
     *
     * @param width tokens of a row of the batch
     */
    Tensor rows(List<Encoding> batch, long width) {
        long[] rows = IntStream.range(0, batch.size())
                .boxed()
                .flatMapToLong(row -> IntStream.of(of(batch.get(row))).mapToLong(place -> row * width + place))
                .toArray();
        return Tensor.of(rows, rows.length);
    }

    /**
     * Returns the outputs of each encoding of a batch: scores as {@code f32[1,M,V]} for its M masks. Each is a copy, so
     * it keeps no other scores in memory.
     */
    List<Row> divided(Map<String, Tensor> outputs, List<Encoding> batch) {
        Tensor logits = outputs.get(OutputNames.LOGITS);
        long width = logits.dim(1);
        long bytes = width * logits.dtype().bytes();
        List<Row> rows = new ArrayList<>();
        long first = 0;
        for (Encoding encoding : batch) {
            int count = of(encoding).length;
            MemorySegment own = logits.data().asSlice(first * bytes, count * bytes);
            MemorySegment kept = batch.size() == 1 ? own : MemorySegment.ofArray(own.toArray(ValueLayout.JAVA_BYTE));
            Tensor scores = new Tensor(logits.dtype(), new long[] {1, count, width}, kept);
            rows.add(new Row(Map.of(OutputNames.LOGITS, scores), 0, count));
            first += count;
        }
        return rows;
    }

    /**
     * Runs work while the scores of some encodings are in memory; waits until there is room for them.
     *
     * @throws PipelineException if there is never room for so many
     * @throws DeadlineException if the caller's deadline passes before
     */
    <T> T holding(List<Encoding> encodings, DynamicBatching options, Supplier<T> work) {
        int count = encodings.stream().mapToInt(e -> of(e).length).sum();
        if (count > maxMasks) {
            throw new PipelineException("there are " + count + " masks, and at most " + maxMasks
                    + " are filled at once: send fewer texts, or texts with fewer masks");
        }
        try {
            if (!room.tryAcquire(count, Deadline.end(options) - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw Deadline.exceeded(options);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DeadlineException("interrupted while waiting");
        }
        try {
            return work.get();
        } finally {
            room.release(count);
        }
    }
}
