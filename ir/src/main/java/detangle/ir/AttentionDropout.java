package detangle.ir;

/**
 * Dropout of attention's probabilities, behind the softmax: a probability is dropped where a random number is below the
 * rate, and the others are scaled by {@code 1 / (1 - rate)}.
 *
 * @param rate the probability of dropping, 0 for no dropout
 * @param stream of the random numbers, 0 where there is no dropout
 */
public record AttentionDropout(double rate, long stream) {
    /** Nothing is dropped, as in inference. */
    public static final AttentionDropout NONE = new AttentionDropout(0, 0);

    /** Returns whether something is dropped; if so, attention has a seed among its operands. */
    public boolean isPresent() {
        return !equals(NONE);
    }

    /** Returns the factor of a probability that is kept. */
    public double scale() {
        return 1 / (1 - rate);
    }
}
