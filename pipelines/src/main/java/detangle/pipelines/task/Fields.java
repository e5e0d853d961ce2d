package detangle.pipelines.task;

import detangle.pipelines.LabelTree;
import detangle.pipelines.PipelineException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Values of fields by their names, each of the type that its {@link Field} has. */
public final class Fields {
    private final Map<String, Object> values;

    private Fields(Map<String, Object> values) {
        this.values = Map.copyOf(values);
    }

    /**
     * Reads values.
     *
     * @param of the owner of the fields, for messages
     * @param known all known fields
     * @param given values as JSON has them; null is the same as none
     * @throws PipelineException if a field is unknown, is missing, or has a value of another type
     */
    public static Fields read(String of, List<Field> known, Map<String, Object> given) {
        for (String name : given.keySet()) {
            if (known.stream().noneMatch(field -> field.name().equals(name))) {
                throw new PipelineException(
                        of + " has no field '" + name + "'; it has " + (known.isEmpty() ? "none" : Field.names(known)));
            }
        }
        Map<String, Object> values = new HashMap<>();
        for (Field field : known) {
            Object value = given.get(field.name());
            if (value != null) {
                values.put(field.name(), field.read(value));
            } else if (field.required()) {
                throw new PipelineException(of + " needs the field '" + field.name() + "', " + field.description());
            } else {
                field.standard().ifPresent(standard -> values.put(field.name(), standard));
            }
        }
        return new Fields(values);
    }

    /** Returns whether a field has a value. */
    public boolean has(String name) {
        return values.containsKey(name);
    }

    /** Returns the value of a field that has one; the field is of the type that is asked for. */
    private <T> T value(String name, Class<T> type) {
        return type.cast(Optional.ofNullable(values.get(name))
                .orElseThrow(() -> new IllegalArgumentException("there is no value of " + name)));
    }

    public String text(String name) {
        return value(name, String.class);
    }

    public Optional<String> optionalText(String name) {
        return has(name) ? Optional.of(text(name)) : Optional.empty();
    }

    /** Returns the texts of a field; none if it has no value. */
    public List<String> texts(String name) {
        List<?> texts = has(name) ? value(name, List.class) : List.of();
        return texts.stream().map(String.class::cast).toList();
    }

    /** Returns the labels of a field, which may stand in groups. */
    public LabelTree labels(String name) {
        return value(name, LabelTree.class);
    }

    /** Returns the objects of a field; none if it has no value. */
    public List<Fields> objects(String name) {
        List<?> objects = has(name) ? value(name, List.class) : List.of();
        return objects.stream().map(Fields.class::cast).toList();
    }

    /** Returns a value of any form, as JSON has it. */
    public Object json(String name) {
        return value(name, Object.class);
    }

    public int whole(String name) {
        return value(name, Integer.class);
    }

    public OptionalInt optionalWhole(String name) {
        return has(name) ? OptionalInt.of(whole(name)) : OptionalInt.empty();
    }

    public double number(String name) {
        return value(name, Double.class);
    }

    public OptionalDouble optionalNumber(String name) {
        return has(name) ? OptionalDouble.of(number(name)) : OptionalDouble.empty();
    }

    public boolean flag(String name) {
        return value(name, Boolean.class);
    }

    public Optional<Boolean> optionalFlag(String name) {
        return has(name) ? Optional.of(flag(name)) : Optional.empty();
    }
}
