package detangle.models.text.encoder;

import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Runs a {@link TokenizerDescription}, with the ids, tokens and offsets of HuggingFace's tokenizers library. A text is
 * divided at added tokens, normalised, divided into words, of which the model finds the tokens; the post-processor
 * frames them.
 */
public final class DescribedTokenizer implements Tokenizer {
    private final TokenizerDescription description;
    private final AddedTokens added;
    private final Set<String> specials = new HashSet<>();
    private final int padTokenId;
    private final OptionalInt maskTokenId;
    private final OptionalInt modelMaxLength;
    private final int vocabSize;

    /**
     * Makes the tokenizer of a description.
     *
     * @throws TokenizerException if an added token cannot be looked for
     */
    public DescribedTokenizer(
            TokenizerDescription description, int padTokenId, OptionalInt maskTokenId, OptionalInt modelMaxLength) {
        this.description = description;
        this.padTokenId = padTokenId;
        this.maskTokenId = maskTokenId;
        this.modelMaxLength = modelMaxLength;
        try {
            this.added = new AddedTokens(description.origin(), description.addedTokens(), description.normalizer());
        } catch (EncodingException e) {
            throw new TokenizerException(description.origin(), e.getMessage(), e);
        }
        int size = description.model().vocabulary().limit();
        for (AddedToken token : description.addedTokens()) {
            size = Math.max(size, token.id() + 1);
            if (token.special()) {
                specials.add(token.content());
            }
        }
        this.vocabSize = size;
    }

    @Override
    public Encoding encode(String text) {
        try {
            return frame(description.postProcessor().single(), List.of(tokens(text)));
        } catch (EncodingException e) {
            throw new TokenizerException(description.origin(), "a text cannot be encoded: " + e.getMessage(), e);
        }
    }

    @Override
    public Encoding encode(String first, String second) {
        try {
            return frame(description.postProcessor().pair(), List.of(tokens(first), tokens(second)));
        } catch (EncodingException e) {
            throw new TokenizerException(
                    description.origin(), "a pair of texts cannot be encoded: " + e.getMessage(), e);
        }
    }

    private TokenList tokens(String text) {
        TokenList tokens = new TokenList();
        List<Integer> respelled = new ArrayList<>();
        for (AddedTokens.Part part : added.split(AlignedText.of(text))) {
            AlignedText content = part.text();
            if (part.token().isPresent()) {
                respelled.add(tokens.size());
                tokens.beginWord();
                tokens.add(part.token().get().id(), content.text(), content, 0, content.length());
                continue;
            }
            List<AlignedText> words = description
                    .preTokenizer()
                    .map(p -> PreTokenization.words(p, content))
                    .orElse(List.of(content));
            for (AlignedText word : words) {
                tokens.beginWord();
                Segmentation.segment(description.model(), word, tokens);
            }
        }
        description.postProcessor().trimming().ifPresent(how -> Offsets.trim(tokens, how));
        // Found with the white space that they take, or normalised: they are spelled as they were added.
        for (int index : respelled) {
            tokens.respell(index, added.find(tokens.id(index)).orElseThrow().content());
        }
        return tokens;
    }

    private static Encoding frame(List<PostProcessor.Piece> pieces, List<TokenList> texts) {
        int length = pieces.size() - texts.size();
        for (TokenList text : texts) {
            length += text.size();
        }
        int[] ids = new int[length];
        int[] types = new int[length];
        int[] sequences = new int[length];
        int[] words = new int[length];
        int[] starts = new int[length];
        int[] ends = new int[length];
        List<String> spellings = new ArrayList<>(length);
        for (PostProcessor.Piece piece : pieces) {
            switch (piece) {
                case PostProcessor.Piece.Special special -> {
                    int at = spellings.size();
                    ids[at] = special.id();
                    types[at] = special.typeId();
                    sequences[at] = Encoding.SPECIAL;
                    words[at] = Encoding.SPECIAL;
                    spellings.add(special.token());
                }
                case PostProcessor.Piece.Text text -> {
                    TokenList tokens = texts.get(text.index());
                    for (int i = 0; i < tokens.size(); i++) {
                        int at = spellings.size();
                        ids[at] = tokens.id(i);
                        types[at] = text.typeId();
                        sequences[at] = text.index();
                        words[at] = tokens.word(i);
                        starts[at] = tokens.start(i);
                        ends[at] = tokens.end(i);
                        spellings.add(tokens.spelling(i));
                    }
                }
            }
        }
        return new Encoding(ids, types, spellings, sequences, words, starts, ends);
    }

    @Override
    public int padTokenId() {
        return padTokenId;
    }

    @Override
    public OptionalInt maskTokenId() {
        return maskTokenId;
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        List<String> tokens = new ArrayList<>();
        for (int id : ids) {
            String token = token(id).orElse("");
            if (!token.isEmpty() && !(skipSpecialTokens && specials.contains(token))) {
                tokens.add(token);
            }
        }
        try {
            return description.decoder().map(d -> Decoding.decode(d, tokens)).orElseGet(() -> String.join(" ", tokens));
        } catch (EncodingException e) {
            throw new TokenizerException(description.origin(), "ids cannot be decoded: " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<String> token(int id) {
        Vocabulary vocabulary = description.model().vocabulary();
        return added.find(id)
                .map(AddedToken::content)
                .or(() -> vocabulary.has(id) ? Optional.of(vocabulary.token(id)) : Optional.empty());
    }

    @Override
    public OptionalInt unknownTokenId() {
        return switch (description.model()) {
            case Model.Unigram unigram -> unigram.unknownId();
            case Model.Bpe bpe -> bpe.unknown().map(bpe.vocabulary()::find).orElse(OptionalInt.empty());
            case Model.WordPiece wordPiece -> wordPiece.vocabulary().find(wordPiece.unknown());
        };
    }

    @Override
    public boolean marksContinuations() {
        return switch (description.model()) {
            case Model.Unigram _ -> false;
            case Model.Bpe bpe -> !bpe.prefix().isEmpty();
            case Model.WordPiece wordPiece -> !wordPiece.prefix().isEmpty();
        };
    }

    @Override
    public int vocabSize() {
        return vocabSize;
    }

    @Override
    public OptionalInt modelMaxLength() {
        return modelMaxLength;
    }
}
