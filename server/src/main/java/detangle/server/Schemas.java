package detangle.server;

import detangle.pipelines.task.Column;
import detangle.pipelines.task.Field;
import detangle.pipelines.task.TextTask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;

/** Schemas of the requests and answers of tasks, in OpenAPI's form. */
final class Schemas {
    private static final String INPUTS = "inputs";
    private static final String PARAMETERS = "parameters";

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

    /** Returns the schema of an object. Properties are required unless a question mark stands behind their names. */
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

    /**
     * Returns the schema of an object with these properties and no others; names without a question mark behind them
     * are required.
     */
    static SequencedMap<String, Object> closed(Object... namesAndSchemas) {
        SequencedMap<String, Object> object = object(namesAndSchemas);
        object.put("additionalProperties", false);
        return object;
    }

    private static SequencedMap<String, Object> object(Map<String, Object> properties, List<String> required) {
        SequencedMap<String, Object> object = Json.of("type", "object", "properties", properties);
        if (!required.isEmpty()) {
            object.put("required", required);
        }
        return object;
    }

    /** Returns the schema of an object with these fields and no others. */
    static SequencedMap<String, Object> of(List<Field> fields) {
        SequencedMap<String, Object> properties = new LinkedHashMap<>();
        fields.forEach(field -> properties.put(field.name(), of(field)));
        SequencedMap<String, Object> object = object(properties, required(fields));
        object.put("additionalProperties", false);
        return object;
    }

    private static SequencedMap<String, Object> of(Field field) {
        SequencedMap<String, Object> schema = switch (field.type()) {
            case Field.Text text -> of("string");
            case Field.Texts texts -> listOf(of("string"));
            case Field.Groups groups -> Json.of("anyOf", List.of(listOf(of("string")), of("object")));
            case Field.Whole(int minimum) -> Json.of("type", "integer", "minimum", minimum);
            case Field.Number(double minimum, double maximum) ->
                Json.of("type", "number", "minimum", minimum, "maximum", maximum);
            case Field.Flag flag -> of("boolean");
            case Field.Word(List<String> words) -> Json.of("type", "string", "enum", words);
            case Field.Objects(List<Field> fields) -> listOf(of(fields));
            case Field.Json json -> Json.of("anyOf", List.of(of("object"), listOf(Map.of())));
        };
        schema.put("description", field.description());
        field.standard().ifPresent(standard -> schema.put("default", standard));
        return schema;
    }

    /** Returns the schema of a column's values. Objects leave absent values out. */
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

    /**
     * Returns the schema of a request of a task in HuggingFace's form. Inputs and options may also stand beside {@code
     * inputs} and {@code parameters}.
     */
    static SequencedMap<String, Object> request(TextTask<?> task) {
        SequencedMap<String, Object> request = nested(task);
        SequencedMap<String, Object> properties = new LinkedHashMap<>();
        properties.put(INPUTS, inputs(task));
        SequencedMap<String, Object> parameters = of(task.options());
        parameters.remove("required");
        properties.put(PARAMETERS, parameters);
        properties.put("options", closed("wait_for_model?", of("boolean"), "use_cache?", of("boolean")));
        Stream.concat(task.inputs().stream(), task.options().stream())
                .forEach(field -> properties.put(field.name(), of(field)));
        request.put("properties", properties);
        request.remove("required");
        List<String> inputs = required(task.inputs());
        List<String> options = required(task.options());
        List<Object> forms = new ArrayList<>();
        for (List<String> row : List.of(List.of(INPUTS), inputs)) {
            forms.add(Json.of("required", joined(row, options)));
            if (!options.isEmpty()) {
                SequencedMap<String, Object> form = Json.of("required", joined(row, List.of(PARAMETERS)));
                form.put("properties", Json.of(PARAMETERS, Json.of("required", options)));
                forms.add(form);
            }
        }
        request.put("anyOf", forms);
        return request;
    }

    /**
     * Returns the schema of a request of a task whose inputs and options may stand only in {@code inputs} and {@code
     * parameters}.
     */
    static SequencedMap<String, Object> nested(TextTask<?> task) {
        SequencedMap<String, Object> request = Json.of("type", "object", "title", task.name());
        request.put("description", task.description());
        boolean needsOptions = !required(task.options()).isEmpty();
        request.put("properties", Json.of(INPUTS, inputs(task), PARAMETERS, of(task.options())));
        request.put("required", needsOptions ? List.of(INPUTS, PARAMETERS) : List.of(INPUTS));
        request.put("additionalProperties", false);
        return request;
    }

    /** Returns the schema of one input or a list of them. An input that is a single text may be that text itself. */
    private static SequencedMap<String, Object> inputs(TextTask<?> task) {
        SequencedMap<String, Object> row = of(task.inputs());
        SequencedMap<String, Object> input = task.soleText().isPresent() ? oneOf(of("string"), row) : row;
        return oneOf(input, listOf(input));
    }

    private static List<String> required(List<Field> fields) {
        return fields.stream().filter(Field::required).map(Field::name).toList();
    }

    private static List<String> joined(List<String> some, List<String> others) {
        return Stream.concat(some.stream(), others.stream()).toList();
    }

    /** Returns the schema of an answer in HuggingFace's form, to one input or to a list of them. */
    static SequencedMap<String, Object> answer(TextTask<?> task) {
        List<Object> rows = new ArrayList<>();
        rows.add(of(task.answer()));
        task.otherAnswers().forEach(other -> rows.add(of(other)));
        Object row = rows.size() == 1 ? rows.getFirst() : Json.of("anyOf", rows);
        SequencedMap<String, Object> answer =
                task.answersInLists() ? listOf(row) : Json.of("anyOf", List.of(row, listOf(row)));
        answer.put("title", task.name());
        return answer;
    }
}
