package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizers;
import detangle.models.weights.WeightsException;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights and answers that are not finite numbers are reported, by name, and never a score. */
class NotFiniteTest {
    private static final String WORDS = "deberta.embeddings.word_embeddings.weight";
    private static final int WIDTH = 32;

    /** In a table of more elements than are looked through when a model is loaded. */
    private static final int TOKEN = 3_000;

    @TempDir
    private Path folder;

    private Path model() throws IOException {
        return TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b", "c"));
    }

    private static PipelineOptions on(String backend) {
        return PipelineOptions.DEFAULT.withBackend(backend);
    }

    @ParameterizedTest
    @CsvSource({
        "classifier.weight, 37, NaN, '[1, 5]', vector",
        "deberta.encoder.layer.1.output.LayerNorm.bias, 3, Infinity, '[3]', vector",
        "deberta.encoder.layer.0.attention.self.query_proj.weight, 0, -Infinity, '[0, 0]', vector",
        "classifier.weight, 37, NaN, '[1, 5]', reference",
    })
    void weightsAreReportedWhenAModelIsLoaded(String name, int element, float value, String at, String backend)
            throws IOException {
        Path model = model();
        TinyModel.set(model, name, element, value);
        WeightsException failure = assertThrows(WeightsException.class, () -> TextClassifier.load(model, on(backend)));
        assertTrue(
                failure.getMessage()
                        .contains(
                                "model.safetensors: tensor '" + name + "' holds " + value + " at " + at + ", and not"),
                failure.getMessage());
    }

    /** A table is read row by row: only a text with that row's token has no answer. */
    @ParameterizedTest
    @ValueSource(strings = {"vector", "reference"})
    void anAnswerThatIsNotANumberIsReportedWithItsTextAndTheTensor(String backend) throws IOException {
        Path model = model();
        TinyModel.set(model, WORDS, TOKEN * WIDTH, Float.NaN);
        try (TextClassifier classifier = TextClassifier.load(model, on(backend))) {
            assertEquals(3, classifier.classify("How do I get cash?").size());
            String text = textWithToken(model);
            NotFiniteException failure = assertThrows(NotFiniteException.class, () -> classifier.classify(text));
            String message = failure.getMessage();
            assertTrue(message.startsWith("the answer of the model to '" + text + "' is NaN"), message);
            assertTrue(message.contains("tensor '" + WORDS + "' holds NaN at [" + TOKEN + ", 0]"), message);
            assertEquals(1, message.lines().count(), message);
        }
    }

    private static String textWithToken(Path model) {
        return Tokenizers.load(model).decode(new int[] {TOKEN}, true).strip();
    }

    @Test
    void computingThatOverflowsIsReported() throws IOException {
        Path model = model();
        for (int i = 0; i < 32; i++) {
            TinyModel.set(model, "classifier.weight", i, 3e38f);
            TinyModel.set(model, "pooler.dense.bias", i, 3e38f);
        }
        try (TextClassifier classifier = TextClassifier.load(model)) {
            NotFiniteException failure = assertThrows(NotFiniteException.class, () -> classifier.classify("card"));
            assertTrue(failure.getMessage().contains("computing with them overflows"), failure.getMessage());
        }
    }

    @Test
    void vectorsAreLookedThroughToo() throws IOException {
        Path model = model();
        TinyModel.set(model, WORDS, TOKEN * WIDTH + 7, Float.POSITIVE_INFINITY);
        String text = textWithToken(model);
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            assertThrows(NotFiniteException.class, () -> extractor.encode(text, Pooling.MEAN, true));
        }
    }
}
