package detangle.runtime;

import detangle.backend.InputException;
import detangle.ir.Tensor;
import detangle.models.deberta.ProblemType;

/** Training losses, as HuggingFace's heads compute them. */
public final class Loss {
    private Loss() {}

    /**
     * The loss of sequence classification: mean squared error for regression, cross entropy over the labels that are not
     * negative, or over soft labels, or binary cross entropy for several labels at once.
     *
     * @param logits {@code [B,L]}
     * @param labels {@code [B]}, class indices or values; or {@code [B,L]}, a distribution or values for each label
     */
    public static double sequenceClassification(Tensor logits, Tensor labels, ProblemType type) {
        int batch = Math.toIntExact(logits.dim(0));
        int classes = Math.toIntExact(logits.dim(1));
        boolean perClass = labels.elements() == (long) batch * classes && (labels.rank() == 2 || classes == 1);
        if (!perClass && labels.elements() != batch) {
            throw new InputException("labels are " + labels.type() + ", but the logits are " + logits.type());
        }
        return switch (type) {
            case REGRESSION -> meanSquaredError(logits, labels);
            case SINGLE_LABEL_CLASSIFICATION ->
                perClass && classes > 1
                        ? softCrossEntropy(logits, labels, batch, classes)
                        : crossEntropy(logits, labels, batch, classes);
            case MULTI_LABEL_CLASSIFICATION -> binaryCrossEntropy(logits, labels);
        };
    }

    private static double meanSquaredError(Tensor logits, Tensor labels) {
        double sum = 0;
        for (int i = 0; i < logits.elements(); i++) {
            double d = logits.getDouble(i) - labels.getDouble(i);
            sum += d * d;
        }
        return sum / logits.elements();
    }

    private static double logSumExp(Tensor logits, int row, int classes) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < classes; i++) {
            max = Math.max(max, logits.getDouble((long) row * classes + i));
        }
        double sum = 0;
        for (int i = 0; i < classes; i++) {
            sum += Math.exp(logits.getDouble((long) row * classes + i) - max);
        }
        return max + Math.log(sum);
    }

    private static double crossEntropy(Tensor logits, Tensor labels, int batch, int classes) {
        double sum = 0;
        int counted = 0;
        for (int row = 0; row < batch; row++) {
            long label = labels.getLong(row);
            if (label >= classes) {
                throw new InputException("label " + label + " is outside the " + classes + " labels");
            }
            if (label >= 0) {
                sum += logSumExp(logits, row, classes) - logits.getDouble((long) row * classes + label);
                counted++;
            }
        }
        return counted == 0 ? 0 : sum / counted;
    }

    private static double softCrossEntropy(Tensor logits, Tensor labels, int batch, int classes) {
        double sum = 0;
        for (int row = 0; row < batch; row++) {
            double normaliser = logSumExp(logits, row, classes);
            for (int i = 0; i < classes; i++) {
                long at = (long) row * classes + i;
                sum += labels.getDouble(at) * (normaliser - logits.getDouble(at));
            }
        }
        return sum / batch;
    }

    private static double binaryCrossEntropy(Tensor logits, Tensor labels) {
        double sum = 0;
        for (int i = 0; i < logits.elements(); i++) {
            double x = logits.getDouble(i);
            sum += Math.max(x, 0) - x * labels.getDouble(i) + Math.log1p(Math.exp(-Math.abs(x)));
        }
        return sum / logits.elements();
    }
}
