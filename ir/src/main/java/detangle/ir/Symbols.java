package detangle.ir;

/**
 * The symbols of sizes that programs of models use. The IR gives a symbol no meaning, and {@link Dim#symbol} takes any
 * name; who builds a program, binds its sizes or guesses them before they are known finds the agreed names here.
 */
public final class Symbols {
    /**
     * The number of sequences that run at once; where choices are grouped, the number of groups. Code that has to guess
     * sizes takes 1 for this one and longer extents for all others.
     */
    public static final String BATCH = "B";

    /** The length of the sequences, padding included. */
    public static final String LENGTH = "S";

    /** Sequences of a group, of which one is chosen. */
    public static final String CHOICES = "C";

    /** Tokens of a batch, where padding is left out. */
    public static final String TOKENS = "T";

    /** Positions that a masked LM is asked for. */
    public static final String MASKED = "N";

    private Symbols() {}
}
