package detangle.train.optimizer;

import detangle.models.adapter.TargetModules;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The parameters that are not trained, by their names in HuggingFace's checkpoints.
 *
 * @param prefixes beginnings of names
 * @param patterns regular expressions that match whole names, as PEFT's {@code target_modules} matches modules
 */
public record FrozenParameters(List<String> prefixes, List<String> patterns) {
    /** All parameters are trained. */
    public static final FrozenParameters NONE = new FrozenParameters(List.of(), List.of());

    private static final int NAMES_LISTED = 5;

    public FrozenParameters {
        prefixes = List.copyOf(prefixes);
        patterns = List.copyOf(patterns);
    }

    public FrozenParameters withPrefixes(List<String> values) {
        return new FrozenParameters(values, patterns);
    }

    public FrozenParameters withPatterns(List<String> values) {
        return new FrozenParameters(prefixes, values);
    }

    /**
     * Returns those of some parameters that are not trained.
     *
     * @throws OptimizerException if a prefix or a pattern has none of them, or a pattern is not a regular expression
     */
    public Set<String> among(Collection<String> parameters) {
        Set<String> frozen = new TreeSet<>();
        for (String prefix : prefixes) {
            add(
                    parameters,
                    name -> name.startsWith(prefix),
                    "'" + prefix + "' is to be frozen, and no parameter's name begins so",
                    frozen);
        }
        for (String pattern : patterns) {
            try {
                TargetModules.Selection selection = new TargetModules.Expression(pattern).selection();
                add(
                        parameters,
                        selection::has,
                        "'" + pattern + "' is to be frozen, and no parameter's name matches it as a whole",
                        frozen);
            } catch (IllegalArgumentException e) {
                throw new OptimizerException("'" + pattern + "' says what is to be frozen, and " + e.getMessage());
            }
        }
        return frozen;
    }

    private static void add(Collection<String> parameters, Predicate<String> test, String ifNone, Set<String> frozen) {
        List<String> found = parameters.stream().filter(test).toList();
        if (found.isEmpty()) {
            throw new OptimizerException(ifNone + "; they are "
                    + parameters.stream().sorted().limit(NAMES_LISTED).collect(Collectors.joining(", "))
                    + (parameters.size() > NAMES_LISTED ? ", ..." : ""));
        }
        frozen.addAll(found);
    }
}
