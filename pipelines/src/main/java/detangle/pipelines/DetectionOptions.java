package detangle.pipelines;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The parts of texts that {@link Redactor} looks for.
 *
 * @param labels kinds of entities. A GLiNER or GLiNER2 model is told them in words: {@code person}, {@code credit card
 *     number}; if empty {@link #PERSONAL_DATA}. Of a model for token classification they are some of its own labels
 *     without {@code B-} and {@code I-}, and all if empty
 * @param threshold the least probability; if empty 0.5, and of a model for token classification none, as it has
 *     decided already
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

    /** Personal data, or all labels of a model for token classification. */
    public static final DetectionOptions DEFAULT = new DetectionOptions(List.of(), OptionalDouble.empty());

    /** Keeps a copy, and refuses empty labels and what is not a probability. */
    public DetectionOptions {
        labels = List.copyOf(labels);
        labels.forEach(InputRow.alone("a label")::requireText);
        if (threshold.isPresent() && !(threshold.getAsDouble() >= 0 && threshold.getAsDouble() <= 1)) {
            throw new IllegalArgumentException("a threshold is between 0 and 1, not " + threshold.getAsDouble());
        }
    }

    public DetectionOptions withLabels(List<String> value) {
        return new DetectionOptions(value, threshold);
    }

    public DetectionOptions withThreshold(double value) {
        return new DetectionOptions(labels, OptionalDouble.of(value));
    }
}
