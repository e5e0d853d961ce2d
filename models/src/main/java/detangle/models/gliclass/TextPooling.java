package detangle.models.gliclass;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The ways in which the states of a text's tokens become one vector (gliclass/poolings.py). */
public enum TextPooling {
    FIRST,
    LAST,
    AVG,
    MAX,
    SUM,
    /** The square root of the mean of the squares. */
    RMS,
    ABS_MAX,
    ABS_AVG,
    /** No pooling: the scorer attends to the states of tokens. */
    PASS;

    /** Returns whether the pooling also reads padding behind the tokens, as the original does. */
    public boolean readsPadding() {
        return switch (this) {
            case FIRST, PASS -> false;
            case LAST, AVG, MAX, SUM, RMS, ABS_MAX, ABS_AVG -> true;
        };
    }

    /** Returns the name in config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<TextPooling> named(String text) {
        return Arrays.stream(values()).filter(p -> p.text().equals(text)).findFirst();
    }

    static String names() {
        return Arrays.stream(values()).map(TextPooling::text).collect(Collectors.joining(", "));
    }
}
