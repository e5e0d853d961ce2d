package detangle.models.adapter;

import detangle.models.text.encoder.SafePattern;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Values for modules whose names end as a regular expression says: PEFT's {@code rank_pattern} and {@code
 * alpha_pattern}. The first expression that fits a module counts.
 */
final class ModulePatterns {
    private final SequencedMap<SafePattern, Double> values = new LinkedHashMap<>();
    private final SafePattern.Steps steps;

    /** @throws IllegalArgumentException if an expression is none that is understood */
    ModulePatterns(Map<String, Double> byExpression, SafePattern.Steps steps) {
        this.steps = steps;
        byExpression.forEach(
                (expression, value) -> values.put(SafePattern.compile("(?:.*\\.)?(?:" + expression + ")"), value));
    }

    /** @throws IllegalArgumentException if matching takes too long */
    Optional<Double> of(String module) {
        return values.entrySet().stream()
                .filter(entry -> entry.getKey().matches(module, steps))
                .findFirst()
                .map(Map.Entry::getValue);
    }
}
