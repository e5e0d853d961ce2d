package detangle.models.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Finds and loads the tokenizer of a model folder. */
public final class Tokenizers {
    private static final String JSON = "tokenizer.json";
    private static final String SENTENCE_PIECE = "spm.model";
    private static final String VOCABULARY = "vocab.json";
    private static final String DICTIONARY = "dict.txt";
    private static final String TORCH_FILE = "bpe_encoder.bin";

    /** GPT-2's merges, under HuggingFace's name and under its own. */
    private static final List<String> MERGES = List.of("merges.txt", "vocab.bpe");

    private Tokenizers() {}

    /**
     * The tokenizer that a folder's files describe: the first of {@code tokenizer.json}, {@code spm.model},
     * {@code vocab.json} with {@code merges.txt}, {@code bpe_encoder.bin}, {@code dict.txt} with {@code merges.txt}. A
     * {@link TokenizerException} if there is none, or it is not well formed.
     */
    public static Tokenizer load(Path folder) {
        return load(folder, TokenizerKind.HUGGINGFACE);
    }

    /** The tokenizer of a folder that follows someone's code; a {@link TokenizerException} if files for it are missing. */
    public static Tokenizer load(Path folder, TokenizerKind kind) {
        return switch (kind) {
            case HUGGINGFACE ->
                find(folder, JSON)
                        .map(Tokenizers::fromJson)
                        .or(() -> find(folder, SENTENCE_PIECE).map(Tokenizers::fromSentencePiece))
                        .or(() -> find(folder, VOCABULARY)
                                .flatMap(v -> merges(folder).map(m -> fromVocabulary(v, m))))
                        .or(() -> gpt2(folder))
                        .orElseThrow(() -> missing(
                                folder,
                                JSON + ", " + SENTENCE_PIECE + ", " + VOCABULARY + " with merges.txt, " + TORCH_FILE
                                        + ", " + DICTIONARY + " with merges.txt"));
            case SLOW -> sentencePiece(folder, true);
            case SENTENCEPIECE -> sentencePiece(folder, false);
            case GPT2 ->
                gpt2(folder).orElseThrow(() -> missing(folder, TORCH_FILE + ", " + DICTIONARY + " with merges.txt"));
        };
    }

    /** Whether a folder has files of a tokenizer, well formed or not. */
    public static boolean exists(Path folder) {
        return Stream.of(JSON, SENTENCE_PIECE, VOCABULARY, TORCH_FILE, DICTIONARY)
                .anyMatch(name -> find(folder, name).isPresent());
    }

    private static TokenizerException missing(Path folder, String files) {
        return new TokenizerException(folder, "no tokenizer; what is looked for: " + files);
    }

    private static Optional<Path> find(Path folder, String name) {
        return Optional.of(folder.resolve(name)).filter(Files::exists);
    }

    private static Optional<Path> merges(Path folder) {
        return MERGES.stream().flatMap(name -> find(folder, name).stream()).findFirst();
    }

    private static Optional<Tokenizer> gpt2(Path folder) {
        return find(folder, TORCH_FILE)
                .map(Gpt2Dictionary::ofTorchFile)
                .or(() -> find(folder, DICTIONARY).flatMap(d -> merges(folder).map(m -> Gpt2Dictionary.ofText(d, m))));
    }

    private static Tokenizer sentencePiece(Path folder, boolean huggingFace) {
        Path file = find(folder, SENTENCE_PIECE).orElseThrow(() -> missing(folder, SENTENCE_PIECE));
        return new SentencePieceTokenizer(file, model(file), SentencePieceOptions.beside(file), huggingFace);
    }

    /** The tokenizer of a {@code vocab.json} and its {@code merges.txt}, of v1. */
    public static Tokenizer fromVocabulary(Path vocabulary, Path merges) {
        return ByteLevelBpe.read(vocabulary, merges).tokenizer(true);
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
        return HuggingFaceTokenizer.create(file, json, facts.vocabSize(), facts.padTokenId(), facts.maskTokenId());
    }

    /**
     * The tokenizer of a SentencePiece unigram model, as HuggingFace's conversion has it, which is how the published
     * DeBERTa tokenizers came about: special tokens are recognised in the text, and what the vocabulary lacks becomes
     * one {@code [UNK]}, also where the model could spell it in bytes. {@code do_lower_case} and
     * {@code split_by_punct} of a {@code tokenizer_config.json} beside it are heeded.
     */
    public static Tokenizer fromSentencePiece(Path file) {
        UnigramJson converted = UnigramJson.convert(file, model(file), SentencePieceOptions.beside(file));
        return HuggingFaceTokenizer.create(
                file,
                converted.json(),
                converted.vocabSize(),
                converted.padTokenId(),
                OptionalInt.of(converted.maskTokenId()));
    }

    private static SentencePieceModel model(Path file) {
        try {
            return SentencePieceModel.parse(file, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new TokenizerException(file, "cannot be read: " + e.getMessage(), e);
        }
    }
}
