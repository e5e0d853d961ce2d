package detangle.pipelines;

import static detangle.pipelines.EncoderRuns.run;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipelines that find parts of texts: their answers follow from the logits of tokens. */
class SpanPipelinesTest {
    private static final double TOLERANCE = 1e-4;
    private static final String TEXT = "Where is my new card?";

    @TempDir
    private Path folder;

    /** HuggingFace's pipeline lets go of entities that overlap only if a text has several windows. */
    @Test
    void tokensOfOneCharacterAreAllEntities() throws IOException {
        Path model = TinyModel.write(folder.resolve("ner"), "ForTokenClassification", List.of("I-A", "I-B", "I-C"));
        String text = "\u2026ok \u338f";
        Encoding encoding = Tokenizers.load(model).encode(text);
        assertEquals(encoding.starts()[1], encoding.starts()[3]);
        try (TokenClassifier classifier = TokenClassifier.load(model)) {
            List<Entity> entities = classifier.classify(text, AggregationStrategy.NONE);
            assertEquals(encoding.length() - 2, entities.size());
            assertEquals(
                    List.of(0, 0, 0),
                    entities.stream().map(Entity::start).limit(3).toList());
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
            for (int stride : new int[] {-1, 46, 9999}) {
                PipelineException e = assertThrows(
                        PipelineException.class,
                        () -> classifier.classify(
                                List.of(TEXT), TokenClassificationOptions.DEFAULT.withStride(stride)));
                assertTrue(e.getMessage().contains("choose a stride of 0 to 45"), e.getMessage());
            }
            String longText = (TEXT + " ").repeat(40).trim();
            classifier.classify(List.of(longText), TokenClassificationOptions.DEFAULT.withStride(45));
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
            // The first token stands for "no answer" and takes its share, whether it may be one or not.
            if (i == 0 || encoding.sequences()[i] == 1) {
                starts += Math.exp(outputs.get("start_logits").getDouble(i));
                ends += Math.exp(outputs.get("end_logits").getDouble(i));
                for (int j = i; i > 0 && j < encoding.length() && encoding.sequences()[j] == 1; j++) {
                    best = Math.max(
                            best,
                            Math.exp(outputs.get("start_logits").getDouble(i)
                                    + outputs.get("end_logits").getDouble(j)));
                }
            }
        }
        try (QuestionAnswerer answerer = QuestionAnswerer.load(model)) {
            Answer answer = answerer.answer(question, TEXT, QuestionOptions.DEFAULT.withAlignToWords(false))
                    .getFirst();
            assertEquals(best / starts / ends, answer.score(), TOLERANCE);
            assertEquals(TEXT.substring(answer.start(), answer.end()), answer.answer());
            String longText = (TEXT + " ").repeat(40).trim();
            List<Answer> several = answerer.answer(question, longText, QuestionOptions.DEFAULT.withTopK(5));
            assertEquals(5, several.size());
            several.forEach(a -> assertEquals(longText.substring(a.start(), a.end()), a.answer()));
            assertEquals(5, several.stream().map(Answer::answer).distinct().count(), "what windows find twice is one");
            List<List<Answer>> batch = answerer.answer(
                    List.of(new Question(question, longText), new Question(question, TEXT)),
                    QuestionOptions.DEFAULT.withTopK(5));
            assertEquals(several.getFirst().answer(), batch.get(0).getFirst().answer());
            assertEquals(
                    answerer.answer(question, TEXT, QuestionOptions.DEFAULT.withTopK(5))
                            .getFirst()
                            .answer(),
                    batch.get(1).getFirst().answer());
        }
    }

    /**
     * As transformers has it: by the text of their tokens, white space included, in lower case; what is printed is
     * without it.
     */
    @Test
    void answersOfTheSameWordsAreOneAndNoneIsWhiteSpace() throws IOException {
        Path model = TinyModel.write(folder.resolve("qa"), "ForQuestionAnswering", List.of("LABEL_0", "LABEL_1"));
        String question = "Where is it?";
        String context = "card \u6F22 Card's card CARD a card";
        Encoding encoding = Tokenizers.load(model).encode(question, context);
        Map<String, Tensor> outputs = run(model, encoding);
        Map<String, Double> expected = new TreeMap<>();
        double starts = 0;
        double ends = 0;
        boolean hasBlankToken = false;
        for (int i = 0; i < encoding.length(); i++) {
            if (i == 0 || encoding.sequences()[i] == 1) {
                starts += Math.exp(outputs.get("start_logits").getDouble(i));
                ends += Math.exp(outputs.get("end_logits").getDouble(i));
            }
            if (encoding.sequences()[i] == 1) {
                String part = context.substring(encoding.starts()[i], encoding.ends()[i]);
                hasBlankToken |= part.isBlank();
                if (!part.isBlank()) {
                    expected.merge(
                            part.toLowerCase(Locale.ROOT),
                            Math.exp(outputs.get("start_logits").getDouble(i)
                                    + outputs.get("end_logits").getDouble(i)),
                            Double::sum);
                }
            }
        }
        double sum = starts * ends;
        assertTrue(hasBlankToken, "a token is white space alone: " + encoding.tokens());
        assertTrue(expected.containsKey("card") && expected.containsKey(" card"), expected.toString());
        QuestionOptions tokens =
                QuestionOptions.DEFAULT.withTopK(100).withMaxAnswerLen(1).withAlignToWords(false);
        try (QuestionAnswerer answerer = QuestionAnswerer.load(model)) {
            List<Answer> answers = answerer.answer(question, context, tokens);
            assertEquals(
                    expected.keySet().stream().map(String::strip).sorted().toList(),
                    answers.stream()
                            .map(a -> a.answer().toLowerCase(Locale.ROOT))
                            .sorted()
                            .toList());
            assertArrayEquals(
                    expected.values().stream()
                            .mapToDouble(s -> s / sum)
                            .sorted()
                            .toArray(),
                    answers.stream().mapToDouble(Answer::score).sorted().toArray(),
                    TOLERANCE);
            List<Answer> impossible = answerer.answer(question, context, tokens.withHandleImpossibleAnswer(true));
            assertEquals(
                    1, impossible.stream().filter(a -> a.answer().isEmpty()).count(), "only that there is no answer");
        }
    }

    @Test
    void replacedTokensAreToldByTheirProbability() throws IOException {
        Architecture head = Architecture.REPLACED_TOKEN_DETECTION;
        Path model = TinyModel.write(folder.resolve("rtd"), "ForMaskedLM", List.of("LABEL_0"), Optional.of(head));
        Encoding encoding = Tokenizers.load(model).encode(TEXT);
        Tensor logits = run(model, encoding, Optional.of(head)).get("logits");
        try (ReplacedTokenDetector detector = ReplacedTokenDetector.load(model)) {
            List<TokenScore> tokens = detector.detect(TEXT);
            assertEquals(encoding.length() - 2, tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                TokenScore token = tokens.get(i);
                assertEquals(1 / (1 + Math.exp(-logits.getDouble(i + 1))), token.score(), TOLERANCE);
                assertEquals(TEXT.substring(token.start(), token.end()), token.word());
            }
        }
    }
}
