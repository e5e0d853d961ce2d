package detangle.train.data;

import detangle.models.deberta.HeadLosses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Draws runs of tokens as the original's {@code NGramMaskGenerator} does (apps/tasks/mlm_task.py). With {@code maxGram}
 * 1 each token is a unit; with more, a whole word is one. Units are divided into windows, each of which has one run of
 * up to {@code maxGram} units; a run of n units is drawn with a probability proportional to 1/n, and its window is
 * {@code n/probability} units long. Runs are masked from the left, until {@code probability} of all tokens are.
 *
 * @param maskToken the id of {@code [MASK]}
 * @param vocabulary the number of ids to draw replacements from, special ones included
 * @param parts what each token is to words
 * @param maxGram the most units of a run
 * @param probability the share of tokens to mask; 0.15 in the original
 * @param maxPredictions the number of masked tokens after which no further unit is masked
 * @param maskShare the share of them that become {@code [MASK]}: 0.8; 1 for the generator of replaced-token detection
 * @param keepShare the share of them that stay: 0.1; 0 for that generator. The others become random tokens
 * @param seed the seed of the draws
 */
public record NGramMasking(
        int maskToken,
        int vocabulary,
        WordParts parts,
        int maxGram,
        double probability,
        int maxPredictions,
        double maskShare,
        double keepShare,
        long seed)
        implements Masking {
    /** The share of tokens that the original masks. */
    public static final double PROBABILITY = 0.15;

    private static final double SHARE_MASKED = 0.8;
    private static final double SHARE_KEPT = 0.1;

    /** {@code max_preds_per_seq} is a multiple of this. */
    private static final int PREDICTIONS_MULTIPLE = 10;

    /** @throws DataException if a number is outside its range */
    public NGramMasking {
        if (maxGram < 1) {
            throw new DataException("max_ngram is " + maxGram + ": it must be at least 1");
        }
        if (!(probability > 0 && probability <= 1)) {
            throw new DataException(
                    "the share of masked tokens is " + probability + ": it must be above 0, and 1 at most");
        }
        if (!(maskShare >= 0 && keepShare >= 0 && maskShare + keepShare <= 1)) {
            throw new DataException("of masked tokens " + maskShare + " become [MASK] and " + keepShare
                    + " stay: these are shares, together 1 at most");
        }
    }

    /**
     * Returns the masking of MLM pre-training, with the original's shares of what becomes of masked tokens.
     *
     * @param probability the share of tokens to mask, such as {@link #PROBABILITY}
     * @param maxLength the most tokens of a text, from which the most predictions follow: 80 for 512
     */
    public static NGramMasking of(
            int maskToken, int vocabulary, WordParts parts, int maxGram, double probability, int maxLength, long seed) {
        int predictions = PREDICTIONS_MULTIPLE * (int) Math.ceil(maxLength * probability / PREDICTIONS_MULTIPLE);
        return new NGramMasking(
                maskToken, vocabulary, parts, maxGram, probability, predictions, SHARE_MASKED, SHARE_KEPT, seed);
    }

    /** Returns the masking of the generator of replaced-token detection: all masked tokens become {@code [MASK]}. */
    public NGramMasking withMasksOnly() {
        return new NGramMasking(maskToken, vocabulary, parts, maxGram, probability, maxPredictions, 1, 0, seed);
    }

    @Override
    public Masked of(int[] tokens, Random random) {
        List<int[]> units = units(tokens);
        boolean[] drawn = drawn(units.size(), random);
        int wanted = Math.min(maxPredictions, Math.max(1, (int) Math.rint(tokens.length * probability)));
        int[] ids = tokens.clone();
        int[] labels = new int[ids.length];
        Arrays.fill(labels, (int) HeadLosses.IGNORED);
        int masked = 0;
        for (int unit = 0; unit < drawn.length && masked < wanted; unit++) {
            if (drawn[unit]) {
                for (int i : units.get(unit)) {
                    labels[i] = tokens[i];
                    ids[i] = shown(tokens[i], random);
                    masked++;
                }
            }
        }
        return new Masked(ids, labels);
    }

    /** Returns the places of the tokens of each unit; special tokens are in none. */
    private List<int[]> units(int[] tokens) {
        List<int[]> units = new ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
            if (parts.special().get(tokens[i])) {
                continue;
            }
            if (maxGram > 1 && !units.isEmpty() && parts.continuing().get(tokens[i])) {
                int[] begun = units.removeLast();
                int[] longer = Arrays.copyOf(begun, begun.length + 1);
                longer[begun.length] = i;
                units.add(longer);
            } else {
                units.add(new int[] {i});
            }
        }
        return units;
    }

    private boolean[] drawn(int units, Random random) {
        int window = (int) (1 / probability);
        boolean[] drawn = new boolean[units];
        int offset = 0;
        while (offset < units) {
            int n = size(random);
            int context = Math.min(n * window, units - offset);
            int start = offset + random.nextInt(context);
            int end = Math.min(start + n, units);
            Arrays.fill(drawn, start, end, true);
            offset = Math.max(offset + context, end);
        }
        return drawn;
    }

    /** Returns the number of units of a run. */
    private int size(Random random) {
        double all = 0;
        for (int n = 1; n <= maxGram; n++) {
            all += 1.0 / n;
        }
        double left = random.nextDouble() * all;
        int n = 1;
        for (left -= 1; left >= 0 && n < maxGram; left -= 1.0 / n) {
            n++;
        }
        return n;
    }

    private int shown(int token, Random random) {
        double what = random.nextDouble();
        if (what < maskShare) {
            return maskToken;
        }
        return what < maskShare + keepShare ? token : random.nextInt(vocabulary);
    }
}
