package detangle.pipelines;

import java.util.Arrays;

/**
 * Vectors of spans, of those of their words, by running sums in single precision as the original has them
 * (gliner2/models/boundary/content.py). The smooth maximum is what is left of a running one, and loses digits late in a
 * text.
 *
 * @param sums of the vectors before each boundary
 * @param maxima logarithms of the sums of their exponentials; none if there is no smooth maximum
 */
record BoundaryContent(float[][] sums, float[][] maxima) {
    private static final float LOG_OF_AN_EMPTY_SUM = -Float.MAX_VALUE / 4;
    private static final float MAX_ROUNDING_STEP = -1e-6f;

    static BoundaryContent of(float[][] words, boolean softMaximum) {
        int width = words[0].length;
        float[][] sums = new float[words.length + 1][width];
        float[][] maxima = new float[softMaximum ? words.length + 1 : 0][width];
        for (int i = 0; i < width; i++) {
            double sum = 0;
            double maximum = LOG_OF_AN_EMPTY_SUM;
            if (softMaximum) {
                maxima[0][i] = LOG_OF_AN_EMPTY_SUM;
            }
            for (int word = 0; word < words.length; word++) {
                float value = words[word][i];
                sum += value;
                sums[word + 1][i] = (float) sum;
                if (softMaximum) {
                    double greater = Math.max(maximum, value);
                    maximum = greater + Math.log1p(Math.exp(Math.min(maximum, value) - greater));
                    maxima[word + 1][i] = (float) maximum;
                }
            }
        }
        return new BoundaryContent(sums, maxima);
    }

    /** Returns the mean of a span, and behind it the smooth maximum if there is one. */
    float[] of(BoundarySpan span) {
        float[] mean = mean(span);
        if (maxima.length == 0) {
            return mean;
        }
        float[] both = Arrays.copyOf(mean, 2 * mean.length);
        for (int i = 0; i < mean.length; i++) {
            float last = maxima[span.end()][i];
            float step = Math.min(maxima[span.start()][i] - last, MAX_ROUNDING_STEP);
            both[mean.length + i] = last + (float) Math.log1p(-(float) Math.exp(step));
        }
        return both;
    }

    float[] mean(BoundarySpan span) {
        float[] mean = new float[sums[0].length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (sums[span.end()][i] - sums[span.start()][i]) / span.length();
        }
        return mean;
    }
}
