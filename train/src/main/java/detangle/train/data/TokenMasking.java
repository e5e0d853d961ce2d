package detangle.train.data;

import detangle.models.deberta.HeadLosses;
import java.util.Random;

/**
 * Draws tokens as HuggingFace's {@code DataCollatorForLanguageModeling} does. Each token but the first and the last is
 * drawn independently; eight of ten drawn tokens become {@code [MASK]}, one becomes a random token of the vocabulary,
 * and one stays.
 *
 * @param maskToken the id of {@code [MASK]}
 * @param vocabulary the number of ids to draw from
 * @param probability the probability that a token is drawn; 0.15 is usual
 * @param seed the seed of the draws
 */
public record TokenMasking(int maskToken, int vocabulary, double probability, long seed) implements Masking {
    private static final int IGNORED = (int) HeadLosses.IGNORED;
    private static final double SHARE_MASKED = 0.8;
    private static final double SHARE_MASKED_OR_REPLACED = 0.9;

    @Override
    public Masked of(int[] tokens, Random random) {
        int[] ids = tokens.clone();
        int[] labels = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            labels[i] = IGNORED;
            if (i == 0 || i == ids.length - 1 || random.nextDouble() >= probability) {
                continue;
            }
            labels[i] = ids[i];
            double what = random.nextDouble();
            if (what < SHARE_MASKED) {
                ids[i] = maskToken;
            } else if (what < SHARE_MASKED_OR_REPLACED) {
                ids[i] = random.nextInt(vocabulary);
            }
        }
        return new Masked(ids, labels);
    }
}
