package detangle.pipelines.redaction;

import detangle.models.text.WhiteSpace;
import detangle.pipelines.PipelineException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The operators for the found parts of texts, by their kinds.
 *
 * @param standard the operator for all kinds that {@code byLabel} does not name
 * @param byLabel the operators for some kinds
 * @param counters the scope in which the same part has the same number
 */
public record RedactionPolicy(RedactionOperator standard, Map<String, RedactionOperator> byLabel, CounterScope counters)
        implements Serializable {
    /** The default policy: the name of its kind replaces each part, {@code [PERSON]}. */
    public static final RedactionPolicy DEFAULT = of(OperatorOptions.DEFAULT.operator(OperatorKind.REPLACE));

    /** Keeps a copy. */
    public RedactionPolicy {
        byLabel = Map.copyOf(byLabel);
    }

    /** Returns a policy with the same operator for all kinds; numbers begin with 1 in each text. */
    public static RedactionPolicy of(RedactionOperator standard) {
        return new RedactionPolicy(standard, Map.of(), CounterScope.TEXT);
    }

    /**
     * Returns the policy that is written in words, as on the command line.
     *
     * @param byLabel the kinds with another operator, each as {@code city=keep}
     * @throws PipelineException if one of these is written in another way, or the options lack what an operator needs
     */
    public static RedactionPolicy of(
            OperatorKind standard, List<String> byLabel, CounterScope counters, OperatorOptions options) {
        Map<String, RedactionOperator> operators = new HashMap<>();
        for (String written : byLabel) {
            int equals = written.lastIndexOf('=');
            String label = WhiteSpace.strip(written.substring(0, Math.max(equals, 0)));
            String name = WhiteSpace.strip(written.substring(equals + 1));
            OperatorKind kind = Arrays.stream(OperatorKind.values())
                    .filter(k -> k.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(() -> wrong(written));
            if (label.isEmpty()) {
                throw wrong(written);
            }
            if (operators.put(label, options.operator(kind)) != null) {
                throw new PipelineException("'" + label + "' has two operators: leave out one");
            }
        }
        return new RedactionPolicy(options.operator(standard), operators, counters);
    }

    private static PipelineException wrong(String written) {
        return new PipelineException("'" + written + "' is not a label and an operator: write it as person=mask, with "
                + Arrays.stream(OperatorKind.values())
                        .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", ")));
    }

    public RedactionPolicy with(String label, RedactionOperator operator) {
        Map<String, RedactionOperator> operators = new HashMap<>(byLabel);
        operators.put(label, operator);
        return new RedactionPolicy(standard, operators, counters);
    }

    public RedactionPolicy withCounters(CounterScope value) {
        return new RedactionPolicy(standard, byLabel, value);
    }

    /** Returns the operator for a kind. */
    public RedactionOperator operator(String label) {
        return byLabel.getOrDefault(label, standard);
    }
}
