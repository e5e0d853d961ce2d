package detangle.models.text;

import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.text.encoder.TokenizerDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds and loads the tokenizer of a model folder. */
public final class Tokenizers {
    private static final String JSON = "tokenizer.json";
    private static final String SENTENCE_PIECE = "spm.model";
    private static final String VOCABULARY = "vocab.json";
    private static final String DICTIONARY = "dict.txt";
    private static final String WORD_PIECE = "vocab.txt";
    private static final String TORCH_FILE = "bpe_encoder.bin";

    /** GPT-2's merges, under HuggingFace's name and under its own. */
    private static final List<String> MERGES = List.of("merges.txt", "vocab.bpe");

    /** The names of all files that a tokenizer may consist of, which a model that is written takes with it. */
    public static final List<String> FILES = Stream.of(
                    List.of(JSON, SENTENCE_PIECE, VOCABULARY, WORD_PIECE, TORCH_FILE, DICTIONARY),
                    MERGES,
                    List.of(TokenizerSettings.CONFIG, TokenizerSettings.SPECIAL_TOKENS, TokenizerSettings.ADDED_TOKENS))
            .flatMap(List::stream)
            .toList();

    private Tokenizers() {}

    /**
     * Returns the tokenizer that a folder's files describe: the first of {@code tokenizer.json}, {@code spm.model},
     * {@code vocab.json} with {@code merges.txt}, {@code vocab.txt}, {@code bpe_encoder.bin}, {@code dict.txt} with
     * {@code merges.txt}. What {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code
     * added_tokens.json} beside it say is heeded.
     *
     * @throws TokenizerException if the folder has none of them, or if one is not well formed
     */
    public static Tokenizer load(Path folder) {
        return load(folder, TokenizerKind.HUGGINGFACE);
    }

    /** Returns the tokenizer that some of a model's files describe; see {@link #load(Path)}. */
    public static Tokenizer load(ModelFiles files) {
        return huggingFace(files.path(JSON).getParent(), files, settings(files));
    }

    /**
     * Returns the tokenizer of a folder that follows someone's code.
     *
     * @throws TokenizerException if files for it are missing
     */
    public static Tokenizer load(Path folder, TokenizerKind kind) {
        ModelFiles files = ModelFiles.of(folder);
        return switch (kind) {
            case HUGGINGFACE -> huggingFace(folder, files, settings(files));
            case SLOW -> sentencePiece(folder, files, true);
            case SENTENCEPIECE -> sentencePiece(folder, files, false);
            case GPT2 ->
                gpt2(files, settings(files))
                        .orElseThrow(() -> missing(folder, TORCH_FILE + ", " + DICTIONARY + " with merges.txt"));
        };
    }

    private static Tokenizer huggingFace(Path folder, ModelFiles files, TokenizerSettings settings) {
        return find(files, JSON)
                .map(f -> JsonSettings.applied(TokenizerJson.read(f), settings))
                .or(() -> vocabulary(files, settings))
                .map(d -> SettingsApplied.encoder(d, settings))
                .or(() -> gpt2(files, settings))
                .orElseThrow(() -> missing(
                        folder,
                        JSON + ", " + SENTENCE_PIECE + ", " + VOCABULARY + " with merges.txt, " + WORD_PIECE + ", "
                                + TORCH_FILE + ", " + DICTIONARY + " with merges.txt"));
    }

    private static Optional<TokenizerDescription> vocabulary(ModelFiles files, TokenizerSettings settings) {
        return find(files, SENTENCE_PIECE)
                .map(f -> unigram(f, settings))
                .or(() -> find(files, VOCABULARY)
                        .flatMap(v ->
                                merges(files).map(m -> ByteLevelBpe.read(v, m).description(settings))))
                .or(() -> find(files, WORD_PIECE).map(f -> WordPieceVocabulary.read(f, settings)))
                .map(d -> SettingsApplied.restated(d, settings));
    }

    /** Returns whether a folder or an artifact has files of a tokenizer, well formed or not. */
    public static boolean exists(Path folder) {
        return !filesIn(ModelFiles.of(folder)).isEmpty();
    }

    /** Returns the names of a model's tokenizer files, without those that only go with others. */
    public static List<String> filesIn(ModelFiles files) {
        return Stream.of(JSON, SENTENCE_PIECE, VOCABULARY, WORD_PIECE, TORCH_FILE, DICTIONARY)
                .filter(files::has)
                .toList();
    }

    /** Returns all names that {@link #load} looks for. */
    public static List<String> fileNames() {
        return List.of(
                JSON,
                SENTENCE_PIECE,
                TokenizerSettings.CONFIG,
                TokenizerSettings.SPECIAL_TOKENS,
                TokenizerSettings.ADDED_TOKENS,
                VOCABULARY,
                MERGES.get(0),
                MERGES.get(1),
                WORD_PIECE,
                TORCH_FILE,
                DICTIONARY);
    }

    private static TokenizerException missing(Path folder, String files) {
        return new TokenizerException(folder, "no tokenizer; what is looked for: " + files);
    }

    private static Optional<ModelFile> find(ModelFiles files, String name) {
        Path path = files.path(name);
        try {
            return files.find(name);
        } catch (IOException e) {
            throw new TokenizerException(path, "cannot be read: " + e.getMessage(), e);
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
        return SettingsReader.read(files, name -> find(files, name));
    }

    private static TokenizerSettings settingsBeside(Path file) {
        return settings(new ModelFiles.OfFolder(file.toAbsolutePath().getParent()));
    }

    private static Optional<Tokenizer> gpt2(ModelFiles files, TokenizerSettings settings) {
        return find(files, TORCH_FILE)
                .map(f -> Gpt2Dictionary.ofTorchFile(f, settings.modelMaxLength()))
                .or(() -> find(files, DICTIONARY)
                        .flatMap(d -> merges(files).map(m -> Gpt2Dictionary.ofText(d, m, settings.modelMaxLength()))));
    }

    private static Tokenizer sentencePiece(Path folder, ModelFiles files, boolean huggingFace) {
        ModelFile file = find(files, SENTENCE_PIECE).orElseThrow(() -> missing(folder, SENTENCE_PIECE));
        return new SentencePieceTokenizer(
                file.path(), SentencePieceModel.parse(file.path(), file.content()), settings(files), huggingFace);
    }

    private static TokenizerDescription unigram(ModelFile file, TokenizerSettings settings) {
        return UnigramConversion.convert(file.path(), SentencePieceModel.parse(file.path(), file.content()), settings);
    }

    /** Returns the tokenizer of a {@code vocab.json} and its {@code merges.txt}, of v1, with the settings beside it. */
    public static Tokenizer fromVocabulary(Path vocabulary, Path merges) {
        TokenizerSettings settings = settingsBeside(vocabulary);
        return SettingsApplied.encoder(
                ByteLevelBpe.read(read(vocabulary), read(merges)).description(settings), settings);
    }

    /**
     * Returns the tokenizer of a {@code tokenizer.json}, with the settings beside it; truncation and padding that it
     * asks for are left out.
     */
    public static Tokenizer fromJson(Path file) {
        TokenizerSettings settings = settingsBeside(file);
        return SettingsApplied.encoder(JsonSettings.applied(TokenizerJson.read(read(file)), settings), settings);
    }

    /**
     * Returns the tokenizer of a SentencePiece unigram model, as HuggingFace's conversion has it, which is how the
     * published DeBERTa tokenizers came about: special tokens are recognised in the text, and what the vocabulary lacks
     * becomes one {@code [UNK]}, also where the model could spell it in bytes. The settings beside it are heeded.
     */
    public static Tokenizer fromSentencePiece(Path file) {
        TokenizerSettings settings = settingsBeside(file);
        return SettingsApplied.encoder(unigram(read(file), settings), settings);
    }
}
