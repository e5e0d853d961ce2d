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
    /** The root of the mean of the squares. */
    RMS,
    ABS_MAX,
    ABS_AVG,
    /** The states stay as they are, for a scorer that attends to tokens. */
    PASS;

    /** Returns whether it reads padding behind the tokens too, as the original does. */
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
