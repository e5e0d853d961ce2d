package detangle.train.metrics;

import detangle.ir.Tensor;

/** Decisions from logits. */
public final class Logits {
    private Logits() {}

    /** Returns the place of the greatest number; the first place if several numbers are equal. */
    public static int argmax(float... logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /** Returns the probability of each class: the softmax of logits, in double precision. */
    public static double[] softmax(float... logits) {
        double greatest = logits[argmax(logits)];
        double[] probabilities = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] = Math.exp(logits[i] - greatest);
            sum += probabilities[i];
        }
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] /= sum;
        }
        return probabilities;
    }

    /** Returns the rows of a tensor: its last axis, for each place on the others. */
    public static float[][] rows(Tensor tensor) {
        int width = Math.toIntExact(tensor.dim(tensor.rank() - 1));
        float[][] rows = new float[Math.toIntExact(tensor.elements() / width)][width];
        for (int i = 0; i < rows.length; i++) {
            tensor.copyTo((long) i * width, rows[i], 0, width);
        }
        return rows;
    }

    /** Returns the logistic function of a logit. */
    public static double sigmoid(float logit) {
        return 1 / (1 + Math.exp(-(double) logit));
    }
}
