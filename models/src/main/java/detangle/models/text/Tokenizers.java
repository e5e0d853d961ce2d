package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.text.encoder.Encoder;
import detangle.models.text.encoder.TokenizerDescription;
import java.io.IOException;
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
        ModelFiles files = ModelFiles.of(folder);
        return switch (kind) {
            case HUGGINGFACE ->
                find(files, JSON)
                        .map(f -> fromJson(f, settings(files)))
                        .or(() -> find(files, SENTENCE_PIECE).map(f -> fromSentencePiece(f, settings(files))))
                        .or(() -> find(files, VOCABULARY)
                                .flatMap(v -> merges(files)
                                        .map(m ->
                                                encoder(ByteLevelBpe.read(v, m).description(true), settings(files)))))
                        .or(() -> gpt2(files))
                        .orElseThrow(() -> missing(
                                folder,
                                JSON + ", " + SENTENCE_PIECE + ", " + VOCABULARY + " with merges.txt, " + TORCH_FILE
                                        + ", " + DICTIONARY + " with merges.txt"));
            case SLOW -> sentencePiece(folder, files, true);
            case SENTENCEPIECE -> sentencePiece(folder, files, false);
            case GPT2 ->
                gpt2(files).orElseThrow(() -> missing(folder, TORCH_FILE + ", " + DICTIONARY + " with merges.txt"));
        };
    }

    /** Whether a folder or an artifact has files of a tokenizer, well formed or not. */
    public static boolean exists(Path folder) {
        return !filesIn(ModelFiles.of(folder)).isEmpty();
    }

    /** The names of a model's tokenizer files, without those that only go with others. */
    public static List<String> filesIn(ModelFiles files) {
        return Stream.of(JSON, SENTENCE_PIECE, VOCABULARY, TORCH_FILE, DICTIONARY)
                .filter(files::has)
                .toList();
    }

    /** All names that {@link #load} looks for. */
    public static List<String> fileNames() {
        return List.of(
                JSON,
                SENTENCE_PIECE,
                TokenizerSettings.CONFIG,
                VOCABULARY,
                MERGES.get(0),
                MERGES.get(1),
                TORCH_FILE,
                DICTIONARY);
    }

    private static TokenizerException missing(Path folder, String files) {
        return new TokenizerException(folder, "no tokenizer; what is looked for: " + files);
    }

    private static Optional<ModelFile> find(ModelFiles files, String name) {
        try {
            return files.find(name);
        } catch (IOException e) {
            throw new TokenizerException(files.path(name), "cannot be read: " + e.getMessage(), e);
        }
    }

    private static ModelFile read(Path file) {
        try {
            return ModelFile.read(file);
        } catch (IOException e) {
            throw new TokenizerException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static Optional<ModelFile> merges(ModelFiles files) {
        return MERGES.stream().flatMap(name -> find(files, name).stream()).findFirst();
    }

    private static TokenizerSettings settings(ModelFiles files) {
        return find(files, TokenizerSettings.CONFIG).map(TokenizerSettings::of).orElse(TokenizerSettings.NONE);
    }

    private static TokenizerSettings settingsBeside(Path file) {
        return settings(new ModelFiles.OfFolder(file.toAbsolutePath().getParent()));
    }

    private static Optional<Tokenizer> gpt2(ModelFiles files) {
        return find(files, TORCH_FILE)
                .map(f -> Gpt2Dictionary.ofTorchFile(f, settings(files).modelMaxLength()))
                .or(() -> find(files, DICTIONARY)
                        .flatMap(d -> merges(files)
                                .map(m -> Gpt2Dictionary.ofText(
                                        d, m, settings(files).modelMaxLength()))));
    }

    private static Tokenizer sentencePiece(Path folder, ModelFiles files, boolean huggingFace) {
        ModelFile file = find(files, SENTENCE_PIECE).orElseThrow(() -> missing(folder, SENTENCE_PIECE));
        return new SentencePieceTokenizer(
                file.path(), SentencePieceModel.parse(file.path(), file.content()), settings(files), huggingFace);
    }

    /** The tokenizer of a {@code vocab.json} and its {@code merges.txt}, of v1. */
    public static Tokenizer fromVocabulary(Path vocabulary, Path merges) {
        return encoder(ByteLevelBpe.read(read(vocabulary), read(merges)).description(true), settingsBeside(vocabulary));
    }

    /** The tokenizer of a {@code tokenizer.json}; truncation and padding that it asks for are left out. */
    public static Tokenizer fromJson(Path file) {
        return fromJson(read(file), settingsBeside(file));
    }

    private static Tokenizer fromJson(ModelFile file, TokenizerSettings settings) {
        return encoder(TokenizerJson.read(file), settings);
    }

    /**
     * The tokenizer of a SentencePiece unigram model, as HuggingFace's conversion has it, which is how the published
     * DeBERTa tokenizers came about: special tokens are recognised in the text, and what the vocabulary lacks becomes
     * one {@code [UNK]}, also where the model could spell it in bytes. {@code do_lower_case} and
     * {@code split_by_punct} of a {@code tokenizer_config.json} beside it are heeded.
     */
    public static Tokenizer fromSentencePiece(Path file) {
        return fromSentencePiece(read(file), settingsBeside(file));
    }

    private static Tokenizer fromSentencePiece(ModelFile file, TokenizerSettings settings) {
        Path path = file.path();
        return encoder(
                UnigramConversion.convert(path, SentencePieceModel.parse(path, file.content()), settings), settings);
    }

    private static Tokenizer encoder(TokenizerDescription description, TokenizerSettings settings) {
        String pad = description.padToken().orElse(SpecialTokens.PAD);
        int padId = description
                .find(pad)
                .orElseThrow(() -> new TokenizerException(description.origin(), "it has no padding token " + pad));
        return new Encoder(
                description,
                padId,
                description.find(SpecialTokens.MASK).map(OptionalInt::of).orElse(OptionalInt.empty()),
                settings.modelMaxLength());
    }
}
