package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.text.Truncation;
import detangle.runtime.OptionValues;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
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

    private static Map<String, Tensor> run(Path model, Encoding encoding) {
        return run(model, encoding, Optional.empty());
    }

    private static Map<String, Tensor> run(Path model, Encoding encoding, Optional<Architecture> head) {
        long[] ids = new long[encoding.length()];
        long[] mask = new long[encoding.length()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = encoding.ids()[i];
            mask[i] = 1;
        }
        try (Session session = Session.load(
                model,
                OptionValues.with(SessionOptions.DEFAULT.withBackend("reference"), head, SessionOptions::withHead))) {
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
    void aLongTextIsWhatItsStrongestWindowSays() throws IOException {
        Path model = nli();
        String text = "Where is my new card? It is lost. ".repeat(4) + "I was charged twice in Rome. 👩‍🚀"
                + " Rates are high.".repeat(9);
        List<Encoding> windows = new Truncation(24, Truncation.Strategy.ONLY_FIRST, Optional.of(5))
                .apply(Tokenizers.load(model).encode(text));
        assertTrue(windows.size() > 3);
        double[] watched = new double[windows.size()];
        for (int i = 0; i < watched.length; i++) {
            Tensor logits = run(model, windows.get(i)).get("logits");
            watched[i] = Scores.softmax(logits.getDouble(0), logits.getDouble(1), logits.getDouble(2))[1];
        }
        int strongest = IntStream.range(0, watched.length)
                .boxed()
                .max(Comparator.comparingDouble(i -> watched[i]))
                .orElseThrow();
        Encoding window = windows.get(strongest);
        WindowOptions options = WindowOptions.DEFAULT.withStride(5).withWatched(List.of("neutral"));
        try (TextClassifier classifier = TextClassifier.load(model, PipelineOptions.DEFAULT.withMaxLength(24))) {
            List<StrongestWindow> found =
                    classifier.classifyInWindows(List.of("A short one.", text), options, done -> {});
            assertEquals(new Found(0, 12, 1), Found.of(found.get(0)));
            assertEquals(classifier.classify("A short one."), found.get(0).labels());
            Characters.Span part = new Characters(text).span(window.starts()[1], window.ends()[window.length() - 2]);
            assertEquals(new Found(part.start(), part.end(), windows.size()), Found.of(found.get(1)));
            double neutral = found.get(1).labels().stream()
                    .filter(c -> c.label().equals("neutral"))
                    .findFirst()
                    .orElseThrow()
                    .score();
            assertEquals(watched[strongest], neutral, TOLERANCE);

            // Without such a label the surest window counts.
            StrongestWindow surest = classifier
                    .classifyInWindows(List.of(text), options.withWatched(List.of()), done -> {})
                    .getFirst();
            assertTrue(surest.labels().getFirst().score()
                    >= found.get(1).labels().getFirst().score());
            assertEquals(
                    "the model has no label 'INJECTION'; its labels are contradiction, neutral, ENTAILMENT",
                    assertThrows(
                                    PipelineException.class,
                                    () -> classifier.classifyInWindows(
                                            List.of(text), options.withWatched(List.of("INJECTION")), done -> {}))
                            .getMessage());
            assertThrows(
                    PipelineException.class,
                    () -> classifier.classifyInWindows(List.of(text), options.withStride(22), done -> {}));
            assertThrows(
                    PipelineException.class, () -> classifier.classifyInWindows(List.of(" "), options, done -> {}));
        }
    }

    private record Found(int start, int end, int windows) {
        static Found of(StrongestWindow window) {
            return new Found(window.start(), window.end(), window.windows());
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
            e = assertThrows(
                    PipelineException.class,
                    () -> classifier.classify(TEXT, List.of("sport", "travel", "sport"), "It is about {}.", false));
            assertEquals("the label 'sport' is named twice: name it once", e.getMessage());
            e = assertThrows(
                    PipelineException.class,
                    () -> classifier.classify(TEXT, List.of("sport", "\u00a0"), "It is about {}.", false));
            assertEquals("a label is empty", e.getMessage());
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
    void documentsAreRanked() throws IOException {
        Path model = TinyModel.write(folder.resolve("rank"), "ForSequenceClassification", List.of("LABEL_0"));
        List<String> documents = List.of("Cards come by post.", "The weather is fine.", "It is lost.");
        Tokenizer tokenizer = Tokenizers.load(model);
        try (TextRanker ranker = TextRanker.load(model)) {
            List<RankedDocument> ranked = ranker.rank(TEXT, documents);
            List<RankedDocument> raw = ranker.rank(TEXT, documents, true);
            assertEquals(3, ranked.size());
            for (int i = 0; i < 3; i++) {
                RankedDocument document = ranked.get(i);
                double logit = run(model, tokenizer.encode(TEXT, document.text()))
                        .get("logits")
                        .getDouble(0);
                assertEquals(documents.get(document.index()), document.text());
                assertEquals(1 / (1 + Math.exp(-logit)), document.score(), TOLERANCE);
                assertEquals(logit, raw.get(i).score(), TOLERANCE);
                assertTrue(i == 0 || document.score() <= ranked.get(i - 1).score());
            }
        }
        PipelineException e = assertThrows(PipelineException.class, () -> TextRanker.load(TinyModel.SHIPPED));
        assertTrue(e.getMessage().contains("77 labels"), e.getMessage());
    }

    @Test
    void oneLabelIsAProbabilityUnlessItIsSaidToBeAValue() throws IOException {
        Path model = TinyModel.write(folder.resolve("one"), "ForSequenceClassification", List.of("LABEL_0"));
        double logit =
                run(model, Tokenizers.load(model).encode(TEXT)).get("logits").getDouble(0);
        try (TextClassifier classifier = TextClassifier.load(model);
                TextClassifier raw = TextClassifier.load(model, PipelineOptions.DEFAULT, FunctionToApply.NONE)) {
            assertEquals(
                    1 / (1 + Math.exp(-logit)),
                    classifier.classify(TEXT).getFirst().score(),
                    TOLERANCE);
            assertEquals(logit, raw.classify(TEXT).getFirst().score(), TOLERANCE);
        }
        Path config = model.resolve("config.json");
        Files.writeString(config, Files.readString(config).replaceFirst("\\{", "{\"problem_type\":\"regression\","));
        try (TextClassifier value = TextClassifier.load(model)) {
            assertEquals(logit, value.classify(TEXT).getFirst().score(), TOLERANCE);
        }
    }

    @Test
    void choicesShareAProbability() throws IOException {
        Path model = TinyModel.write(folder.resolve("choice"), "ForMultipleChoice", List.of("LABEL_0"));
        List<String> choices = List.of("I block it.", "I wait until it comes.");
        Tokenizer tokenizer = Tokenizers.load(model);
        double[] logits = new double[2];
        for (int i = 0; i < 2; i++) {
            Encoding encoding = tokenizer.encode(TEXT, choices.get(i));
            long[] ids = Arrays.stream(encoding.ids()).asLongStream().toArray();
            long[] mask = new long[ids.length];
            Arrays.fill(mask, 1);
            try (Session session = Session.load(model, SessionOptions.DEFAULT.withBackend("reference"))) {
                logits[i] = session.run(Map.of(
                                "input_ids", Tensor.of(ids, 1, 1, ids.length),
                                "attention_mask", Tensor.of(mask, 1, 1, ids.length)))
                        .get("logits")
                        .getDouble(0);
            }
        }
        try (MultipleChoice chooser = MultipleChoice.load(model)) {
            List<Choice> ranked = chooser.choose(TEXT, choices);
            assertEquals(2, ranked.size());
            for (Choice choice : ranked) {
                assertEquals(choices.get(choice.index()), choice.choice());
                assertEquals(
                        1 / (1 + Math.exp(logits[1 - choice.index()] - logits[choice.index()])),
                        choice.score(),
                        TOLERANCE);
            }
            assertTrue(ranked.get(0).score() >= ranked.get(1).score());
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
