package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.OutputNames;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Truncation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Turns texts into vectors: HuggingFace's {@code feature-extraction}, and {@code encode} of sentence-transformers. It
 * reads folders of sentence-transformers as that library does: modules.json and the modules in it, prompts, lengths.
 * Any model works, because its head is not used. Any number of threads may use one extractor.
 *
 * <pre>{@code
 * float[] vector = extractor.encode("Where is my card?", EmbeddingOptions.DEFAULT.withNormalize(true));
 * }</pre>
 */
public final class FeatureExtractor implements Pipeline {
    private static final String STATES = OutputNames.LAST_HIDDEN_STATE;

    private final TextModel model;
    private final SentenceVectors vectors;
    private final boolean lowerCase;

    private FeatureExtractor(TextModel model, SentenceVectors vectors, boolean lowerCase) {
        this.model = model;
        this.vectors = vectors;
        this.lowerCase = lowerCase;
    }

    /**
     * Loads a folder with config.json, weights and a tokenizer on the best backend; see {@link #load(Path,
     * PipelineOptions)}.
     */
    public static FeatureExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /**
     * Loads a model as {@link #load(Path)} does, with options.
     *
     * @throws detangle.models.deberta.ConfigException if modules.json names a module that is not known
     */
    public static FeatureExtractor load(Path folder, PipelineOptions options) {
        TextModel model = TextModel.load(folder, Architecture.ENCODER, options);
        try {
            return new FeatureExtractor(
                    model,
                    SentenceVectors.read(folder, model.config().hiddenSize()),
                    SentenceSettings.read(folder).doLowerCase());
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * Returns the same extractor, which cuts texts that are too long, with a warning. Both share one model: close only
     * one of them.
     */
    public FeatureExtractor withTruncation() {
        return withTruncation(Truncation.Side.RIGHT);
    }

    /**
     * Returns the same extractor, which cuts off an end of texts that are too long, with a warning. Both share one
     * model: close only one of them.
     */
    public FeatureExtractor withTruncation(Truncation.Side side) {
        return new FeatureExtractor(model.cutting(side), vectors, lowerCase);
    }

    @Override
    public int maxLength() {
        return model.maxLength();
    }

    /** Returns how many components a vector has. */
    public int dimension() {
        return dimension(EmbeddingOptions.DEFAULT);
    }

    /**
     * Returns how many components a vector has.
     *
     * @throws PipelineException if the poolings do not go with the folder's modules
     */
    public int dimension(EmbeddingOptions options) {
        return vectors.width(options, model.config().hiddenSize());
    }

    /** Returns the poolings that a call with these options uses. */
    public List<Pooling> pooling(EmbeddingOptions options) {
        return vectors.pooling(options);
    }

    /**
     * Returns the prompt that stands before each text.
     *
     * @throws PipelineException if there is no prompt of the name that is asked for
     */
    public String prompt(EmbeddingOptions options) {
        return vectors.prompt(options);
    }

    /**
     * Returns the vector of a text, with the options of the model's folder.
     *
     * @throws PipelineException if it is empty or too long
     */
    public float[] encode(String text) {
        return encode(text, EmbeddingOptions.DEFAULT);
    }

    /** Returns the vector of a text, with one pooling; see {@link #encode(String, EmbeddingOptions)}. */
    public float[] encode(String text, Pooling pooling, boolean normalize) {
        return encode(text, EmbeddingOptions.DEFAULT.withPooling(pooling).withNormalize(normalize));
    }

    /**
     * Returns the vector of a text.
     *
     * @throws PipelineException if it is empty or too long
     */
    public float[] encode(String text, EmbeddingOptions options) {
        return encode(List.of(text), options).getFirst();
    }

    /** Returns the vectors of several texts. */
    public List<float[]> encode(List<String> texts, Pooling pooling, boolean normalize) {
        return encode(texts, pooling, normalize, done -> {});
    }

    /**
     * Returns the vector of each text, with one pooling; see {@link #encode(List, EmbeddingOptions, ProgressListener)}.
     */
    public List<float[]> encode(List<String> texts, Pooling pooling, boolean normalize, ProgressListener progress) {
        return encode(texts, EmbeddingOptions.DEFAULT.withPooling(pooling).withNormalize(normalize), progress);
    }

    /** Returns the vectors of several texts, as the options say. */
    public List<float[]> encode(List<String> texts, EmbeddingOptions options) {
        return encode(texts, options, done -> {});
    }

    /**
     * Returns the vector of each text, in the texts' order.
     *
     * @param progress told how many texts are done, after each batch, and of texts without a vector
     * @throws PipelineException if a text is empty or too long, or the options do not go with the model's folder
     */
    public List<float[]> encode(List<String> texts, EmbeddingOptions options, ProgressListener progress) {
        return encodeCounted(texts, options, progress).stream()
                .map(Encoded::vector)
                .toList();
    }

    /**
     * A vector, and the number of tokens that it was made of.
     *
     * @param vector the vector; empty for a text that has none
     * @param tokens the number of tokens that the model read, special ones and those of a prompt included
     */
    public record Encoded(float[] vector, int tokens) {}

    /**
     * Returns what {@link #encode(List, EmbeddingOptions, ProgressListener)} returns, with the number of tokens of each
     * text.
     */
    public List<Encoded> encodeCounted(List<String> texts, EmbeddingOptions options, ProgressListener progress) {
        dimension(options);
        String prompt = prompt(options);
        int promptTokens = prompt.isEmpty() ? 0 : promptTokens(prompt);
        List<Encoded> results = new ArrayList<>(Collections.nCopies(texts.size(), new Encoded(new float[0], 0)));
        EncodedRows<Encoding> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            row.requireText(text);
            Encoding encoding = model.encode(cased(prompt + text), row);
            if (!vectors.includePrompt() && encoding.length() <= promptTokens
                    || isCutToPrompt(encoding, promptTokens)) {
                throw row.unanswerable("has no token left behind the " + promptTokens
                        + " of its prompt: choose a shorter prompt, or allow more tokens (maximum length)");
            }
            return List.of(encoding);
        });
        model.run(
                rows.encodings(),
                progress,
                (index, row) -> results.set(
                        rows.row(index),
                        new Encoded(
                                Row.finite(vectors.apply(row.vectors(STATES), promptTokens, options)),
                                rows.encoding(index).length())));
        return List.copyOf(results);
    }

    /** Returns whether a cut has left only the prompt, so that all texts would have the same vector. */
    private boolean isCutToPrompt(Encoding encoding, int promptTokens) {
        int[] sequences = encoding.sequences();
        return promptTokens > 0
                && sequences.length == model.maxLength()
                && IntStream.range(promptTokens, sequences.length).allMatch(i -> sequences[i] == Encoding.SPECIAL);
    }

    private String cased(String text) {
        return lowerCase ? text.toLowerCase(Locale.ROOT) : text;
    }

    /**
     * Returns how many tokens a prompt has before a text: as sentence-transformers counts them, all but the one that
     * ends a text.
     */
    private int promptTokens(String prompt) {
        Encoding encoding = model.tokenizer().encode(cased(prompt));
        int last = encoding.length() - 1;
        return encoding.sequences()[last] == Encoding.SPECIAL ? last : last + 1;
    }

    /** Returns the last hidden state of each token of a text, special ones included: {@code [tokens][dimension]}. */
    public float[][] tokens(String text) {
        return tokens(List.of(text)).getFirst();
    }

    /** Returns the states of the tokens of several texts. */
    public List<float[][]> tokens(List<String> texts) {
        return tokens(texts, done -> {});
    }

    /** Returns what {@link #tokens(String)} returns, for each text. */
    public List<float[][]> tokens(List<String> texts, ProgressListener progress) {
        return tokens(texts, EmbeddingOptions.DEFAULT.withPrompt(""), progress);
    }

    /**
     * Returns what {@link #tokens(String)} returns, for each text behind the prompt of the options; other options have
     * no effect.
     */
    public List<float[][]> tokens(List<String> texts, EmbeddingOptions options, ProgressListener progress) {
        String prompt = prompt(options);
        List<float[][]> results = new ArrayList<>(Collections.nCopies(texts.size(), new float[0][]));
        EncodedRows<Encoding> rows = EncodedRows.of("text", texts.size(), progress, row -> {
            String text = texts.get(row.index());
            row.requireText(text);
            return List.of(model.encode(cased(prompt + text), row));
        });
        model.run(rows.encodings(), progress, (index, row) -> results.set(rows.row(index), row.floats(STATES)));
        return List.copyOf(results);
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public void close() {
        model.close();
    }
}
