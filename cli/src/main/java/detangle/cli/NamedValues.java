package detangle.cli;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The words of an option whose values are constants with names of their own, for its converter, its help and the
 * completion of shells.
 *
 * @param <E> the constants
 */
abstract class NamedValues<E> implements ITypeConverter<E>, Iterable<String> {
    private final List<E> values;
    private final Function<? super E, String> text;

    NamedValues(List<E> values, Function<? super E, String> text) {
        this.values = values;
        this.text = text;
    }

    /** Returns the constants of an enumeration by their names: {@code first}, {@code only_first}. */
    static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static <E extends Enum<E>> List<E> all(Class<E> type) {
        return Arrays.asList(type.getEnumConstants());
    }

    @Override
    public E convert(String word) {
        return values.stream()
                .filter(value -> text.apply(value).equalsIgnoreCase(word))
                .findFirst()
                // Said in full by WrongUse, which knows the option.
                .orElseThrow(() -> new TypeConversionException("'" + word + "' is not one of its values"));
    }

    @Override
    public Iterator<String> iterator() {
        return values.stream().map(text).iterator();
    }
}
