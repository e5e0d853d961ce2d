package detangle.models.text.encoder;

import java.util.List;

/** How a text is divided into words before tokens are looked for; {@link PreTokenization} says what each means. */
public sealed interface PreTokenizer {
    /** What becomes of the parts that a pattern finds. */
    enum Behavior {
        REMOVED,
        ISOLATED,
        MERGED_WITH_PREVIOUS,
        MERGED_WITH_NEXT,
        CONTIGUOUS
    }

    /** Before which words {@link Metaspace} puts its mark. */
    enum PrependScheme {
        ALWAYS,
        /** The word that begins the text. */
        FIRST,
        NEVER
    }

    /** One after the other. */
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

    /** What stands between white space. */
    record WhitespaceSplit() implements PreTokenizer {}

    /** What stands between white space, each punctuation mark by itself. */
    record Bert() implements PreTokenizer {}

    /** Finds numbers. */
    record Digits(boolean individual) implements PreTokenizer {}

    /** Finds a pattern, or with {@code invert} what lies between. */
    record Split(TextPattern pattern, Behavior behavior, boolean invert) implements PreTokenizer {}
}
