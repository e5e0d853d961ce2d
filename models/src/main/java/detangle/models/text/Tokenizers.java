package detangle.models.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds and loads the tokenizer of a model folder. */
public final class Tokenizers {
    private static final String JSON = "tokenizer.json";
    private static final String SENTENCE_PIECE = "spm.model";

    private Tokenizers() {}

    /**
     * The tokenizer that the folder's {@code tokenizer.json} describes, else that of its {@code spm.model}. A
     * {@link TokenizerException} if there is neither, or it is not well formed.
     */
    public static Tokenizer load(Path folder) {
        Path json = folder.resolve(JSON);
        if (Files.exists(json)) {
            return fromJson(json);
        }
        Path model = folder.resolve(SENTENCE_PIECE);
        if (Files.exists(model)) {
            return fromSentencePiece(model);
        }
        throw new TokenizerException(folder, "no tokenizer: neither " + JSON + " nor " + SENTENCE_PIECE + " is there");
    }

    /** The tokenizer of a {@code tokenizer.json}; truncation and padding that it asks for are left out. */
    public static Tokenizer fromJson(Path file) {
        String json;
        try {
            json = Files.readString(file);
        } catch (IOException e) {
            throw new TokenizerException(file, "cannot be read as UTF-8: " + e.getMessage(), e);
        }
        TokenizerJson facts = TokenizerJson.scan(file, json);
        return HuggingFaceTokenizer.create(file, json, facts.vocabSize(), facts.padTokenId());
    }

    /**
     * The tokenizer of a SentencePiece unigram model, as HuggingFace's conversion has it, which is how the published
     * DeBERTa tokenizers came about: special tokens are recognised in the text, and what the vocabulary lacks becomes
     * one {@code [UNK]}, also where the model could spell it in bytes. {@code do_lower_case} and
     * {@code split_by_punct} of a {@code tokenizer_config.json} beside it are heeded.
     */
    public static Tokenizer fromSentencePiece(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new TokenizerException(file, "cannot be read: " + e.getMessage(), e);
        }
        SentencePieceModel model = SentencePieceModel.parse(file, bytes);
        UnigramJson converted = UnigramJson.convert(file, model, SentencePieceOptions.beside(file));
        return HuggingFaceTokenizer.create(file, converted.json(), converted.vocabSize(), converted.padTokenId());
    }
}
