package detangle.models.text;

/**
 * Numbers of a tokenizer.json as the library reads them (serde_json): the digits as one whole number, divided by or
 * multiplied with a power of ten; digits that 64 bits do not hold are left out. From 16 digits on, the result may be
 * the double beside the nearest one. That decides between two ways to divide a word whose scores are otherwise equal.
 */
final class LibraryNumbers {
    private static final int MAX_EXPONENT_OF_TEN = 308;

    /** The doubles that are nearest to the powers of ten. */
    private static final double[] POWERS = powers();

    private LibraryNumbers() {}

    /** Returns the value of a number as JSON has it; infinite if it is too large. */
    static double parse(char[] text, int offset, int length) {
        int at = offset;
        int end = offset + length;
        boolean negative = text[at] == '-';
        at += negative ? 1 : 0;
        long digits = 0;
        long exponent = 0;
        boolean full = false;
        boolean fraction = false;
        for (; at < end && text[at] != 'e' && text[at] != 'E'; at++) {
            if (text[at] == '.') {
                fraction = true;
                continue;
            }
            int digit = text[at] - '0';
            full |= overflows(digits, digit);
            if (full) {
                exponent += fraction ? 0 : 1;
            } else {
                digits = digits * 10 + digit;
                exponent -= fraction ? 1 : 0;
            }
        }
        if (at < end) {
            exponent += exponent(text, at + 1, end);
        }
        double value = scaled(unsigned(digits), exponent);
        return negative ? -value : value;
    }

    /** Returns whether another digit makes it more than 64 bits hold. */
    private static boolean overflows(long digits, int digit) {
        long maxBeforeADigit = Long.divideUnsigned(-1, 10);
        int compared = Long.compareUnsigned(digits, maxBeforeADigit);
        return compared > 0 || compared == 0 && digit > Long.remainderUnsigned(-1, 10);
    }

    /** No greater than would matter. */
    private static long exponent(char[] text, int from, int end) {
        boolean negative = text[from] == '-';
        long exponent = 0;
        for (int i = text[from] == '-' || text[from] == '+' ? from + 1 : from; i < end; i++) {
            exponent = Math.min(exponent * 10 + (text[i] - '0'), Integer.MAX_VALUE);
        }
        return negative ? -exponent : exponent;
    }

    private static double unsigned(long digits) {
        return digits >= 0 ? digits : 2 * (double) (digits >>> 1 | digits & 1);
    }

    private static double scaled(double digits, long exponent) {
        double value = digits;
        long left = exponent;
        while (left < -MAX_EXPONENT_OF_TEN && value != 0) {
            value /= POWERS[MAX_EXPONENT_OF_TEN];
            left += MAX_EXPONENT_OF_TEN;
        }
        if (value == 0) {
            return value;
        }
        if (left > MAX_EXPONENT_OF_TEN) {
            return Double.POSITIVE_INFINITY;
        }
        return left < 0 ? value / POWERS[(int) -left] : value * POWERS[(int) left];
    }

    private static double[] powers() {
        double[] powers = new double[MAX_EXPONENT_OF_TEN + 1];
        for (int i = 0; i < powers.length; i++) {
            powers[i] = Double.parseDouble("1e" + i);
        }
        return powers;
    }
}
