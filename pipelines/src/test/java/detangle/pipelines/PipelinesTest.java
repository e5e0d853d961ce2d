package detangle.pipelines;

import static detangle.pipelines.EncoderRuns.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Pipelines against the model run directly, one encoding at a time, with scores written down from their definitions.
 */
class PipelinesTest {
    private static final double TOLERANCE = 1e-4;
    private static final String TEXT = "Where is my new card?";

    @TempDir
    private Path folder;

    private Path nli() throws IOException {
        return TinyModel.write(
                folder.resolve("nli"), "ForSequenceClassification", List.of("contradiction", "neutral", "ENTAILMENT"));
    }

    @ParameterizedTest
    @EnumSource(names = {"MASKED_LM", "MASKED_LM_EMD"})
    void masksAreFilledByTheDecoderThatTheCheckpointHas(Architecture head) throws IOException {
        Path model = TinyModel.write(folder.resolve("mlm"), "ForMaskedLM", List.of("LABEL_0"), Optional.of(head));
        Tokenizer tokenizer = Tokenizers.load(model);
        String masked = "Where is my [MASK]?";
        Encoding encoding = tokenizer.encode(masked);
        int position = encoding.tokens().indexOf("[MASK]");
        Tensor logits = run(model, encoding, Optional.of(head)).get("logits");
        int width = Math.toIntExact(logits.dim(2));
        double sum = 0;
        int best = 0;
        for (int i = 0; i < width; i++) {
            double logit = logits.getDouble((long) position * width + i);
            sum += Math.exp(logit);
            best = logit > logits.getDouble((long) position * width + best) ? i : best;
        }
        double score = Math.exp(logits.getDouble((long) position * width + best)) / sum;
        try (MaskFiller filler = MaskFiller.load(model)) {
            List<List<MaskPrediction>> filled = filler.fill(masked, 3);
            assertEquals(1, filled.size());
            assertEquals(3, filled.getFirst().size());
            MaskPrediction first = filled.getFirst().getFirst();
            assertEquals(best, first.token());
            assertEquals(score, first.score(), TOLERANCE);
            assertEquals(2, filler.fill("[MASK] is my [MASK]?", 1).size());

            List<MaskPrediction> targets = filler.fill(List.of(masked, TEXT + " [MASK]"), 5, List.of("card", "money"))
                    .getFirst()
                    .getFirst();
            assertEquals(2, targets.size());
            int card = tokenizer.encode("card").ids()[1];
            MaskPrediction chosen =
                    targets.stream().filter(p -> p.token() == card).findFirst().orElseThrow();
            assertEquals("card", chosen.tokenStr());
            assertEquals("Where is my card?", chosen.sequence());
            assertEquals(Math.exp(logits.getDouble((long) position * width + card)) / sum, chosen.score(), TOLERANCE);
            PipelineException e = assertThrows(PipelineException.class, () -> filler.fill(TEXT, 1));
            assertTrue(e.getMessage().contains("[MASK]"), e.getMessage());
        }
    }

    @Test
    void textsBecomeVectors() throws IOException {
        Path model = TinyModel.write(folder.resolve("encoder"), "Model", List.of("LABEL_0"));
        Encoding encoding = Tokenizers.load(model).encode(TEXT);
        Tensor states = run(model, encoding).get("last_hidden_state");
        try (FeatureExtractor extractor = FeatureExtractor.load(model)) {
            assertEquals(32, extractor.dimension());
            float[] mean = extractor.encode(TEXT, Pooling.MEAN, false);
            float[] max = extractor.encode(TEXT, Pooling.MAX, false);
            float[] first = extractor.encode(TEXT, Pooling.CLS, false);
            float[][] tokens = extractor.tokens(TEXT);
            assertEquals(encoding.length(), tokens.length);
            double squares = 0;
            for (int i = 0; i < 32; i++) {
                double sum = 0;
                double greatest = Double.NEGATIVE_INFINITY;
                for (int token = 0; token < encoding.length(); token++) {
                    double value = states.getDouble(32L * token + i);
                    sum += value;
                    greatest = Math.max(greatest, value);
                    assertEquals(value, tokens[token][i], TOLERANCE);
                }
                assertEquals(sum / encoding.length(), mean[i], TOLERANCE);
                assertEquals(greatest, max[i], TOLERANCE);
                assertEquals(states.getDouble(i), first[i], TOLERANCE);
                squares += mean[i] * mean[i];
            }
            List<float[]> several = extractor.encode(List.of("card", TEXT), Pooling.MEAN, true);
            for (int i = 0; i < 32; i++) {
                assertEquals(mean[i] / Math.sqrt(squares), several.get(1)[i], TOLERANCE);
            }
        }
    }

    @Test
    void threadsShareAPipeline() throws Exception {
        List<String> texts =
                List.of("Where is my card?", "I was charged twice.", "What is the exchange rate? ".repeat(9));
        try (TextClassifier classifier = TextClassifier.load(TinyModel.SHIPPED);
                ExecutorService pool = Executors.newFixedThreadPool(6)) {
            List<List<Classification>> alone =
                    texts.stream().map(classifier::classify).toList();
            List<Callable<List<List<Classification>>>> tasks = Collections.nCopies(
                    12, () -> texts.stream().map(classifier::classify).toList());
            for (Future<List<List<Classification>>> result : pool.invokeAll(tasks)) {
                assertEquals(alone, result.get());
            }
        }
    }

    @Test
    void nothingIsCutUnasked() {
        String longText = (TEXT + " ").repeat(200);
        try (TextClassifier strict = TextClassifier.load(TinyModel.SHIPPED);
                TextClassifier cutting =
                        TextClassifier.load(TinyModel.SHIPPED, PipelineOptions.DEFAULT.withTruncation(true))) {
            PipelineException e = assertThrows(PipelineException.class, () -> strict.classify(longText));
            assertTrue(e.getMessage().contains("the model takes 512"), e.getMessage());
            assertEquals(77, cutting.classify(longText).size());
        }
    }

    @Test
    void aModelWithAnotherHeadIsRefused() {
        PipelineException e = assertThrows(PipelineException.class, () -> TokenClassifier.load(TinyModel.SHIPPED));
        assertTrue(e.getMessage().contains("sequence-classification"), e.getMessage());
        e = assertThrows(PipelineException.class, () -> ZeroShotClassifier.load(TinyModel.SHIPPED));
        assertTrue(e.getMessage().contains("entailment"), e.getMessage());
    }
}
