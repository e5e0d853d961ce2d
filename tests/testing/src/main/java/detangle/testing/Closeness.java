package detangle.testing;

import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.Map;

/** How far apart results are. */
public final class Closeness {
    private Closeness() {}

    /**
     * Returns the largest normalised mean squared error of any output: the sum of squared differences over the sum of
     * squares of what is expected. Infinities and NaN must stand at the same places; they count as infinite error where
     * they do not.
     */
    public static double nmse(Map<String, Tensor> expected, Map<String, Tensor> actual) {
        if (!expected.keySet().equals(actual.keySet())) {
            return Double.POSITIVE_INFINITY;
        }
        double worst = 0;
        for (String name : expected.keySet()) {
            worst = Math.max(worst, nmse(expected.get(name), actual.get(name)));
        }
        return worst;
    }

    private static double nmse(Tensor expected, Tensor actual) {
        if (!Arrays.equals(expected.shape(), actual.shape())) {
            return Double.POSITIVE_INFINITY;
        }
        double difference = 0;
        double size = 0;
        for (long i = 0; i < expected.elements(); i++) {
            double x = expected.getDouble(i);
            double y = actual.getDouble(i);
            if (Double.isFinite(x) && Double.isFinite(y)) {
                difference += (x - y) * (x - y);
                size += x * x;
            } else if (Double.compare(x, y) != 0) {
                return Double.POSITIVE_INFINITY;
            }
        }
        return difference == 0 ? 0 : difference / Math.max(size, 1e-12);
    }
}
