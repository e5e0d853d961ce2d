package detangle.models.text.encoder;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/** The ways in which the tokens of a word are found; {@link Segmentation} says what each means. */
public sealed interface Model {
    /** Returns the tokens. */
    Vocabulary vocabulary();

    /** Returns how many tokens it counts, which is the id that the library gives to the first token that is added. */
    int size();

    /**
     * The most likely tokens.
     *
     * @param scores logarithm of the likelihood of each token, by id
     * @param unknownScore the same of a character that is in no token
     * @param unknownId the token of what is in no other
     * @param bytes the tokens with which the unknown is spelled where that is possible
     */
    record Unigram(Vocabulary vocabulary, double[] scores, double unknownScore, OptionalInt unknownId, ByteTokens bytes)
            implements Model {
        private static final double UNKNOWN_PENALTY = 10;

        /** An unknown character is less likely than every token by a constant. */
        public Unigram(Vocabulary vocabulary, double[] scores, OptionalInt unknownId, boolean byteFallback) {
            this(
                    vocabulary,
                    scores,
                    Arrays.stream(scores).min().orElseThrow() - UNKNOWN_PENALTY,
                    unknownId,
                    ByteTokens.of(vocabulary, byteFallback));
        }

        @Override
        public int size() {
            return scores.length;
        }
    }

    /**
     * Byte-pair encoding: neighbours are merged, the pair of lowest rank first.
     *
     * @param unknown the token of what is in no other; without one it is left out
     * @param fuseUnknown whether neighbours that are unknown become one token
     * @param bytes the tokens with which the unknown is spelled where that is possible
     * @param prefix stands before tokens that do not begin a word; may be empty
     * @param suffix stands behind tokens that end a word; may be empty
     * @param ignoreMerges whether a word that is a token is that token, whatever the merges make of it
     */
    record Bpe(
            Vocabulary vocabulary,
            Merges merges,
            Optional<String> unknown,
            boolean fuseUnknown,
            ByteTokens bytes,
            String prefix,
            String suffix,
            boolean ignoreMerges)
            implements Model {
        @Override
        public int size() {
            return vocabulary.size();
        }
    }

    /**
     * The longest token first; a word of which something is in no token is unknown as a whole.
     *
     * @param prefix stands before tokens that do not begin a word; may be empty
     * @param maxCharacters a word of more is unknown
     */
    record WordPiece(Vocabulary vocabulary, String unknown, String prefix, long maxCharacters) implements Model {
        @Override
        public int size() {
            return vocabulary.size();
        }
    }
}
