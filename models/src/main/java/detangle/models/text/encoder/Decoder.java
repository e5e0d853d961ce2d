package detangle.models.text.encoder;

import java.util.List;

/** The ways in which tokens become text again; {@link Decoding} says what each means. */
public sealed interface Decoder {
    /** Runs decoders one after the other. */
    record Sequence(List<Decoder> steps) implements Decoder {
        public Sequence {
            steps = List.copyOf(steps);
        }
    }

    /** Writes the mark for spaces as a space; at the beginning not at all, if one was put there. */
    record Metaspace(int replacement, boolean prepended) implements Decoder {}

    /** Characters that stand for bytes become text. */
    record ByteLevel() implements Decoder {}

    /** Tokens with the prefix join those before them; before others comes a space. */
    record WordPiece(String prefix, boolean cleanup) implements Decoder {}

    /** Tokens for bytes become text. */
    record ByteFallback() implements Decoder {}

    /** All tokens become one. */
    record Fuse() implements Decoder {}

    record Replace(TextPattern pattern, String content) implements Decoder {}

    /** Removes up to so many of a character from the ends of each token. */
    record Strip(int content, long start, long stop) implements Decoder {}

    /** Writes the suffix of the tokens that end a word as a space. */
    record Bpe(String suffix) implements Decoder {}
}
