package detangle.pipelines;

import org.slf4j.LoggerFactory;

/**
 * Follows a call with many rows: texts, pairs of texts, questions. A lambda that takes the number of rows done is one.
 * By default the first row that cannot be answered ends the call with a {@link PipelineException}; a listener that
 * overrides {@link #unanswerable} lets the other rows go on, whose work is neither lost nor done twice.
 */
@FunctionalInterface
public interface ProgressListener {
    /**
     * Called after each batch.
     *
     * @param done how many rows, or windows of rows, are done
     */
    void done(int done);

    /**
     * Called for a row that cannot be answered, before anything is computed: it is empty, or longer than the model
     * takes. If this returns, the row's result is empty and all others are as if the row were not there.
     *
     * @throws PipelineException to end the call, which is what happens by default
     */
    default void unanswerable(RowMessage message) {
        throw new PipelineException(message.toString());
    }

    /** Called for a row that is answered in part only, as it was cut. By default the message is logged. */
    default void cut(RowMessage message) {
        LoggerFactory.getLogger(ProgressListener.class).warn("{}", message);
    }

    /**
     * A message about a row.
     *
     * @param row the row's place in the call's list, from 0
     * @param name what messages call the row or a part of it: {@code text 3}, {@code the second text of pair 3}
     * @param reason what goes on from the name: {@code is empty}
     */
    record RowMessage(int row, String name, String reason) {
        /** Name and reason, one line. */
        @Override
        public String toString() {
            return name + " " + reason;
        }
    }
}
