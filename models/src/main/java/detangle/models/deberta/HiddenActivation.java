package detangle.models.deberta;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The elementwise functions that {@code hidden_act}, {@code pooler_hidden_act} and {@code conv_act} may name. */
public enum HiddenActivation {
    /** x (1 + erf(x / sqrt 2)) / 2. */
    GELU("gelu"),
    /** x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
    GELU_TANH("gelu_new", "gelu_pytorch_tanh"),
    RELU("relu"),
    TANH("tanh"),
    /** 1 / (1 + exp(-x)). */
    SIGMOID("sigmoid"),
    /** x / (1 + exp(-x)). */
    SILU("silu", "swish"),
    LINEAR("linear");

    private final List<String> words;

    HiddenActivation(String... words) {
        this.words = List.of(words);
    }

    static Optional<HiddenActivation> of(String word) {
        return Arrays.stream(values()).filter(a -> a.words.contains(word)).findFirst();
    }

    static List<String> allWords() {
        return Arrays.stream(values()).flatMap(a -> a.words.stream()).toList();
    }
}
