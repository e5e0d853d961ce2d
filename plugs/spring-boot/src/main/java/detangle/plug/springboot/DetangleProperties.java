package detangle.plug.springboot;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The models of an application. A component that is null makes no bean. Components are named as the tasks of the command
 * line.
 *
 * @param classify the model of a {@code TextClassifier}
 * @param zeroShotClassification the model of a {@code ZeroShotClassifier}
 * @param tokenClassification the model of a {@code TokenClassifier}
 * @param extract the GLiNER model of an {@code EntityExtractor}
 * @param redact the model of a {@code Redactor}
 * @param questionAnswering the model of a {@code QuestionAnswerer}
 * @param fillMask the model of a {@code MaskFiller}
 * @param featureExtraction the model of a {@code FeatureExtractor}
 * @param textRanking the model of a {@code TextRanker}
 * @param guard what a {@code TextGuard} on the model of {@code classify} watches
 */
@ConfigurationProperties("detangle")
public record DetangleProperties(
        ModelProperties classify,
        ModelProperties zeroShotClassification,
        ModelProperties tokenClassification,
        ModelProperties extract,
        ModelProperties redact,
        ModelProperties questionAnswering,
        ModelProperties fillMask,
        ModelProperties featureExtraction,
        ModelProperties textRanking,
        Guard guard) {
    /**
     * What a guard watches.
     *
     * @param labels labels of the model, such as INJECTION
     * @param threshold the least sum of the labels' scores that is found
     */
    public record Guard(
            List<String> labels, @DefaultValue("0.5") double threshold) {}
}
