package detangle.pipelines;

import detangle.models.text.WhiteSpace;
import detangle.pipelines.ProgressListener.RowMessage;

/** A row of a call while it is encoded. Messages about it go to the call's listener. */
record InputRow(int index, String name, ProgressListener listener) {
    /** The fault of a row of which the listener has been told. The call goes on without the row. */
    static final class UnanswerableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnanswerableException(RowMessage message) {
            super(message.toString(), null, false, false);
        }
    }

    /** Returns the only row of a call without a listener, which is called by this name. */
    static InputRow alone(String name) {
        return new InputRow(0, name, done -> {});
    }

    /** Returns the row, or a part of it, under another name. */
    InputRow named(String part) {
        return new InputRow(index, part, listener);
    }

    /**
     * Tells the listener that this row cannot be answered. It throws the listener's exception, or returns one that
     * skips the row.
     */
    RuntimeException unanswerable(String reason) {
        RowMessage message = new RowMessage(index, name, reason);
        listener.unanswerable(message);
        return new UnanswerableException(message);
    }

    void cut(String reason) {
        listener.cut(new RowMessage(index, name, reason));
    }

    /** Refuses a text of white space alone. */
    void requireText(String text) {
        if (WhiteSpace.isBlank(text)) {
            throw unanswerable("is empty");
        }
    }
}
