package detangle.benchmarks;

import java.util.Random;

/** Data of benchmarks. */
final class Floats {
    private Floats() {}

    static float[] random(int n) {
        Random random = new Random(n);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
