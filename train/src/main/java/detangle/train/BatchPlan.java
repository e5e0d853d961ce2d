package detangle.train;

import java.util.ArrayList;
import java.util.List;

/**
 * Divides the rows of an epoch, in the order in which they are taken, into updates and micro-batches.
 *
 * @param rows the number of rows, at least one
 * @param batch the rows of a micro-batch for {@link Recipe#HUGGINGFACE} ({@code per_device_train_batch_size}), and of
 *     an update for {@link Recipe#MICROSOFT} ({@code train_batch_size})
 * @param accumulation the micro-batches of an update ({@code gradient_accumulation_steps}), or the number of parts that
 *     an update is cut into ({@code accumulative_update})
 */
public record BatchPlan(Recipe recipe, int rows, int batch, int accumulation) {
    /** The places {@code [from, to)} in the order of the epoch. */
    public record Range(int from, int to) {
        /** Returns the number of places. */
        public int size() {
            return to - from;
        }

        /** Returns one of several slices whose sizes differ by one at most; it may be empty. */
        public Range slice(int number, int slices) {
            return new Range(from + part(number, slices), from + part(number + 1, slices));
        }

        private int part(int number, int slices) {
            return (int) ((long) size() * number / slices);
        }
    }

    /** @throws TrainingException if a number is less than one */
    public BatchPlan {
        if (rows < 1) {
            throw new TrainingException("there are no rows to train with");
        }
        if (batch < 1 || accumulation < 1) {
            throw new TrainingException("per_device_train_batch_size is " + batch
                    + " and gradient_accumulation_steps is " + accumulation + ": both must be at least 1");
        }
    }

    /** Returns the number of updates of an epoch. */
    public int updates() {
        return switch (recipe) {
            case HUGGINGFACE -> Math.ceilDiv(Math.ceilDiv(rows, batch), accumulation);
            case MICROSOFT -> Math.ceilDiv(rows, batch);
        };
    }

    /**
     * Returns the micro-batches of an update. The last micro-batch of an epoch may have fewer rows, and the last update
     * fewer micro-batches.
     *
     * @param update the number of the update in its epoch, from 0
     */
    public List<Range> microBatches(int update) {
        return switch (recipe) {
            case HUGGINGFACE -> {
                long from = (long) update * accumulation * batch;
                yield cut(from, Math.min(rows, from + (long) accumulation * batch), batch);
            }
            case MICROSOFT -> {
                long from = (long) update * batch;
                long to = Math.min(rows, from + batch);
                yield cut(from, to, Math.toIntExact(Math.ceilDiv(to - from, accumulation)));
            }
        };
    }

    private static List<Range> cut(long from, long to, int size) {
        List<Range> ranges = new ArrayList<>();
        for (long at = from; at < to; at += size) {
            ranges.add(new Range((int) at, (int) Math.min(to, at + size)));
        }
        return ranges;
    }
}
