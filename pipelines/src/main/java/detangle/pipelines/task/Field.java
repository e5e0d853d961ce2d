package detangle.pipelines.task;

import detangle.pipelines.LabelTree;
import detangle.pipelines.PipelineException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A named value that a request has: an input of a task or an option.
 *
 * @param description a sentence without a full stop
 * @param required whether a request must have it
 * @param standard the default value as JSON has it; empty if there is none, or if the default depends on something else
 */
public record Field(String name, String description, Type type, boolean required, Optional<Object> standard) {
    /** The number of characters of a value that messages quote. */
    private static final int QUOTED_CHARACTERS = 40;

    /** The type of a field's values. */
    public sealed interface Type permits Text, Texts, Groups, Whole, Number, Flag, Word, Objects, Json {}

    /** A text: a {@link String}. */
    public record Text() implements Type {}

    /** Any number of texts: a {@link List} of {@link String}. */
    public record Texts() implements Type {}

    /** Any number of texts, or an object of groups of them: a {@link LabelTree}. */
    public record Groups() implements Type {}

    /**
     * A whole number: an {@link Integer}.
     *
     * @param minimum the smallest allowed number
     */
    public record Whole(int minimum) implements Type {}

    /** A number between two others, these included: a {@link Double}. */
    public record Number(double minimum, double maximum) implements Type {}

    /** A {@link Boolean}. */
    public record Flag() implements Type {}

    /** One of several words, in lower case; upper case is also read. */
    public record Word(List<String> words) implements Type {
        /** Returns the type whose words are the names of an enumeration's constants. */
        static <E extends Enum<E>> Word of(Class<E> type) {
            return new Word(Arrays.stream(type.getEnumConstants())
                    .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                    .toList());
        }
    }

    /** Any number of objects: a {@link List} of {@link Fields}. */
    public record Objects(List<Field> fields) implements Type {
        /** Keeps a copy. */
        public Objects {
            fields = List.copyOf(fields);
        }
    }

    /** An object or a list that holds anything: a {@link Map} or a {@link List} of plain values. */
    public record Json() implements Type {}

    /** Returns a field that a request must have. */
    static Field required(String name, String description, Type type) {
        return new Field(name, description, type, true, Optional.empty());
    }

    /** Returns an optional field without a default value. */
    static Field optional(String name, String description, Type type) {
        return new Field(name, description, type, false, Optional.empty());
    }

    /** Returns an optional field with a default value. */
    static Field optional(String name, String description, Type type, Object standard) {
        return new Field(name, description, type, false, Optional.of(standard));
    }

    /**
     * Returns a value of this field.
     *
     * @param value as JSON has it: a {@link String}, a {@link java.lang.Number}, a {@link Boolean}, a {@link List}, a
     *     {@link Map}
     * @throws PipelineException if the value does not have the field's type
     */
    Object read(Object value) {
        return switch (type) {
            case Text text when value instanceof String string -> string;
            case Text text -> throw wrong("is not a text");
            case Texts texts -> texts(value);
            case Groups groups when value instanceof Map<?, ?> map -> groups(map);
            case Groups groups -> new LabelTree.Labels(texts(value));
            case Whole(int minimum) when value instanceof Integer number && number >= minimum -> number;
            case Whole(int minimum) -> throw wrong("is not a whole number of at least " + minimum);
            case Number(double minimum, double maximum)
            when value instanceof java.lang.Number number
                    && number.doubleValue() >= minimum
                    && number.doubleValue() <= maximum -> number.doubleValue();
            case Number(double minimum, double maximum) ->
                throw wrong("is not a number of " + minimum + " to " + maximum);
            case Flag flag when value instanceof Boolean truth -> truth;
            case Flag flag -> throw wrong("is neither true nor false");
            case Word(List<String> words)
            when value instanceof String string && words.contains(string.toLowerCase(Locale.ROOT)) ->
                string.toLowerCase(Locale.ROOT);
            case Word(List<String> words)
            when value instanceof String string ->
                throw wrong("is '"
                        + (string.length() > QUOTED_CHARACTERS
                                ? string.substring(0, QUOTED_CHARACTERS) + "..."
                                : string)
                        + "', and not one of " + String.join(", ", words) + ": it says " + description);
            case Word word -> throw wrong("is not a text");
            case Objects(List<Field> fields) -> objects(value, fields);
            case Json json when value instanceof Map || value instanceof List -> value;
            case Json json -> throw wrong("is neither an object nor an array");
        };
    }

    private List<String> texts(Object value) {
        if (!(value instanceof List<?> list)) {
            throw wrong("is not an array of texts");
        }
        List<String> texts = new ArrayList<>();
        for (Object text : list) {
            if (!(text instanceof String string)) {
                throw wrong("holds something that is not a text");
            }
            texts.add(string);
        }
        return List.copyOf(texts);
    }

    private LabelTree groups(Map<?, ?> given) {
        Map<String, Object> groups = new LinkedHashMap<>();
        given.forEach((name, held) -> groups.put((String) name, held));
        try {
            return LabelTree.of(groups);
        } catch (PipelineException e) {
            throw new PipelineException(name + ": " + e.getMessage());
        }
    }

    private List<Fields> objects(Object value, List<Field> fields) {
        if (!(value instanceof List<?> list)) {
            throw wrong("is not an array of objects");
        }
        List<Fields> objects = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof Map<?, ?> object)) {
                throw wrong("holds something that is not an object of " + names(fields));
            }
            Map<String, Object> given = new LinkedHashMap<>();
            object.forEach((key, held) -> given.put((String) key, held));
            objects.add(Fields.read("an element of " + name, fields, given));
        }
        return List.copyOf(objects);
    }

    private PipelineException wrong(String fault) {
        return new PipelineException(name + " " + fault);
    }

    /** Returns the names of fields, for messages: {@code top_k, truncate}. */
    static String names(List<Field> fields) {
        return fields.stream().map(Field::name).collect(Collectors.joining(", "));
    }
}
