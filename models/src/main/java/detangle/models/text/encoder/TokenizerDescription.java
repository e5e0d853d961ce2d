package detangle.models.text.encoder;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * All that a tokenizer.json says of how texts are encoded, wherever it was read.
 *
 * @param origin the file, for messages
 * @param addedTokens in the order in which they were added; their contents differ, and so do their ids
 * @param padToken the name of the padding token if the file has one
 */
public record TokenizerDescription(
        Path origin,
        List<AddedToken> addedTokens,
        Optional<Normalizer> normalizer,
        Optional<PreTokenizer> preTokenizer,
        Model model,
        PostProcessor postProcessor,
        Optional<Decoder> decoder,
        Optional<String> padToken) {
    public TokenizerDescription {
        addedTokens = List.copyOf(addedTokens);
    }

    /** Returns the same with other added tokens. */
    public TokenizerDescription withAddedTokens(List<AddedToken> tokens) {
        return new TokenizerDescription(
                origin, tokens, normalizer, preTokenizer, model, postProcessor, decoder, padToken);
    }

    /** Returns the same with another normalizer. */
    public TokenizerDescription withNormalizer(Normalizer other) {
        return new TokenizerDescription(
                origin, addedTokens, Optional.of(other), preTokenizer, model, postProcessor, decoder, padToken);
    }

    /** Returns the same with another pre-tokenizer. */
    public TokenizerDescription withPreTokenizer(PreTokenizer other) {
        return new TokenizerDescription(
                origin, addedTokens, normalizer, Optional.of(other), model, postProcessor, decoder, padToken);
    }

    /** Returns the same with another frame. */
    public TokenizerDescription withPostProcessor(PostProcessor other) {
        return new TokenizerDescription(origin, addedTokens, normalizer, preTokenizer, model, other, decoder, padToken);
    }

    /** Returns the id of a token, added or of the model. */
    public Optional<Integer> find(String token) {
        for (AddedToken added : addedTokens) {
            if (added.content().equals(token)) {
                return Optional.of(added.id());
            }
        }
        return model.vocabulary().find(token).stream().boxed().findFirst();
    }
}
