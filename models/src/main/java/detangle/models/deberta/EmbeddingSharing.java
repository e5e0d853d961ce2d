package detangle.models.deberta;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The way in which a discriminator uses its generator's tables of words and positions (He et al. 2023, section 3.2).
 */
public enum EmbeddingSharing {
    /** The discriminator has tables of its own. */
    NONE("none", "nes"),
    /** The discriminator reads the generator's tables. Both losses train them where one program has both. */
    ES("es"),
    /**
     * The discriminator reads the sum of the generator's table, through which no gradient of its loss flows, and a
     * table of its own, {@code _weight}: gradient-disentangled embedding sharing.
     */
    GDES("gdes");

    private final List<String> words;

    EmbeddingSharing(String... words) {
        this.words = List.of(words);
    }

    /**
     * Returns the sharing that a configuration names as {@code embedding_sharing}, in any case; the published ones say
     * {@code gdes}.
     */
    public static Optional<EmbeddingSharing> named(String text) {
        return Arrays.stream(values())
                .filter(sharing -> sharing.words.contains(text.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** Returns the name in a configuration: {@code none}, {@code es} or {@code gdes}. */
    public String text() {
        return words.getFirst();
    }
}
