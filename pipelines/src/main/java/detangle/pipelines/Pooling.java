package detangle.pipelines;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The ways in which the states of a text's tokens become one vector. The names and their order are those of
 * sentence-transformers.
 */
public enum Pooling {
    /**
     * The state of the first token that counts: {@code [CLS]}, or the first token behind a prompt that does not count.
     */
    CLS,
    /** The greatest value of each component. */
    MAX,
    /** The mean of the states, special tokens included. */
    MEAN,
    /** The sum of the states, divided by the square root of their number. */
    MEAN_SQRT_LEN_TOKENS,
    /** The mean of the states in which the i-th token counts i times. */
    WEIGHTEDMEAN,
    /** The state of the last token. */
    LASTTOKEN;

    /** Returns the name in sentence-transformers: {@code mean_sqrt_len_tokens}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the pooling with that {@link #text}. */
    public static Optional<Pooling> named(String text) {
        return Arrays.stream(values()).filter(p -> p.text().equals(text)).findFirst();
    }

    /**
     * Returns the vector of a text.
     *
     * @param states of its tokens, {@code [tokens][width]}
     * @param first the first token that counts; those before it are a prompt's. {@link #CLS} takes this one, as version
     *     6 of sentence-transformers does; version 5 took the first token of all
     */
    double[] apply(double[][] states, int first) {
        int last = states.length - 1;
        return switch (this) {
            case CLS -> states[first].clone();
            case LASTTOKEN -> states[last].clone();
            case MAX -> {
                double[] vector = states[first].clone();
                for (int token = first + 1; token <= last; token++) {
                    for (int i = 0; i < vector.length; i++) {
                        vector[i] = Math.max(vector[i], states[token][i]);
                    }
                }
                yield vector;
            }
            case MEAN -> scaled(sum(states, first), 1.0 / (states.length - first));
            case MEAN_SQRT_LEN_TOKENS -> scaled(sum(states, first), 1 / Math.sqrt(states.length - first));
            case WEIGHTEDMEAN -> {
                double[] vector = new double[states[0].length];
                double weights = 0;
                for (int token = first; token <= last; token++) {
                    int weight = token + 1;
                    weights += weight;
                    for (int i = 0; i < vector.length; i++) {
                        vector[i] += weight * states[token][i];
                    }
                }
                yield scaled(vector, 1 / weights);
            }
        };
    }

    private static double[] sum(double[][] states, int first) {
        double[] sum = new double[states[0].length];
        for (int token = first; token < states.length; token++) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += states[token][i];
            }
        }
        return sum;
    }

    private static double[] scaled(double[] vector, double factor) {
        for (int i = 0; i < vector.length; i++) {
            vector[i] *= factor;
        }
        return vector;
    }
}
