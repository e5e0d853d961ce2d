package detangle.pipelines;

import detangle.models.deberta.DebertaConfig;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Tokenizer;
import java.util.OptionalInt;

/**
 * The number of tokens that an input of a model may have.
 *
 * @param most the most tokens of an input; longer ones are refused, unless they may be cut
 * @param cut the number of tokens to which inputs are cut, and the length of windows. It is never more than {@code
 *     most}, and less if sentence-transformers cuts sooner than the model needs
 */
record InputLength(Bound most, Bound cut) {
    /**
     * A bound on the characters of a token. It is far more than texts have: four to six in most languages, eight in
     * code with much white space.
     */
    private static final int CHARACTERS_PER_TOKEN = 32;

    /**
     * Returns the most characters of a text that a shared model reads. It is a bound of its own and does not follow
     * from the tokenizer, because few tokens may stand for many characters, above all of white space.
     */
    int characters() {
        return (int) Math.min(Integer.MAX_VALUE, (long) most.tokens() * CHARACTERS_PER_TOKEN);
    }

    /**
     * A number of tokens, special ones included.
     *
     * @param source the file or option that states the number, for messages
     */
    record Bound(int tokens, String source) {
        private Bound least(OptionalInt other, String otherSource) {
            return other.isPresent() && other.getAsInt() < tokens ? new Bound(other.getAsInt(), otherSource) : this;
        }

        @Override
        public String toString() {
            return tokens + " (" + source + ")";
        }
    }

    /**
     * Returns the requested length, or else the least length that the model's files state.
     *
     * @param absolute whether the model has a position for each place, and no more of them than its configuration says
     * @throws PipelineException if more is asked for than such a model has
     */
    static InputLength of(
            DebertaConfig config, boolean absolute, Tokenizer tokenizer, SentenceSettings sentence, OptionalInt asked) {
        int positions = config.maxPositionEmbeddings();
        if (asked.isPresent()) {
            int length = asked.getAsInt();
            if (absolute && length > positions) {
                throw new PipelineException(config.file() + " has " + positions
                        + " absolute positions (max_position_embeddings), so that no input can have " + length
                        + " tokens: choose a maximum length of at most " + positions);
            }
            Bound bound = new Bound(length, "the maximum length that was chosen");
            return new InputLength(bound, bound);
        }
        Bound most = new Bound(positions, "max_position_embeddings of config.json")
                .least(tokenizer.modelMaxLength(), "model_max_length of tokenizer_config.json");
        String file = sentence.file().map(f -> f.getFileName().toString()).orElse("");
        return new InputLength(most, most.least(sentence.maxSeqLength(), "max_seq_length of " + file));
    }
}
