package detangle.experiment;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes numbers as Python and numpy do, for files that scripts read. */
public final class PythonText {
    private static final int SIGNIFICANT_DIGITS = 19;
    private static final int MIN_PLAIN_EXPONENT = -4;
    private static final int MAX_PLAIN_EXPONENT = 16;

    private PythonText() {}

    /** Returns the shortest text that stands for a number: {@code 0.1}, {@code 1e-05}, {@code nan}. */
    public static String number(double value) {
        return special(value, Double.toString(value));
    }

    /** Returns the shortest text that stands for a number in single precision. */
    public static String number(float value) {
        return special(value, Float.toString(value));
    }

    private static String special(double value, String java) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return java;
        }
        BigDecimal decimal = new BigDecimal(java).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= MIN_PLAIN_EXPONENT && exponent < MAX_PLAIN_EXPONENT) {
            String plain = decimal.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String digits = decimal.unscaledValue().abs().toString();
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        return (value < 0 ? "-" : "") + digits.charAt(0) + fraction + exponent(exponent);
    }

    private static String exponent(int exponent) {
        int size = Math.abs(exponent);
        return (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
    }

    /** Returns a number as numpy's savetxt writes it: {@code 1.000000000000000056e-01}. */
    public static String exact(double value) {
        if (!Double.isFinite(value) || value == 0) {
            return value == 0 ? (1 / value < 0 ? "-" : "") + "0.000000000000000000e+00" : number(value);
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(SIGNIFICANT_DIGITS, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        String digits = rounded.unscaledValue().abs().toString();
        String padded = digits + "0".repeat(SIGNIFICANT_DIGITS - digits.length());
        return (value < 0 ? "-" : "") + padded.charAt(0) + "." + padded.substring(1) + exponent(exponent);
    }

    /** Returns a row of numbers with tabs between them, as numpy's savetxt writes it. */
    public static String exactRow(float... values) {
        return IntStream.range(0, values.length).mapToObj(i -> exact(values[i])).collect(Collectors.joining("\t"));
    }

    /** Returns numbers with tabs between them, each in its shortest text in single precision. */
    public static String row(double... values) {
        return Arrays.stream(values).mapToObj(value -> number((float) value)).collect(Collectors.joining("\t"));
    }
}
