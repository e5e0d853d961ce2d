package detangle.plug.springboot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.Redactor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextGuard;
import detangle.pipelines.TextRanker;
import detangle.pipelines.TokenClassifier;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.support.PropertiesLoaderUtils;

/** Applications of Spring Boot that are made of properties. Those of docs/PLUGS.md are parts of this file. */
class SpringBootTest {
    private static final PipelineOptions COLD = PipelineOptions.DEFAULT.withWarmUp(false);
    private static final String PROPERTIES = """
            detangle.classify.model=models/pretrained/banking77-small
            detangle.classify.truncation=true
            detangle.feature-extraction.model=models/pretrained/banking77-small
            detangle.guard.labels=card_arrival,lost_or_stolen_card
            detangle.guard.threshold=0.5
            """;

    @TempDir
    private static Path folder;

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    DetangleAutoConfiguration.class,
                    DetangleEmbeddingAutoConfiguration.class,
                    DetangleHealthAutoConfiguration.class));

    /** Returns properties as an application has them, with the shipped model where it is here. */
    private static String[] values(String properties) throws IOException {
        Properties read = PropertiesLoaderUtils.loadProperties(
                new ByteArrayResource(properties.getBytes(StandardCharsets.UTF_8)));
        List<String> values = new ArrayList<>();
        read.forEach((key, value) -> values.add(key + "="
                + value.toString().replace("models/pretrained/banking77-small", TinyModel.SHIPPED.toString())));
        values.add("detangle.classify.warm-up=false");
        values.add("detangle.feature-extraction.warm-up=false");
        return values.toArray(String[]::new);
    }

    @Test
    void propertiesMakeBeans() throws IOException {
        application.withPropertyValues(values(PROPERTIES)).run(context -> {
            TextClassifier classifier = context.getBean(TextClassifier.class);
            assertEquals(
                    "card_arrival",
                    classifier.classify("Where is my card?").getFirst().label());
            // It is cut, as the properties say.
            assertEquals(
                    77, classifier.classify("Where is my card? ".repeat(200)).size());
            TextGuard guard = context.getBean(TextGuard.class);
            assertTrue(guard.check("Where is my card?").isPresent());
            assertFalse(guard.check("What is the exchange rate?").isPresent());
            EmbeddingModel embeddings = context.getBean(EmbeddingModel.class);
            assertEquals(
                    context.getBean(FeatureExtractor.class).dimension(), embeddings.embed("Where is my card?").length);
            assertEquals(2, context.getBeansOfType(Pipeline.class).size());
        });
    }

    @Test
    void modelsThatAnswerAreUp() throws IOException {
        Path tags = TinyModel.write(folder.resolve("tags"), "ForTokenClassification", List.of("O", "B-PER"));
        Path ranks = TinyModel.write(folder.resolve("ranks"), "ForSequenceClassification", List.of("LABEL_0"));
        Path masks = TinyModel.write(folder.resolve("masks"), "ForMaskedLM", List.of("LABEL_0"));
        Path answers = TinyModel.write(folder.resolve("answers"), "ForQuestionAnswering", List.of("LABEL_0"));
        Path entities = TinyGliner.write(folder.resolve("entities"));
        application
                .withPropertyValues(
                        "detangle.token-classification.model=" + tags,
                        "detangle.token-classification.warm-up=false",
                        "detangle.text-ranking.model=" + ranks,
                        "detangle.text-ranking.warm-up=false",
                        "detangle.fill-mask.model=" + masks,
                        "detangle.fill-mask.warm-up=false",
                        "detangle.question-answering.model=" + answers,
                        "detangle.question-answering.warm-up=false",
                        "detangle.redact.model=" + entities,
                        "detangle.redact.warm-up=false",
                        "detangle.extract.model=" + entities,
                        "detangle.extract.warm-up=false")
                .run(context -> {
                    Health health =
                            context.getBean(DetangleHealthIndicator.class).health();
                    assertEquals(Status.UP, health.getStatus(), health.toString());
                    assertEquals(6, health.getDetails().size());
                    assertTrue(health.getDetails().get("textRanker").toString().startsWith("answered in "));
                    for (Class<?> bean : List.of(
                            TokenClassifier.class,
                            TextRanker.class,
                            MaskFiller.class,
                            QuestionAnswerer.class,
                            Redactor.class)) {
                        assertEquals(1, context.getBeansOfType(bean).size(), bean.toString());
                    }
                });
    }

    @Test
    void aModelThatDoesNotAnswerIsDown() {
        TextClassifier closed = TextClassifier.load(TinyModel.SHIPPED, COLD);
        closed.close();
        Health health = new DetangleHealthIndicator(Map.of("classifier", closed)).health();
        assertEquals(Status.DOWN, health.getStatus());
        assertTrue(health.getDetails().containsKey("error"), health.toString());
    }

    @Configuration
    static class Own {
        @Bean
        TextClassifier mine() {
            return TextClassifier.load(TinyModel.SHIPPED, COLD).withTruncation();
        }
    }

    @Test
    void aBeanOfTheApplicationComesFirst() throws IOException {
        application
                .withUserConfiguration(Own.class)
                .withPropertyValues(values(PROPERTIES))
                .run(context ->
                        assertEquals(List.of("mine"), List.of(context.getBeanNamesForType(TextClassifier.class))));
    }

    @Test
    void nothingIsMadeWithoutProperties() {
        application.run(context -> {
            assertTrue(context.getBeansOfType(Pipeline.class).isEmpty());
            assertTrue(context.getBeansOfType(DetangleHealthIndicator.class).isEmpty());
        });
    }

    @Test
    void anApplicationNeedsNeitherSpringAiNorTheActuator() throws IOException {
        application
                .withClassLoader(new FilteredClassLoader(
                        "org.springframework.ai", "org.springframework.boot.health", "detangle.plug.springai"))
                .withPropertyValues(values(PROPERTIES))
                .run(context ->
                        assertEquals(2, context.getBeansOfType(Pipeline.class).size()));
    }

    @Test
    void aModelThatIsNotThereIsNamed() {
        application
                .withPropertyValues("detangle.classify.model=" + folder.resolve("missing"))
                .run(context -> {
                    Throwable failure = context.getStartupFailure();
                    while (failure.getCause() != null) {
                        failure = failure.getCause();
                    }
                    assertTrue(failure.getMessage().contains("missing"), failure.getMessage());
                });
    }
}
