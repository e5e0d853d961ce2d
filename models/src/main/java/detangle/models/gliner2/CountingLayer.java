package detangle.models.gliner2;

import java.util.Locale;

/**
 * The layers that make vectors of instances of a group's fields, behind a GRU over the instances
 * (gliner2/layers.py:90-303).
 */
public enum CountingLayer {
    /** Two matrices over the GRU's state and the field's. */
    COUNT_LSTM,
    /** A small transformer over the fields of each instance. */
    COUNT_LSTM_V2,
    /** A mixture of experts over the GRU's state. */
    COUNT_LSTM_MOE;

    /** Returns the word for it in config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns whether it reads the fields' states beside those of the GRU. */
    public boolean readsFields() {
        return this != COUNT_LSTM_MOE;
    }
}
