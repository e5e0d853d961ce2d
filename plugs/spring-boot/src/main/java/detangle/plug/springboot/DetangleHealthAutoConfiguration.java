package detangle.plug.springboot;

import detangle.pipelines.Pipeline;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Tells Spring Boot's actuator whether the models answer. */
@AutoConfiguration(after = DetangleAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
public class DetangleHealthAutoConfiguration {
    @Bean
    @ConditionalOnBean(Pipeline.class)
    @ConditionalOnMissingBean
    @ConditionalOnEnabledHealthIndicator("detangle")
    DetangleHealthIndicator detangleHealthIndicator(Map<String, Pipeline> pipelines) {
        return new DetangleHealthIndicator(pipelines);
    }
}
