package detangle.train.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Examples that are divided into those to learn from and those to validate with.
 *
 * @param training the examples to learn from
 * @param validation the examples that are held back
 */
public record Split<T>(List<T> training, List<T> validation) {
    /** This number distinguishes the draws of a split from those of epochs, which are counted from 0. */
    private static final long STREAM = -1;

    /**
     * Holds back a share of examples, drawn at random; both parts keep their order.
     *
     * @param share between 0 and 1
     * @throws DataException if nothing would be left of one of them
     */
    public static <T> Split<T> of(List<T> all, double share, long seed) {
        int held = (int) Math.ceil(all.size() * share);
        if (held < 1 || held >= all.size()) {
            throw new DataException("a share of " + share + " of " + all.size()
                    + " rows leaves nothing to learn from or nothing to validate with");
        }
        boolean[] drawn = new boolean[all.size()];
        int[] order = Draws.permutation(all.size(), Draws.of(seed, STREAM));
        Arrays.stream(order, 0, held).forEach(i -> drawn[i] = true);
        List<T> training = new ArrayList<>();
        List<T> validation = new ArrayList<>();
        for (int i = 0; i < drawn.length; i++) {
            (drawn[i] ? validation : training).add(all.get(i));
        }
        return new Split<>(training, validation);
    }
}
