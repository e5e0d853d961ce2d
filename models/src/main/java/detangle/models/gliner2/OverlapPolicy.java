package detangle.models.gliner2;

import java.util.Locale;

/** Which entities of one kind may have words in common (gliner2/models/boundary/engine.py:21-77). */
public enum OverlapPolicy {
    /** None may: those without common words are kept whose probabilities have the greatest sum. */
    FLAT,
    /** All may. */
    NESTED,
    /** All may but those that lie inside a more probable one. */
    LONGEST;

    /** Returns the word for it in config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
