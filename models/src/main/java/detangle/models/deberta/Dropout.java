package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Node;

/**
 * Changes a value at a place where training drops some of its elements (Srivastava et al. 2014). An object
 * serves one program: it may count the places.
 */
@FunctionalInterface
public interface Dropout {
    /** Nothing is dropped: inference, and evaluation. */
    Dropout NONE = (b, place, rate, x) -> x;

    /**
     * Returns the value with some of its elements dropped and the others scaled, so that the mean stays.
     *
     * @param place the name of HuggingFace's module and how many times it has been called before in a forward pass:
     *     {@code deberta.encoder.layer.0.output.dropout#0}. The enhanced mask decoder calls the last layer again
     * @param rate the probability of dropping an element, above 0 and below 1
     */
    Node apply(Builder b, String place, double rate, Node x);

    /**
     * Elements are dropped where random numbers are below the rate. The numbers follow from the program's input
     * {@link InputNames#DROPOUT_SEED} and from a stream that each place has for itself; a step of training gives a seed
     * that no other step has.
     */
    static Dropout random() {
        return new RandomNumbers().dropout();
    }
}
