package detangle.models.gliner2;

import java.util.Locale;

/** The source of the spans that a boundary model scores (gliner2/models/boundary/proposal.py and pool.py). */
public enum CandidatePool {
    /** Each query proposes its own spans. */
    PER_QUERY,
    /** All queries score the same spans. */
    SHARED;

    /** Returns the word for it in config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns whether vectors of boundaries are turned by their indices before spans are proposed, if the configuration
     * asks for it.
     */
    public boolean isRotated() {
        return this == PER_QUERY;
    }
}
