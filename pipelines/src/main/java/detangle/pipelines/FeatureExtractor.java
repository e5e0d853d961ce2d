package detangle.pipelines;

import detangle.models.deberta.Architecture;
import detangle.models.text.Encoding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Texts as vectors: HuggingFace's {@code feature-extraction}, and {@code encode} of sentence-transformers. Any model will do, as
 * its head is left out. Any number of threads may use one.
 *
 * <pre>{@code
 * float[] vector = extractor.encode("Where is my card?", Pooling.MEAN, true);
 * }</pre>
 */
public final class FeatureExtractor implements Pipeline {
    private final TextModel model;

    private FeatureExtractor(TextModel model) {
        this.model = model;
    }

    /** Loads a folder with config.json, weights and a tokenizer, on the best backend there is. */
    public static FeatureExtractor load(Path folder) {
        return load(folder, PipelineOptions.DEFAULT);
    }

    /** As {@link #load(Path)}, as the options say. */
    public static FeatureExtractor load(Path folder, PipelineOptions options) {
        return new FeatureExtractor(TextModel.load(folder, Architecture.ENCODER, options));
    }

    /** The same extractor, which cuts texts that are too long, with a warning. It is closed with this one. */
    public FeatureExtractor withTruncation() {
        return new FeatureExtractor(model.cutting());
    }

    /** What texts are cut to where truncation is allowed, in tokens, special ones included. */
    public int maxLength() {
        return model.maxLength();
    }

    /** How many components a vector has. */
    public int dimension() {
        return model.config().hiddenSize();
    }

    /** The vector of a text. A {@link PipelineException} if it is empty or too long. */
    public float[] encode(String text, Pooling pooling, boolean normalize) {
        return encode(List.of(text), pooling, normalize, done -> {}).getFirst();
    }

    /**
     * The vector of each text, in the texts' order.
     *
     * @param normalize whether vectors are made of length 1, so that their dot product is their cosine
     * @param progress told how many texts are done, after each batch, and of texts without a vector
     */
    public List<float[]> encode(List<String> texts, Pooling pooling, boolean normalize, ProgressListener progress) {
        List<float[]> vectors = new ArrayList<>(Collections.nCopies(texts.size(), new float[0]));
        states(texts, progress, (index, states) -> vectors.set(index, pooled(states, pooling, normalize)));
        return List.copyOf(vectors);
    }

    /** The last hidden state of each token of a text, special ones included: {@code [tokens][dimension]}. */
    public float[][] tokens(String text) {
        return tokens(List.of(text), done -> {}).getFirst();
    }

    /** As {@link #tokens(String)}, of each text. */
    public List<float[][]> tokens(List<String> texts, ProgressListener progress) {
        List<float[][]> results = new ArrayList<>(Collections.nCopies(texts.size(), new float[0][]));
        states(texts, progress, (index, states) -> {
            float[][] rows = new float[states.length][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = floats(states[i]);
            }
            results.set(index, rows);
        });
        return List.copyOf(results);
    }

    @FunctionalInterface
    private interface StatesReader {
        void read(int index, double[][] states);
    }

    private void states(List<String> texts, ProgressListener progress, StatesReader reader) {
        EncodedRows<Encoding> rows = EncodedRows.of(
                "text", texts.size(), progress, row -> List.of(model.encode(texts.get(row.index()), row)));
        model.run(
                rows.encodings(),
                progress,
                (index, row) -> reader.read(rows.row(index), row.vectors("last_hidden_state")));
    }

    private static float[] pooled(double[][] states, Pooling pooling, boolean normalize) {
        double[] vector = states[0].clone();
        for (int token = 1; token < states.length; token++) {
            for (int i = 0; i < vector.length; i++) {
                double value = states[token][i];
                vector[i] = switch (pooling) {
                    case CLS -> vector[i];
                    case MEAN -> vector[i] + value;
                    case MAX -> Math.max(vector[i], value);
                };
            }
        }
        double scale = pooling == Pooling.MEAN ? 1.0 / states.length : 1;
        if (normalize) {
            double squares = 0;
            for (double value : vector) {
                squares += value * value;
            }
            scale = 1 / Math.max(Math.sqrt(squares), 1e-12);
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] *= scale;
        }
        return floats(vector);
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    @Override
    public void close() {
        model.close();
    }
}
