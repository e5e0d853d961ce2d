package detangle.models.adapter;

import detangle.models.deberta.DebertaConfig;
import detangle.models.text.encoder.SafePattern;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which linear layers of a model an adapter changes, as PEFT's {@code target_modules} says it. A module is called by
 * the name of its weight without {@code .weight}: {@code deberta.encoder.layer.0.attention.self.query_proj}.
 */
public sealed interface TargetModules {
    /** Every linear layer but those of heads. */
    record AllLinear() implements TargetModules {}

    /** Those whose name is matched by a regular expression as a whole. */
    record Expression(String text) implements TargetModules {}

    /**
     * Those whose name is one of these, or ends with a dot and one of these.
     *
     * @param layers the numbers of the layers that they must be in; all if empty
     */
    record Names(List<String> names, Optional<Set<Integer>> layers) implements TargetModules {
        /** Keeps copies. */
        public Names {
            names = List.copyOf(names);
            layers = layers.map(Set::copyOf);
        }
    }

    /** Returns these names, in all layers. */
    static TargetModules named(List<String> names) {
        return new Names(names, Optional.empty());
    }

    /** Returns what PEFT takes for a model when nobody names modules: queries and values, or the one matrix of v1. */
    static TargetModules of(DebertaConfig config) {
        return switch (config.modelType()) {
            case DEBERTA -> named(List.of("in_proj"));
            case DEBERTA_V2 -> named(List.of("query_proj", "value_proj"));
        };
    }

    /** Characters that matching all names may look at: far more than any adapter needs, and done in half a second. */
    long STEPS = 20_000_000;

    /**
     * Returns a test of names of modules.
     *
     * @throws IllegalArgumentException if an expression is none that is understood; the test throws it if matching
     *     takes too long
     */
    default Selection selection() {
        return switch (this) {
            case AllLinear all -> module -> true;
            case Expression(String text) -> {
                SafePattern pattern = SafePattern.compile(text);
                SafePattern.Steps steps = new SafePattern.Steps(STEPS);
                yield module -> pattern.matches(module, steps);
            }
            case Names(List<String> names, Optional<Set<Integer>> layers) -> {
                Set<String> wanted = new LinkedHashSet<>(names);
                yield module -> ends(module, wanted)
                        && layers.map(numbers ->
                                        layer(module).filter(numbers::contains).isPresent())
                                .orElse(true);
            }
        };
    }

    /** Selects names. */
    @FunctionalInterface
    interface Selection {
        boolean has(String module);
    }

    /** Returns whether a name is one of those, or what follows one of its dots is. */
    private static boolean ends(String module, Set<String> names) {
        if (names.contains(module)) {
            return true;
        }
        for (int dot = module.indexOf('.'); dot >= 0; dot = module.indexOf('.', dot + 1)) {
            if (names.contains(module.substring(dot + 1))) {
                return true;
            }
        }
        return false;
    }

    /** Returns the first part of a name that is a number, with two parts before it and one behind. */
    private static Optional<Integer> layer(String module) {
        String[] parts = module.split("\\.", -1);
        for (int i = 2; i + 1 < parts.length; i++) {
            if (parts[i].matches("\\d{1,6}")) {
                return Optional.of(Integer.parseInt(parts[i]));
            }
        }
        return Optional.empty();
    }
}
