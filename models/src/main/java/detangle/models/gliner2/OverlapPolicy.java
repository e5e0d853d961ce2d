package detangle.models.gliner2;

import java.util.Locale;

/** Which entities of one kind may have words in common (gliner2/models/boundary/engine.py:21-77). */
public enum OverlapPolicy {
    /** No entities may overlap. Those without common words are kept whose probabilities have the greatest sum. */
    FLAT,
    /** All entities may overlap. */
    NESTED,
    /** All entities may overlap, except those inside a more probable one. */
    LONGEST;

    /** Returns the word for it in config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
