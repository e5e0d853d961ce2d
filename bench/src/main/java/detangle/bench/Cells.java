package detangle.bench;

import java.util.Locale;

/** Numbers as tables show them. */
final class Cells {
    private Cells() {}

    static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    static String percent(double share) {
        return number("%.0f %%", 100 * share);
    }

    /** Three decimals: no clock here is better. */
    static double rounded(double value) {
        return Math.rint(value * 1e3) / 1e3;
    }
}
