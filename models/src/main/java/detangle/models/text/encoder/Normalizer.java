package detangle.models.text.encoder;

import java.text.Normalizer.Form;
import java.util.List;
import java.util.Optional;

/** The changes of a text before it is divided; {@link Normalization} says what each means. */
public sealed interface Normalizer {
    /** Runs normalizers one after the other. */
    record Sequence(List<Normalizer> steps) implements Normalizer {
        public Sequence {
            steps = List.copyOf(steps);
        }
    }

    record Lowercase() implements Normalizer {}

    /** Removes white space from the ends. */
    record Strip(boolean left, boolean right) implements Normalizer {}

    /** Removes combining marks. */
    record StripAccents() implements Normalizer {}

    /** A normal form of Unicode. */
    record Unicode(Form form) implements Normalizer {}

    /** Removes controls, and writes other kinds of spaces as a space. */
    record Nmt() implements Normalizer {}

    /** SentencePiece's compiled rules, as the library applies them. */
    record Precompiled(Charsmap rules) implements Normalizer {}

    /** Writes something else for what a pattern finds. */
    record Replace(TextPattern pattern, String content) implements Normalizer {}

    /** Puts something in front of a text that is not empty. */
    record Prepend(String content) implements Normalizer {}

    /**
     * BERT's cleaning.
     *
     * @param cleanText remove controls, and write every white space as a space
     * @param chineseCharacters put spaces around Chinese characters
     * @param stripAccents remove accents; as {@code lowercase} says where it is empty
     * @param lowercase lower the case
     */
    record Bert(boolean cleanText, boolean chineseCharacters, Optional<Boolean> stripAccents, boolean lowercase)
            implements Normalizer {}
}
