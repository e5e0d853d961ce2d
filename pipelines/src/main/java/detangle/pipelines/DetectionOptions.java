package detangle.pipelines;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The parts of texts that {@link Redactor} looks for.
 *
 * @param labels kinds of entities. For a GLiNER or GLiNER2 model they are words: {@code person}, {@code credit card
 *     number}; if empty, they are {@link #PERSONAL_DATA}. For a model for token classification they are some of its own
 *     labels without {@code B-} and {@code I-}, or all of them if empty
 * @param threshold the least probability. If empty, it is 0.5; a model for token classification then has no threshold,
 *     because its labels decide
 */
public record DetectionOptions(List<String> labels, OptionalDouble threshold) {
    /** The kinds that are commonly called personal data, in words that models for it were trained with. */
    public static final List<String> PERSONAL_DATA = List.of(
            "person",
            "address",
            "email address",
            "phone number",
            "date of birth",
            "credit card number",
            "bank account number",
            "iban",
            "social security number",
            "passport number",
            "driver's license number",
            "identity card number",
            "tax identification number",
            "ip address",
            "username",
            "password");

    /** The default options: personal data, or all labels of a model for token classification. */
    public static final DetectionOptions DEFAULT = new DetectionOptions(List.of(), OptionalDouble.empty());

    /**
     * Keeps a copy of the labels.
     *
     * @throws PipelineException if a label is empty
     * @throws IllegalArgumentException if the threshold is not between 0 and 1
     */
    public DetectionOptions {
        labels = List.copyOf(labels);
        labels.forEach(InputRow.alone("a label")::requireText);
        if (threshold.isPresent() && !(threshold.getAsDouble() >= 0 && threshold.getAsDouble() <= 1)) {
            throw new IllegalArgumentException("a threshold must be between 0 and 1, not " + threshold.getAsDouble());
        }
    }

    public DetectionOptions withLabels(List<String> value) {
        return new DetectionOptions(value, threshold);
    }

    public DetectionOptions withThreshold(double value) {
        return new DetectionOptions(labels, OptionalDouble.of(value));
    }
}
