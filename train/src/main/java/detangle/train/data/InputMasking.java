package detangle.train.data;

import java.util.Random;

/**
 * Replaces some tokens of a text by {@code [MASK]}, as a regularisation of tasks other than masked language modelling:
 * a small model does not learn rows by heart then. Each token is drawn independently, and anew at each epoch. The
 * special tokens stay: the first one, the last one, and the one that ends the first text of a pair.
 *
 * @param maskToken the id of {@code [MASK]}
 * @param probability the probability that a token is replaced, from 0 to 1
 * @param seed the seed from which the draws follow, with the epoch, the number of the example and that of its text
 */
public record InputMasking(int maskToken, double probability, long seed) {
    /** Tells these draws from those of orders and of {@link Masking}. */
    private static final long STREAM = -3;

    /** Returns the ids that the model is given instead of the text's own. */
    int[] of(TokenIds text, int epoch, int example, int choice) {
        Random random = Draws.of(seed, STREAM, epoch, example, choice);
        int[] ids = text.ids().clone();
        for (int i = 1; i < ids.length - 1; i++) {
            if (random.nextDouble() < probability && i != text.pairStart() - 1) {
                ids[i] = maskToken;
            }
        }
        return ids;
    }
}
