package detangle.plug.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.metric.Metrics;
import ai.djl.modality.Classifications;
import ai.djl.modality.nlp.qa.QAInput;
import ai.djl.modality.nlp.translator.NamedEntity;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.util.StringPair;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.Entity;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;
import detangle.pipelines.TextRanker;
import detangle.pipelines.TokenClassifier;
import detangle.runtime.ModelArtifact;
import detangle.testing.models.TinyModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DJL's own predictors run the models. The program of docs/PLUGS.md is a part of this file. */
class DjlTest {
    private static final PipelineOptions COLD = PipelineOptions.DEFAULT.withWarmUp(false);
    private static final String QUESTION = "Where is my card?";

    @TempDir
    private static Path folder;

    @Test
    void aPredictorClassifies() throws Exception {
        Path model = TinyModel.SHIPPED;
        List<String> texts = List.of("Where is my card?", "I was charged twice.");

        Criteria<String, Classifications> criteria = Criteria.builder()
                .setTypes(String.class, Classifications.class)
                .optEngine("Detangle")
                .optModelPath(model)
                .optTranslatorFactory(new DetangleTranslatorFactory())
                .optOption("truncation", "true")
                .build();
        try (ZooModel<String, Classifications> zooModel = criteria.loadModel();
                Predictor<String, Classifications> predictor = zooModel.newPredictor()) {
            String label = predictor.predict("Where is my card?").best().getClassName();
            List<Classifications> all = predictor.batchPredict(texts);

            assertEquals("card_arrival", label);
            assertEquals(
                    List.of("card_arrival", "transaction_charged_twice"),
                    all.stream().map(c -> c.best().getClassName()).toList());
            assertEquals(77, all.getFirst().getClassNames().size());
            Metrics metrics = new Metrics();
            predictor.setMetrics(metrics);
            predictor.predict("Where is my card? ".repeat(200));
            assertTrue(metrics.hasMetric("Inference"));
        }
    }

    private static <I, O> O predict(Path model, Class<I> input, Class<O> output, I asked) throws Exception {
        Criteria<I, O> criteria = Criteria.builder()
                .setTypes(input, output)
                .optEngine(DetangleEngine.NAME)
                .optModelPath(model)
                .optTranslatorFactory(new DetangleTranslatorFactory())
                .optOption("warm_up", "false")
                .build();
        try (ZooModel<I, O> zooModel = criteria.loadModel();
                Predictor<I, O> predictor = zooModel.newPredictor()) {
            return predictor.predict(asked);
        }
    }

    @Test
    void pairsAreClassifiedAndScored() throws Exception {
        Path model = TinyModel.write(folder.resolve("pairs"), "ForSequenceClassification", List.of("no", "yes"));
        StringPair pair = new StringPair(QUESTION, "It is on its way.");
        Classifications labels = predict(model, StringPair.class, Classifications.class, pair);
        try (TextClassifier classifier = TextClassifier.load(model, COLD)) {
            var expected = classifier.classify(new TextPair(pair.getKey(), pair.getValue()));
            assertEquals(expected.getFirst().label(), labels.best().getClassName());
            float[] scores = predict(model, StringPair.class, float[].class, pair);
            assertEquals(labels.get("no").getProbability(), scores[0], 1e-5);
            assertEquals(labels.get("yes").getProbability(), scores[1], 1e-5);
        }
    }

    @Test
    void aCrossEncoderScoresAsTheRankerDoes() throws Exception {
        Path model = TinyModel.write(folder.resolve("ranker"), "ForSequenceClassification", List.of("LABEL_0"));
        float[] scores = predict(model, StringPair.class, float[].class, new StringPair(QUESTION, "It is on its way."));
        try (TextRanker ranker = TextRanker.load(model, COLD)) {
            assertEquals(
                    ranker.rank(QUESTION, List.of("It is on its way."))
                            .getFirst()
                            .score(),
                    scores[0],
                    1e-5);
        }
    }

    @Test
    void vectorsAreThoseOfTheExtractor() throws Exception {
        float[] vector = predict(TinyModel.SHIPPED, String.class, float[].class, QUESTION);
        try (FeatureExtractor extractor = FeatureExtractor.load(TinyModel.SHIPPED, COLD)) {
            assertArrayEquals(extractor.encode(QUESTION, EmbeddingOptions.DEFAULT.withNormalize(true)), vector, 1e-5f);
        }
    }

    @Test
    void entitiesAreThoseOfTheClassifier() throws Exception {
        Path model = TinyModel.write(folder.resolve("tags"), "ForTokenClassification", List.of("B-PER", "B-LOC"));
        NamedEntity[] named = predict(model, String.class, NamedEntity[].class, QUESTION);
        try (TokenClassifier classifier = TokenClassifier.load(model, COLD)) {
            List<Entity> expected = classifier.classify(QUESTION, AggregationStrategy.SIMPLE);
            assertEquals(expected.size(), named.length);
            for (int i = 0; i < named.length; i++) {
                assertEquals(expected.get(i).entity(), named[i].getEntity());
                assertEquals(expected.get(i).start(), named[i].getStart());
                assertEquals(expected.get(i).word(), named[i].getWord());
            }
        }
    }

    @Test
    void answersAreThoseOfTheAnswerer() throws Exception {
        Path model = TinyModel.write(folder.resolve("answers"), "ForQuestionAnswering", List.of("LABEL_0"));
        String answer = predict(model, QAInput.class, String.class, new QAInput(QUESTION, "It is on its way."));
        try (QuestionAnswerer answerer = QuestionAnswerer.load(model, COLD)) {
            assertEquals(
                    answerer.answer(QUESTION, "It is on its way.", QuestionOptions.DEFAULT)
                            .getFirst()
                            .answer(),
                    answer);
        }
    }

    @Test
    void anArtifactIsAModel() throws Exception {
        Path artifact = folder.resolve("model.dtl");
        ModelArtifact.write(TinyModel.SHIPPED, artifact, ModelArtifact.Options.DEFAULT);
        assertEquals(
                "card_arrival",
                predict(artifact, String.class, Classifications.class, QUESTION)
                        .best()
                        .getClassName());
    }

    @Test
    void theEngineIsNotTheDefaultBesideOthers() {
        assertTrue(Engine.hasEngine("Detangle"));
        assertTrue(Engine.getEngine("Detangle").getRank() > 10);
    }

    @Test
    void optionsAndTypesThatAreNotKnownAreNamed() {
        ModelNotFoundException option = assertThrows(
                ModelNotFoundException.class,
                () -> Criteria.builder()
                        .setTypes(String.class, Classifications.class)
                        .optEngine("Detangle")
                        .optModelPath(TinyModel.SHIPPED)
                        .optTranslatorFactory(new DetangleTranslatorFactory())
                        .optOption("threads", "2")
                        .build()
                        .loadModel());
        Throwable cause = option;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        assertEquals(TranslateException.class, cause.getClass());
        assertTrue(cause.getMessage().startsWith("there is no option threads"), cause.getMessage());
        assertThrows(
                ModelNotFoundException.class,
                () -> predict(TinyModel.SHIPPED, Integer.class, Classifications.class, 1));
    }
}
