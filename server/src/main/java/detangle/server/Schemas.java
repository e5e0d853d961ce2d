package detangle.server;

import detangle.pipelines.task.Column;
import detangle.pipelines.task.Field;
import detangle.pipelines.task.TextTask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Schemas of JSON in OpenAPI's words, of what tasks are asked and answer. */
final class Schemas {
    private Schemas() {}

    static SequencedMap<String, Object> of(String type) {
        return Json.of("type", type);
    }

    static SequencedMap<String, Object> listOf(Object schema) {
        return Json.of("type", "array", "items", schema);
    }

    static SequencedMap<String, Object> oneOf(Object... schemas) {
        return Json.of("oneOf", List.of(schemas));
    }

    static SequencedMap<String, Object> reference(String schema) {
        return Json.of("$ref", "#/components/schemas/" + schema);
    }

    /** An object, whose properties without a question mark behind their names are required. */
    static SequencedMap<String, Object> object(Object... namesAndSchemas) {
        SequencedMap<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        Json.of(namesAndSchemas).forEach((name, schema) -> {
            boolean optional = name.endsWith("?");
            String own = optional ? name.substring(0, name.length() - 1) : name;
            properties.put(own, schema);
            if (!optional) {
                required.add(own);
            }
        });
        return object(properties, required);
    }

    private static SequencedMap<String, Object> object(Map<String, Object> properties, List<String> required) {
        SequencedMap<String, Object> object = Json.of("type", "object", "properties", properties);
        if (!required.isEmpty()) {
            object.put("required", required);
        }
        return object;
    }

    /** An object of fields, and no others. */
    static SequencedMap<String, Object> of(List<Field> fields) {
        SequencedMap<String, Object> properties = new LinkedHashMap<>();
        fields.forEach(field -> properties.put(field.name(), of(field)));
        SequencedMap<String, Object> object = object(
                properties,
                fields.stream().filter(Field::required).map(Field::name).toList());
        object.put("additionalProperties", false);
        return object;
    }

    private static SequencedMap<String, Object> of(Field field) {
        SequencedMap<String, Object> schema = switch (field.type()) {
            case Field.Text text -> of("string");
            case Field.Texts texts -> listOf(of("string"));
            case Field.Whole(int least) -> Json.of("type", "integer", "minimum", least);
            case Field.Number(double least, double most) ->
                Json.of("type", "number", "minimum", least, "maximum", most);
            case Field.Flag flag -> of("boolean");
            case Field.Word(List<String> words) -> Json.of("type", "string", "enum", words);
        };
        schema.put("description", field.description());
        field.standard().ifPresent(standard -> schema.put("default", standard));
        return schema;
    }

    /** What a column holds. Values that there may not be are left out of objects. */
    static SequencedMap<String, Object> of(Column.Type type) {
        return switch (type) {
            case Column.Scalar scalar ->
                switch (scalar) {
                    case TEXT -> of("string");
                    case WHOLE -> of("integer");
                    case TRUTH -> of("boolean");
                    case DOUBLE, FLOAT -> of("number");
                };
            case Column.ListOf(Column.Type element) -> listOf(of(element));
            case Column.ObjectOf(List<Column> columns) -> {
                SequencedMap<String, Object> properties = new LinkedHashMap<>();
                columns.forEach(column -> properties.put(column.name(), of(column.type())));
                yield object(properties, List.of());
            }
        };
    }

    /** A request of a task in HuggingFace's form. */
    static SequencedMap<String, Object> request(TextTask<?> task) {
        SequencedMap<String, Object> row = of(task.inputs());
        List<Object> one = task.soleText().isPresent() ? List.of(of("string"), row) : List.of(row);
        SequencedMap<String, Object> input = one.size() == 1 ? row : Json.of("oneOf", one);
        SequencedMap<String, Object> request = Json.of("type", "object", "title", task.name());
        request.put("description", task.description());
        boolean needsOptions = task.options().stream().anyMatch(Field::required);
        request.put("properties", Json.of("inputs", oneOf(input, listOf(input)), "parameters", of(task.options())));
        request.put("required", needsOptions ? List.of("inputs", "parameters") : List.of("inputs"));
        return request;
    }

    /** An answer in HuggingFace's form: to one input, or to a list of them. */
    static SequencedMap<String, Object> answer(TextTask<?> task) {
        SequencedMap<String, Object> row = of(task.answer());
        SequencedMap<String, Object> answer =
                task.answersInLists() ? listOf(row) : Json.of("anyOf", List.of(row, listOf(row)));
        answer.put("title", task.name());
        return answer;
    }
}
