package detangle.models.deberta;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What the logits of sequence classification mean; the lower-case name is the value of {@code problem_type}. */
public enum ProblemType {
    /** Logits are the predicted values. */
    REGRESSION,
    /** Softmax over the labels. */
    SINGLE_LABEL_CLASSIFICATION,
    /** A sigmoid a label. */
    MULTI_LABEL_CLASSIFICATION;

    /** What the fields of a file say, if they say something; a {@link ConfigException} if it is not known. */
    public static Optional<ProblemType> of(ConfigFields fields) {
        return fields.text("problem_type")
                .map(word -> Arrays.stream(values())
                        .filter(p -> p.text().equals(word))
                        .findFirst()
                        .orElseThrow(() -> fields.fault("problem_type", "is '" + word + "', which is not known")));
    }

    /** The word of config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
