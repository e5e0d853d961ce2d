package detangle.train.data;

import java.util.Random;

/** Draws the tokens that a masked language model has to guess. */
public sealed interface Masking permits TokenMasking, NGramMasking {
    /** This number distinguishes these draws from those of orders. */
    long PURPOSE = -2;

    /** Returns the id of {@code [MASK]}. */
    int maskToken();

    /** Returns the seed of the draws. */
    long seed();

    /**
     * A text with masks.
     *
     * @param ids the tokens that the model gets
     * @param labels the tokens to guess; -100 elsewhere
     */
    record Masked(int[] ids, int[] labels) {}

    /**
     * Masks a text.
     *
     * @param tokens the ids of a text with its special tokens, which stay as they are in the array
     * @param random the source of the draws
     */
    Masked of(int[] tokens, Random random);

    /** Masks an example of an epoch; the draws depend on the seed, the epoch and the number of the example alone. */
    default Masked of(int[] tokens, int epoch, int example) {
        return of(tokens, Draws.of(seed(), PURPOSE, epoch, example));
    }
}
