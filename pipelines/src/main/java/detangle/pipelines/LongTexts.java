package detangle.pipelines;

/** The treatment of a text of more words than a model takes. */
public enum LongTexts {
    /** The text is read in windows that overlap, so that no part is left out. */
    WINDOWS,
    /** The text is cut, as GLiNER's own code does. */
    CUT
}
