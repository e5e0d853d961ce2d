package detangle.cli;

import java.util.Collection;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** About how much a row holds, so that what is read ahead stays small where rows are large. */
final class RowSize {
    /** The size of a value beside its characters, and of a number. */
    private static final int VALUE_BYTES = 32;

    private RowSize() {}

    /** Returns the size of a row in characters. */
    static long of(SourceRow row) {
        return of(row.columns());
    }

    private static long of(Object value) {
        long inside = switch (value) {
            case String text -> text.length();
            case byte[] bytes -> bytes.length;
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .mapToLong(entry -> of(entry.getKey()) + of(entry.getValue()))
                        .sum();
            case Collection<?> values -> values.stream().mapToLong(RowSize::of).sum();
            case JsonNode text when text.isString() -> text.stringValue().length();
            case JsonNode object
            when object.isObject() ->
                object.properties().stream()
                        .mapToLong(p -> of(p.getKey()) + of(p.getValue()))
                        .sum();
            case JsonNode node -> node.values().stream().mapToLong(RowSize::of).sum();
            case null, default -> 0;
        };
        return inside + VALUE_BYTES;
    }
}
