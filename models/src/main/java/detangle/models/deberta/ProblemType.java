package detangle.models.deberta;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The meaning of the logits of sequence classification; the lower-case name is the value of {@code problem_type}. */
public enum ProblemType {
    /** Logits are the predicted values. */
    REGRESSION,
    /** Softmax over the labels. */
    SINGLE_LABEL_CLASSIFICATION,
    /** A sigmoid a label. */
    MULTI_LABEL_CLASSIFICATION;

    /**
     * Returns the problem type that the fields of a file state, if they state one.
     *
     * @throws ConfigException if the problem type is not known
     */
    public static Optional<ProblemType> of(ConfigFields fields) {
        return fields.text("problem_type")
                .map(word -> Arrays.stream(values())
                        .filter(p -> p.text().equals(word))
                        .findFirst()
                        .orElseThrow(() -> fields.fault("problem_type", "is '" + word + "', which is not known")));
    }

    /** Returns the word of config.json. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
