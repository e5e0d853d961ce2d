package detangle.pipelines.schema;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A field as one text, as GLiNER2's {@code extract_json} takes it: {@code name::str::[a|b]::description}. All parts but
 * the name may be left out; with choices, a field has one value unless it is a list.
 */
final class FieldNotation {
    private FieldNotation() {}

    static StructureField read(String text) {
        String[] parts = text.split("::", -1);
        Optional<ValueType> type = Optional.empty();
        List<String> choices = List.of();
        Optional<String> description = Optional.empty();
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            if (part.equals(ValueType.ONE.text())) {
                type = Optional.of(ValueType.ONE);
            } else if (part.equals(ValueType.LIST.text())) {
                type = Optional.of(ValueType.LIST);
            } else if (part.startsWith("[") && part.endsWith("]")) {
                choices = Arrays.stream(part.substring(1, part.length() - 1).split("\\|"))
                        .map(String::strip)
                        .toList();
            } else {
                description = Optional.of(part).filter(d -> !d.isEmpty());
            }
        }
        ValueType otherwise = choices.isEmpty() ? ValueType.LIST : ValueType.ONE;
        return new StructureField(parts[0], type.orElse(otherwise), choices, description);
    }
}
