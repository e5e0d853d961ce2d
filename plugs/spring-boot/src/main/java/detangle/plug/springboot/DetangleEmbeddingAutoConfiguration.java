package detangle.plug.springboot;

import detangle.pipelines.FeatureExtractor;
import detangle.plug.springai.SpringEmbeddingModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Makes Spring AI's model of embeddings of the extractor, where an application has detangle-spring-ai. */
@AutoConfiguration(after = DetangleAutoConfiguration.class)
@ConditionalOnClass({EmbeddingModel.class, SpringEmbeddingModel.class})
public class DetangleEmbeddingAutoConfiguration {
    @Bean
    @ConditionalOnBean(FeatureExtractor.class)
    @ConditionalOnMissingBean(EmbeddingModel.class)
    SpringEmbeddingModel embeddingModel(FeatureExtractor extractor) {
        return new SpringEmbeddingModel(extractor);
    }
}
