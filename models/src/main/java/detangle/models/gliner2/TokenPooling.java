package detangle.models.gliner2;

import java.util.Locale;

/** The ways in which the states of a word's tokens become the word's state (gliner2/processor.py, _aggregate). */
public enum TokenPooling {
    /** The state of the first token. */
    FIRST,
    /** The mean of all states. */
    MEAN,
    /** The largest value of each component. */
    MAX;

    /** Returns the word for it in config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
