package detangle.models.deberta;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a discriminator takes of its generator's tables of words and positions (He et al. 2023, section 3.2). */
public enum EmbeddingSharing {
    /** Nothing: it has tables of its own. */
    NONE("none", "nes"),
    /** The tables themselves, which both losses train where one program has both. */
    ES("es"),
    /**
     * The tables, through which no gradient of its loss flows, and a table of its own that is added, {@code _weight}:
     * gradient-disentangled embedding sharing.
     */
    GDES("gdes");

    private final List<String> words;

    EmbeddingSharing(String... words) {
        this.words = List.of(words);
    }

    /** The value of {@code embedding_sharing} in a configuration, in any case; the published ones say {@code gdes}. */
    public static Optional<EmbeddingSharing> named(String text) {
        return Arrays.stream(values())
                .filter(sharing -> sharing.words.contains(text.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    /** The word of a configuration: {@code none}, {@code es} or {@code gdes}. */
    public String text() {
        return words.getFirst();
    }
}
