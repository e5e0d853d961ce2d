package detangle.ir.text;

import java.math.BigDecimal;
import java.util.OptionalDouble;

/**
 * Doubles in text: the shortest form that reads back equal, {@code inf} and {@code nan}. Whole numbers that a long
 * holds are written with all of their digits.
 */
final class Numbers {
    /** Longs are below it, and not below its negative. */
    private static final double BEYOND_LONG = 0x1p63;

    /** Characters of the longest text of a whole number. */
    private static final int MAX_EXACT_LENGTH = 1000;

    private Numbers() {}

    static String print(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        boolean negativeZero = value == 0 && 1 / value < 0;
        return value == Math.rint(value) && value >= -BEYOND_LONG && value < BEYOND_LONG && !negativeZero
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    static OptionalDouble parse(String text) {
        return switch (text) {
            case "nan" -> OptionalDouble.of(Double.NaN);
            case "inf" -> OptionalDouble.of(Double.POSITIVE_INFINITY);
            case "-inf" -> OptionalDouble.of(Double.NEGATIVE_INFINITY);
            default ->
                text.matches("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
                        ? OptionalDouble.of(Double.parseDouble(text))
                        : OptionalDouble.empty();
        };
    }

    /**
     * Returns whether the double that {@link #parse} returned for a text is the number that is written there, not the
     * nearest to it.
     */
    static boolean isExact(String text, double value) {
        try {
            return text.length() <= MAX_EXACT_LENGTH && new BigDecimal(text).compareTo(new BigDecimal(value)) == 0;
        } catch (NumberFormatException e) {
            return false; // An exponent of more than 32 bits, or a double that is not finite.
        }
    }
}
