package detangle.pipelines;

import org.slf4j.LoggerFactory;

/**
 * Follows a call with many rows: texts, pairs of texts, questions. A lambda that takes the number of finished rows is a
 * listener. By default the first row that cannot be answered ends the call with a {@link PipelineException}; a listener
 * that overrides {@link #unanswerable} lets the other rows go on; their work is neither lost nor done twice.
 */
@FunctionalInterface
public interface ProgressListener {
    /**
     * Receives the progress after each batch.
     *
     * @param done the number of rows, or of windows of rows, that are done
     */
    void done(int done);

    /**
     * Receives a row that cannot be answered, before anything is computed: it is empty, or longer than the model takes.
     * If this method returns, the row's result is empty, and all other results are as if the row did not exist.
     *
     * @throws PipelineException to end the call, which is what happens by default
     */
    default void unanswerable(RowMessage message) {
        throw new PipelineException(message.toString());
    }

    /** Receives a row that was cut, so that only a part of it is answered. By default the message is logged. */
    default void cut(RowMessage message) {
        LoggerFactory.getLogger(ProgressListener.class).warn("{}", message);
    }

    /**
     * A message about a row.
     *
     * @param row the row's place in the call's list, from 0
     * @param name the name of the row or of a part of it: {@code text 3}, {@code the second text of pair 3}
     * @param reason the rest of the sentence after the name: {@code is empty}
     */
    record RowMessage(int row, String name, String reason) {
        /** Returns name and reason in one line. */
        @Override
        public String toString() {
            return name + " " + reason;
        }
    }
}
