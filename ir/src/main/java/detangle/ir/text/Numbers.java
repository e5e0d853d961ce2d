package detangle.ir.text;

import java.util.OptionalDouble;

/** Doubles in text: the shortest form that reads back equal, whole numbers without a point, {@code inf} and {@code nan}. */
final class Numbers {
    private static final double LARGEST_WHOLE = 1e15;

    private Numbers() {}

    static String print(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        boolean negativeZero = value == 0 && 1 / value < 0;
        return value == Math.rint(value) && Math.abs(value) < LARGEST_WHOLE && !negativeZero
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
}
