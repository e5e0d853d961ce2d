package detangle.train.data;

import detangle.models.deberta.HeadLosses;
import java.util.Random;

/**
 * Draws the tokens that a masked language model has to guess, as HuggingFace's {@code DataCollatorForLanguageModeling}
 * does. Each token but the first and the last is drawn independently; eight of ten drawn tokens become {@code [MASK]},
 * one becomes a random token of the vocabulary, and one stays.
 *
 * @param maskToken the id of {@code [MASK]}
 * @param vocabulary the number of ids to draw from
 * @param probability the probability that a token is drawn; 0.15 is usual
 * @param seed the seed; the draws depend on it, on the epoch and on the number of the example
 */
public record Masking(int maskToken, int vocabulary, double probability, long seed) {
    private static final int IGNORED = (int) HeadLosses.IGNORED;
    private static final double MASKED = 0.8;
    private static final double REPLACED = 0.9;

    /** This number distinguishes these draws from those of orders. */
    private static final long PURPOSE = -2;

    /**
     * A text with masks.
     *
     * @param ids the tokens that the model gets
     * @param labels the tokens to guess; -100 elsewhere
     */
    record Masked(int[] ids, int[] labels) {}

    Masked of(int[] tokens, int epoch, int example) {
        Random random = Draws.of(seed, PURPOSE, epoch, example);
        int[] ids = tokens.clone();
        int[] labels = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            labels[i] = IGNORED;
            if (i == 0 || i == ids.length - 1 || random.nextDouble() >= probability) {
                continue;
            }
            labels[i] = ids[i];
            double what = random.nextDouble();
            if (what < MASKED) {
                ids[i] = maskToken;
            } else if (what < REPLACED) {
                ids[i] = random.nextInt(vocabulary);
            }
        }
        return new Masked(ids, labels);
    }
}
