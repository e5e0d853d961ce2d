package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines against the model run directly, one encoding at a time, with scores written down from their definitions. */
class PipelinesTest {
    private static final double TOLERANCE = 1e-4;
    private static final String TEXT = "Where is my new card?";

    @TempDir
    private Path folder;

    private static Map<String, Tensor> run(Path model, Encoding encoding) {
        long[] ids = new long[encoding.length()];
        long[] mask = new long[encoding.length()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = encoding.ids()[i];
            mask[i] = 1;
        }
        try (Session session = Session.load(model, SessionOptions.DEFAULT.withBackend(Optional.of("reference")))) {
            return session.run(Map.of(
                    "input_ids", Tensor.of(ids, 1, ids.length), "attention_mask", Tensor.of(mask, 1, ids.length)));
        }
    }

    private Path nli() throws IOException {
        return TinyModel.write(
                folder.resolve("nli"), "ForSequenceClassification", List.of("contradiction", "neutral", "ENTAILMENT"));
    }

    @Test
    void pairsAreClassifiedAsOne() throws IOException {
        Path model = nli();
        Tensor logits =
                run(model, Tokenizers.load(model).encode(TEXT, "It is lost.")).get("logits");
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            sum += Math.exp(logits.getDouble(i));
        }
        try (TextClassifier classifier = TextClassifier.load(model)) {
            List<Classification> labels = classifier.classify(new TextPair(TEXT, "It is lost."));
            assertEquals(3, labels.size());
            for (Classification c : labels) {
                int index = List.of("contradiction", "neutral", "ENTAILMENT").indexOf(c.label());
                assertEquals(Math.exp(logits.getDouble(index)) / sum, c.score(), TOLERANCE);
            }
            assertTrue(labels.get(0).score() >= labels.get(1).score());
        }
    }

    @Test
    void zeroShotAsksForEntailment() throws IOException {
        Path model = nli();
        List<String> labels = List.of("sport", "banking", "weather");
        Tokenizer tokenizer = Tokenizers.load(model);
        double[] entail = new double[3];
        double[] contradict = new double[3];
        for (int i = 0; i < 3; i++) {
            Tensor logits = run(model, tokenizer.encode(TEXT, "It is about " + labels.get(i) + "."))
                    .get("logits");
            contradict[i] = logits.getDouble(0);
            entail[i] = logits.getDouble(2);
        }
        try (ZeroShotClassifier classifier = ZeroShotClassifier.load(model)) {
            ZeroShotResult one = classifier.classify(TEXT, labels, "It is about {}.", false);
            ZeroShotResult several = classifier.classify(TEXT, labels, "It is about {}.", true);
            double sum = Math.exp(entail[0]) + Math.exp(entail[1]) + Math.exp(entail[2]);
            for (int i = 0; i < 3; i++) {
                int label = labels.indexOf(one.labels().get(i));
                assertEquals(Math.exp(entail[label]) / sum, one.scores().get(i), TOLERANCE);
                label = labels.indexOf(several.labels().get(i));
                assertEquals(
                        1 / (1 + Math.exp(contradict[label] - entail[label])),
                        several.scores().get(i),
                        TOLERANCE);
            }
            assertTrue(one.scores().get(0) >= one.scores().get(2));
            PipelineException e = assertThrows(
                    PipelineException.class, () -> classifier.classify(TEXT, labels, "It is about it.", false));
            assertTrue(e.getMessage().contains("{}"), e.getMessage());
        }
    }

    @Test
    void tokensAreClassifiedInWindows() throws IOException {
        Path model = TinyModel.write(folder.resolve("ner"), "ForTokenClassification", List.of("I-A", "I-B", "I-C"));
        Tokenizer tokenizer = Tokenizers.load(model);
        Encoding encoding = tokenizer.encode(TEXT);
        Tensor logits = run(model, encoding).get("logits");
        try (TokenClassifier classifier = TokenClassifier.load(model)) {
            List<Entity> entities = classifier.classify(TEXT, AggregationStrategy.NONE);
            assertEquals(encoding.length() - 2, entities.size());
            for (int token = 1; token < encoding.length() - 1; token++) {
                double[] p = new double[3];
                double sum = 0;
                for (int i = 0; i < 3; i++) {
                    p[i] = Math.exp(logits.getDouble(3L * token + i));
                    sum += p[i];
                }
                Entity entity = entities.get(token - 1);
                int label = List.of("I-A", "I-B", "I-C").indexOf(entity.entity());
                assertEquals(Math.max(p[0], Math.max(p[1], p[2])) / sum, entity.score(), TOLERANCE);
                assertEquals(p[label] / sum, entity.score(), TOLERANCE);
                assertEquals(TEXT.substring(entity.start(), entity.end()), entity.word());
            }
            String longText = (TEXT + " ").repeat(40).trim();
            List<Entity> all = classifier.classify(longText, AggregationStrategy.NONE);
            assertTrue(tokenizer.encode(longText).length() > 48);
            assertEquals(longText.length(), all.getLast().end());
            for (int i = 1; i < all.size(); i++) {
                assertTrue(all.get(i).start() >= all.get(i - 1).end(), "entities overlap");
            }
        }
    }

    @Test
    void answersAreSpansOfTheContext() throws IOException {
        Path model = TinyModel.write(folder.resolve("qa"), "ForQuestionAnswering", List.of("LABEL_0", "LABEL_1"));
        String question = "Where is it?";
        Encoding encoding = Tokenizers.load(model).encode(question, TEXT);
        Map<String, Tensor> outputs = run(model, encoding);
        double best = 0;
        double starts = 0;
        double ends = 0;
        for (int i = 0; i < encoding.length(); i++) {
            if (encoding.sequences()[i] == 1) {
                starts += Math.exp(outputs.get("start_logits").getDouble(i));
                ends += Math.exp(outputs.get("end_logits").getDouble(i));
                for (int j = i; j < encoding.length() && encoding.sequences()[j] == 1; j++) {
                    best = Math.max(
                            best,
                            Math.exp(outputs.get("start_logits").getDouble(i)
                                    + outputs.get("end_logits").getDouble(j)));
                }
            }
        }
        try (QuestionAnswerer answerer = QuestionAnswerer.load(model)) {
            Answer answer =
                    answerer.answer(question, TEXT, QuestionOptions.DEFAULT).getFirst();
            assertEquals(best / starts / ends, answer.score(), TOLERANCE);
            assertEquals(TEXT.substring(answer.start(), answer.end()), answer.answer());
            String longText = (TEXT + " ").repeat(40).trim();
            List<Answer> several = answerer.answer(question, longText, QuestionOptions.DEFAULT.withTopK(5));
            assertEquals(5, several.size());
            several.forEach(a -> assertEquals(longText.substring(a.start(), a.end()), a.answer()));
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
