package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long inputs may be: what the files of a model say, and what is asked for. */
class InputLengthTest {
    private static final double TOLERANCE = 1e-4;

    /** 62 tokens, and the model has 48 positions. */
    private static final String LONG = "card ".repeat(60).strip();

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("LABEL_0"));
    }

    private void settings(String name, String json) throws IOException {
        Files.writeString(model.resolve(name), json);
    }

    private double score(PipelineOptions options, String text) {
        try (TextClassifier classifier = TextClassifier.load(model, options, FunctionToApply.NONE)) {
            return classifier.classify(text).getFirst().score();
        }
    }

    private String refusal(PipelineOptions options, String text) {
        return assertThrows(PipelineException.class, () -> score(options, text)).getMessage();
    }

    private double direct(Encoding encoding) {
        return DirectRun.of(model, encoding).get("logits").getDouble(0);
    }

    private Encoding cut(int length) {
        return new Truncation(length, Truncation.Strategy.ONLY_FIRST, Optional.empty())
                .apply(Tokenizers.load(model).encode(LONG))
                .getFirst();
    }

    @Test
    void theModelsOwnLengthIsNamed() {
        assertEquals(
                "the text has 62 tokens, and the model takes 48 (max_position_embeddings of config.json): shorten it, split"
                        + " it, let it be cut (truncation), or allow more (maximum length)",
                refusal(PipelineOptions.DEFAULT, LONG));
    }

    @Test
    void theTokenizersLengthCountsWhereItIsLess() throws IOException {
        settings("tokenizer_config.json", "{\"model_max_length\":20}");
        String message = refusal(PipelineOptions.DEFAULT, LONG);
        assertTrue(message.contains("takes 20 (model_max_length of tokenizer_config.json)"), message);
        assertEquals(direct(cut(20)), score(PipelineOptions.DEFAULT.withTruncation(true), LONG), TOLERANCE);
        settings("tokenizer_config.json", "{\"model_max_length\":1000000000000000019884624838656}");
        assertTrue(refusal(PipelineOptions.DEFAULT, LONG).contains("takes 48"));
    }

    @Test
    void sentenceTransformersLengthIsWhatTextsAreCutTo() throws IOException {
        settings("sentence_bert_config.json", "{\"max_seq_length\":8}");
        String text = "card ".repeat(30);
        assertEquals(direct(cut(8)), score(PipelineOptions.DEFAULT.withTruncation(true), text), TOLERANCE);
        // Nothing is cut unasked, and the model takes it.
        assertEquals(direct(Tokenizers.load(model).encode(text)), score(PipelineOptions.DEFAULT, text), TOLERANCE);
        assertTrue(refusal(PipelineOptions.DEFAULT, LONG).contains("takes 48"));
    }

    @Test
    void whatIsAskedForComesBeforeWhatFilesSay() throws IOException {
        settings("tokenizer_config.json", "{\"model_max_length\":20}");
        settings("sentence_bert_config.json", "{\"max_seq_length\":8}");
        PipelineOptions options = PipelineOptions.DEFAULT.withMaxLength(100);
        assertEquals(direct(Tokenizers.load(model).encode(LONG)), score(options, LONG), TOLERANCE);
        PipelineOptions less = PipelineOptions.DEFAULT.withMaxLength(10);
        assertTrue(refusal(less, LONG).contains("takes 10 (the maximum length that was chosen)"));
        assertEquals(direct(cut(10)), score(less.withTruncation(true), LONG), TOLERANCE);
    }

    @Test
    void aLengthThatLeavesNothingOfATextIsRefused() {
        PipelineOptions options = PipelineOptions.DEFAULT.withTruncation(true);
        String message = refusal(options.withMaxLength(2), LONG);
        assertEquals(
                "the text has 62 tokens, and the model takes 2 (the maximum length that was chosen), which leaves nothing of the"
                        + " text that is to be cut (only_first)",
                message);
        try (TextRanker ranker = TextRanker.load(model, options.withMaxLength(4))) {
            PipelineException e = assertThrows(PipelineException.class, () -> ranker.rank("card", List.of(LONG)));
            assertTrue(e.getMessage().startsWith("the document with the query has 64 tokens"), e.getMessage());
            assertTrue(e.getMessage().endsWith("to be cut (longest_first)"), e.getMessage());
        }
    }

    @Test
    void windowsAreAsLongAsIsAskedFor() throws IOException {
        Path ner = TinyModel.write(folder.resolve("ner"), "ForTokenClassification", List.of("A", "B"));
        int tokens = Tokenizers.load(ner).encode(LONG).length();
        try (TokenClassifier whole = TokenClassifier.load(ner, PipelineOptions.DEFAULT.withMaxLength(tokens));
                TokenClassifier windows = TokenClassifier.load(ner, PipelineOptions.DEFAULT.withMaxLength(12))) {
            PipelineException e = assertThrows(
                    PipelineException.class,
                    () -> windows.classify(List.of(LONG), TokenClassificationOptions.DEFAULT.withStride(10)));
            assertTrue(e.getMessage().contains("0 to 9"), e.getMessage());
            List<Entity> entities = whole.classify(LONG, AggregationStrategy.NONE);
            assertEquals(60, entities.size());
            Tensor logits = DirectRun.of(ner, Tokenizers.load(ner).encode(LONG)).get("logits");
            double[] last = Scores.softmax(logits.getDouble(120), logits.getDouble(121));
            assertEquals(Math.max(last[0], last[1]), entities.getLast().score(), TOLERANCE);
        }
    }

    @Test
    void glinerCountsWords() throws IOException {
        Path gliner = TinyGliner.write(folder.resolve("gliner"));
        assertEquals(1, windows(gliner, PipelineOptions.DEFAULT));
        // Windows of 4 words that share 2.
        assertEquals(4, windows(gliner, PipelineOptions.DEFAULT.withMaxLength(4)));
    }

    private static int windows(Path gliner, PipelineOptions options) {
        AtomicInteger windows = new AtomicInteger();
        try (EntityExtractor extractor = EntityExtractor.load(gliner, options)) {
            extractor.extract(
                    List.of("Ada and Charles met in London on a rainy day"),
                    List.of("person"),
                    ExtractionOptions.DEFAULT,
                    windows::set);
        }
        return windows.get();
    }

    @Test
    void absolutePositionsBoundWhatCanBeAskedFor() {
        DebertaConfig config = DebertaConfig.read(model);
        Tokenizer tokenizer = Tokenizers.load(model);
        OptionalInt asked = OptionalInt.of(49);
        assertEquals(
                49,
                InputLength.of(config, false, tokenizer, SentenceSettings.NONE, asked)
                        .most()
                        .tokens());
        PipelineException e = assertThrows(
                PipelineException.class, () -> InputLength.of(config, true, tokenizer, SentenceSettings.NONE, asked));
        assertTrue(e.getMessage().contains("has 48 absolute positions (max_position_embeddings)"), e.getMessage());
        assertTrue(e.getMessage().endsWith("choose a maximum length of at most 48"), e.getMessage());
    }
}
