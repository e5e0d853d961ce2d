package detangle.pipelines;

import detangle.models.deberta.DebertaConfig;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Tokenizer;
import java.util.OptionalInt;

/**
 * The number of tokens that an input of a model may have.
 *
 * @param most longer inputs are refused, unless they may be cut
 * @param cut what inputs are cut to, and the length of windows; never more than {@code most}. It is less where
 *     sentence-transformers cuts sooner than the model needs it
 */
record InputLength(Bound most, Bound cut) {
    /** Far more than texts have: four to six in most languages, eight in code with much white space. */
    private static final int CHARACTERS_PER_TOKEN = 32;

    /**
     * Returns how many characters of a text are enough to fill the model, for texts of strangers. Few tokens may stand
     * for many characters, white space above all, so this is a bound of its own and does not follow from the tokenizer.
     */
    int characters() {
        return (int) Math.min(Integer.MAX_VALUE, (long) most.tokens() * CHARACTERS_PER_TOKEN);
    }

    /**
     * A number of tokens, special ones included.
     *
     * @param source who says so, for messages
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
     * Returns the length that is asked for, or else the least that the model's files state.
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
