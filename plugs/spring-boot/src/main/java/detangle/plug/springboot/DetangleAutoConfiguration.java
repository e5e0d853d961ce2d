package detangle.plug.springboot;

import detangle.pipelines.EntityExtractor;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.MaskFiller;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.Redactor;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextGuard;
import detangle.pipelines.TextRanker;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.WindowOptions;
import detangle.pipelines.ZeroShotClassifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Makes a bean of each model that the properties name. Beans are closed with the application. A bean of the
 * application's own comes before them.
 */
@AutoConfiguration
@EnableConfigurationProperties(DetangleProperties.class)
public class DetangleAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.classify.model")
    TextClassifier textClassifier(DetangleProperties properties) {
        return properties.classify().load(TextClassifier::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.zero-shot-classification.model")
    ZeroShotClassifier zeroShotClassifier(DetangleProperties properties) {
        return properties.zeroShotClassification().load(ZeroShotClassifier::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.token-classification.model")
    TokenClassifier tokenClassifier(DetangleProperties properties) {
        return properties.tokenClassification().load(TokenClassifier::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.extract.model")
    EntityExtractor entityExtractor(DetangleProperties properties) {
        return properties.extract().load(EntityExtractor::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.redact.model")
    Redactor redactor(DetangleProperties properties) {
        return properties.redact().load(Redactor::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.question-answering.model")
    QuestionAnswerer questionAnswerer(DetangleProperties properties) {
        return properties.questionAnswering().load(QuestionAnswerer::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.fill-mask.model")
    MaskFiller maskFiller(DetangleProperties properties) {
        return properties.fillMask().load(MaskFiller::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.feature-extraction.model")
    FeatureExtractor featureExtractor(DetangleProperties properties) {
        return properties.featureExtraction().load(FeatureExtractor::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.text-ranking.model")
    TextRanker textRanker(DetangleProperties properties) {
        return properties.textRanking().load(TextRanker::load);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("detangle.guard.labels")
    TextGuard textGuard(DetangleProperties properties, TextClassifier classifier) {
        DetangleProperties.Guard guard = properties.guard();
        return new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(guard.labels()), guard.threshold());
    }
}
