package detangle.models.deberta;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Whose code is followed where the two differ: at distances of {@code max_relative_positions} or more in a model with
 * buckets. HuggingFace takes their bucket, the original code that of {@code max_relative_positions - 1}
 * (da_utils.py, {@code make_log_bucket_position}). Positive distances end in the same row either way.
 */
public enum Convention {
    HUGGINGFACE,
    MICROSOFT;

    /** Returns the name on the command line. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the convention with that {@link #text()}. */
    public static Optional<Convention> named(String text) {
        return Arrays.stream(values()).filter(c -> c.text().equals(text)).findFirst();
    }
}
