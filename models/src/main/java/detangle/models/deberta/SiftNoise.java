package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Shape;

/** The noise from which SiFT takes its step to a perturbation. An object serves one program: it may count draws. */
@FunctionalInterface
public interface SiftNoise {
    /**
     * Returns numbers of a normal distribution with mean 0. Numbers beyond two deviations are clipped to two
     * deviations, and need not be exact.
     *
     * @param shape {@code [B,S,H]}
     * @param deviation the standard deviation
     */
    Node draw(Builder b, Shape shape, double deviation);

    /** Returns a noise that follows from the program's input {@link InputNames#DROPOUT_SEED}. */
    static SiftNoise random() {
        return new RandomNumbers().noise();
    }
}
