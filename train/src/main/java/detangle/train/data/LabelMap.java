package detangle.train.data;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** The labels of classes by their number. */
public final class LabelMap {
    private static final int NAMES_LISTED = 10;

    private final List<String> names;
    private final Map<String, Integer> indices = new HashMap<>();
    private final boolean numbered;

    private LabelMap(List<String> names) {
        this.names = List.copyOf(names);
        names.forEach(name -> indices.put(name, indices.size()));
        this.numbered = names.stream().anyMatch(LabelMap::isWhole);
    }

    /** Makes a map of labels that are given in the order of their classes. */
    public static LabelMap of(List<String> names) {
        return new LabelMap(names);
    }

    /**
     * Makes a map of all labels that rows have. If they are the labels of the model, they have its order, so that its
     * head keeps their meaning. Otherwise they are sorted: whole numbers by size, others by their characters, as
     * HuggingFace's example scripts do.
     *
     * @param ofModel the labels that the model has, in the order of its classes; empty if it has none
     */
    static LabelMap ofData(Collection<?> values, List<String> ofModel) {
        Set<String> distinct = new LinkedHashSet<>();
        values.forEach(value -> distinct.add(name(value)));
        if (ofModel.size() == distinct.size() && distinct.equals(Set.copyOf(ofModel))) {
            return new LabelMap(ofModel);
        }
        boolean whole = distinct.stream().allMatch(LabelMap::isWhole);
        return new LabelMap(distinct.stream()
                .sorted(whole ? Comparator.comparing(BigDecimal::new) : Comparator.naturalOrder())
                .toList());
    }

    static boolean isWhole(String text) {
        return text.matches("-?\\d{1,18}");
    }

    /** Returns a label as text: whole numbers without a point, truth values as JSON writes them. */
    static String name(Object value) {
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            return number == Math.rint(number) ? Long.toString((long) number) : value.toString();
        }
        return value.toString();
    }

    /** Returns the labels in the order of their classes. */
    public List<String> names() {
        return names;
    }

    public int size() {
        return names.size();
    }

    /**
     * Returns the class of a label, which is given by its name, or by its number if no name is a number.
     *
     * @param where the place of the label, for the message
     */
    int index(Object value, String where) {
        String name = name(value);
        Integer index = indices.get(name);
        if (index != null) {
            return index;
        }
        OptionalInt number = isWhole(name) ? small(Long.parseLong(name)) : OptionalInt.empty();
        return number.orElseThrow(() -> new DataException(where
                + (name.isBlank() ? " has an empty label" : " has the label '" + name + "', which is not")
                + (name.isBlank() ? "; labels are " : " among the " + size() + ": ")
                + listed()));
    }

    private OptionalInt small(long number) {
        return !numbered && number >= 0 && number < size() ? OptionalInt.of((int) number) : OptionalInt.empty();
    }

    private String listed() {
        return names.stream().limit(NAMES_LISTED).collect(Collectors.joining(", "))
                + (size() > NAMES_LISTED ? ", ..." : "");
    }
}
