package detangle.runtime;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;

/** Sets options for callers who may or may not have a value, such as a command line. */
public final class OptionValues {
    private OptionValues() {}

    /**
     * Returns the options with a value, or as they are if there is none: {@code with(options, backend,
     * SessionOptions::withBackend)}.
     *
     * @param wither the method that takes the value itself
     */
    public static <O, T> O with(O options, Optional<T> value, BiFunction<O, T, O> wither) {
        return value.map(v -> wither.apply(options, v)).orElse(options);
    }

    /** Sets an option as {@link #with(Object, Optional, BiFunction)} does, from a number. */
    public static <O> O with(O options, OptionalInt value, BiFunction<O, Integer, O> wither) {
        return value.isPresent() ? wither.apply(options, value.getAsInt()) : options;
    }
}
