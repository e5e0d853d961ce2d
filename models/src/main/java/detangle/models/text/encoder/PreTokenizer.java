package detangle.models.text.encoder;

import java.util.List;

/**
 * The ways in which a text is divided into words before tokens are looked for; {@link PreTokenization} says what each
 * means.
 */
public sealed interface PreTokenizer {
    /** The treatment of the parts that a pattern finds. */
    enum Behavior {
        REMOVED,
        ISOLATED,
        MERGED_WITH_PREVIOUS,
        MERGED_WITH_NEXT,
        CONTIGUOUS
    }

    /** The words before which {@link Metaspace} puts its mark. */
    enum PrependScheme {
        ALWAYS,
        /** The word that begins the text. */
        FIRST,
        NEVER
    }

    /** Runs pre-tokenizers one after the other. */
    record Sequence(List<PreTokenizer> steps) implements PreTokenizer {
        public Sequence {
            steps = List.copyOf(steps);
        }
    }

    /** Writes spaces as a mark, puts one in front, and begins a word at each. */
    record Metaspace(int replacement, PrependScheme prependScheme, boolean split) implements PreTokenizer {}

    /** Finds punctuation. */
    record Punctuation(Behavior behavior) implements PreTokenizer {}

    /** GPT-2's words, spelled in characters that stand for bytes. */
    record ByteLevel(boolean addPrefixSpace, boolean useRegex) implements PreTokenizer {}

    /** Words, and what stands between them and white space. */
    record Whitespace() implements PreTokenizer {}

    /** Takes what stands between white space. */
    record WhitespaceSplit() implements PreTokenizer {}

    /** Takes what stands between white space, and each punctuation mark by itself. */
    record Bert() implements PreTokenizer {}

    /** Finds numbers. */
    record Digits(boolean individual) implements PreTokenizer {}

    /** Finds a pattern, or with {@code invert} what lies between. */
    record Split(TextPattern pattern, Behavior behavior, boolean invert) implements PreTokenizer {}
}
