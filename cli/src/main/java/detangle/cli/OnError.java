package detangle.cli;

import java.util.Locale;

/** The treatment of a row that cannot be answered; the constants are the words of {@code --on-error}. */
enum OnError {
    /** The run ends with status 1, and the rows before it are written. */
    FAIL,
    /** It is left out, and told of at the end. */
    SKIP,
    /** It is written with null for what is not known, and told of at the end. */
    NULL;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
