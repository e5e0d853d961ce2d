package detangle.ir.interpreter;

/**
 * The error function to about 1e-15, from its Maclaurin series near zero and a continued fraction for the complement
 * (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14).
 */
public final class Erf {
    private static final double TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

    private Erf() {}

    public static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        if (a > 6) {
            return Math.signum(x);
        }
        return a < 2.5 ? series(x) : Math.signum(x) * (1 - complement(a));
    }

    /** {@code 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (1*3*...*(2n+1))}: all terms of one sign, so nothing cancels. */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum;
    }

    /** {@code erfc(a) = exp(-a^2)/sqrt(pi) * 1/(a + (1/2)/(a + 1/(a + (3/2)/(a + ...))))} from the tail. */
    private static double complement(double a) {
        double tail = a;
        for (int n = 60; n >= 1; n--) {
            tail = a + n / 2.0 / tail;
        }
        return Math.exp(-a * a) / Math.sqrt(Math.PI) / tail;
    }
}
