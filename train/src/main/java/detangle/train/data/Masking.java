package detangle.train.data;

import detangle.models.deberta.HeadLosses;
import java.util.Random;

/**
 * Which tokens a masked language model has to guess, as HuggingFace's {@code DataCollatorForLanguageModeling} draws them: each token
 * but the first and the last with a probability of its own; of those that are drawn, eight of ten become {@code [MASK]}, one becomes a
 * token of the vocabulary, and one stays.
 *
 * @param maskToken the id of {@code [MASK]}
 * @param vocabulary how many ids there are to draw from
 * @param probability of being drawn; 0.15 is usual
 * @param seed what is drawn follows from it, the epoch and the number of the example
 */
public record Masking(int maskToken, int vocabulary, double probability, long seed) {
    private static final int IGNORED = (int) HeadLosses.IGNORED;
    private static final double MASKED = 0.8;
    private static final double REPLACED = 0.9;

    /** Tells these draws from those of orders. */
    private static final long PURPOSE = -2;

    /**
     * A text with its masks.
     *
     * @param ids what the model is given
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
