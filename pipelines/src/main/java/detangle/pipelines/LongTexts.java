package detangle.pipelines;

/** The treatment of a text of more words than a model takes. */
public enum LongTexts {
    /** It is read in windows that overlap, so that nothing of it is left out. */
    WINDOWS,
    /** It is cut, as GLiNER's own code cuts it. */
    CUT
}
