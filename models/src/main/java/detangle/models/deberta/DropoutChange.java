package detangle.models.deberta;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/**
 * Other rates of dropout than a configuration has, by the fields of HuggingFace's config.json. What is empty stays: so
 * the classifier's rate follows the hidden one where the configuration does not name it, as in HuggingFace's code.
 *
 * @param hidden {@code hidden_dropout_prob}
 * @param attention {@code attention_probs_dropout_prob}
 * @param pooler {@code pooler_dropout}
 * @param classifier {@code cls_dropout}
 * @see DropoutRates
 */
public record DropoutChange(
        OptionalDouble hidden, OptionalDouble attention, OptionalDouble pooler, OptionalDouble classifier) {
    /** No change. */
    public static final DropoutChange NONE = new DropoutChange(
            OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());

    /** @throws LossException if a rate is negative, or would leave nothing */
    public DropoutChange {
        fields(hidden, attention, pooler, classifier).forEach((field, rate) -> {
            if (!(rate >= 0 && rate < 1)) {
                throw new LossException(field + " is " + rate + ": it must be at least 0 and below 1");
            }
        });
    }

    public DropoutChange withHidden(double rate) {
        return new DropoutChange(OptionalDouble.of(rate), attention, pooler, classifier);
    }

    public DropoutChange withAttention(double rate) {
        return new DropoutChange(hidden, OptionalDouble.of(rate), pooler, classifier);
    }

    public DropoutChange withPooler(double rate) {
        return new DropoutChange(hidden, attention, OptionalDouble.of(rate), classifier);
    }

    public DropoutChange withClassifier(double rate) {
        return new DropoutChange(hidden, attention, pooler, OptionalDouble.of(rate));
    }

    /** Returns the rates that change, by the names of their fields. */
    Map<String, Double> fields() {
        return fields(hidden, attention, pooler, classifier);
    }

    private static SequencedMap<String, Double> fields(
            OptionalDouble hidden, OptionalDouble attention, OptionalDouble pooler, OptionalDouble classifier) {
        SequencedMap<String, Double> fields = new LinkedHashMap<>();
        hidden.ifPresent(rate -> fields.put("hidden_dropout_prob", rate));
        attention.ifPresent(rate -> fields.put("attention_probs_dropout_prob", rate));
        pooler.ifPresent(rate -> fields.put("pooler_dropout", rate));
        classifier.ifPresent(rate -> fields.put("cls_dropout", rate));
        return fields;
    }
}
