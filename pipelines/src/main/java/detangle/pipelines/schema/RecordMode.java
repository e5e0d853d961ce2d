package detangle.pipelines.schema;

import java.util.Locale;

/**
 * The way in which the records of a structure are made, by a model of the boundary architecture
 * (gliner2/processing/records.py).
 */
public enum RecordMode {
    /** Each part of the text that is a value of one field, the anchor, is a record. */
    NATURAL,
    /** A part of the text that is a value of any field may stand for a record. */
    LATENT,
    /** Records stand for no part of the text. */
    ANCHORLESS;

    /** Returns GLiNER2's word for it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
