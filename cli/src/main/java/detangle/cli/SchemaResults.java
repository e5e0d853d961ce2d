package detangle.cli;

import detangle.pipelines.AnnotatedText;
import detangle.pipelines.Entity;
import detangle.pipelines.schema.AttributeGroup;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityKind;
import detangle.pipelines.schema.FieldValue;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.ScoredLabel;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.ValueType;
import detangle.pipelines.task.AnswerForm;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ListOf;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.Column.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** Makes results of what a text holds by a schema. */
final class SchemaResults {
    private static final Column LABEL = Column.text("label");
    private static final Column CONFIDENCE = Column.score("confidence");
    private static final ObjectOf SCORED = new ObjectOf(LABEL, CONFIDENCE);
    private static final ObjectOf CHOICE = new ObjectOf(Column.text("text"), CONFIDENCE);
    private static final ObjectOf MENTION = new ObjectOf(mention());

    private SchemaResults() {}

    private static List<Column> mention() {
        return List.of(Column.text("text"), CONFIDENCE, Column.whole("start"), Column.whole("end"));
    }

    /** Returns an answer's properties, by the schema: as GLiNER2 names them. */
    static List<Column> columns(Schema schema) {
        List<Column> columns = new ArrayList<>();
        schema.structures().forEach(s -> columns.add(Column.listOf(s.name(), fields(s))));
        schema.entities().ifPresent(e -> columns.add(new Column("entities", kinds(e))));
        for (ClassificationTask task : schema.classifications()) {
            columns.add(new Column(task.task(), task.multiLabel() ? new ListOf(SCORED) : SCORED));
        }
        if (!schema.relations().isEmpty()) {
            ObjectOf relation = new ObjectOf(new Column("head", MENTION), new Column("tail", MENTION));
            columns.add(new Column(
                    "relation_extraction",
                    new ObjectOf(schema.relations().stream()
                            .map(r -> Column.listOf(r.name(), relation))
                            .toList())));
        }
        return columns;
    }

    private static ObjectOf fields(Structure structure) {
        return new ObjectOf(structure.fields().stream()
                .map(field -> new Column(
                        field.name(),
                        of(
                                structure.valueType(field),
                                field.choices().isEmpty() || structure.mode().isPresent() ? MENTION : CHOICE)))
                .toList());
    }

    private static ObjectOf kinds(Entities entities) {
        List<Column> mention = new ArrayList<>(mention());
        for (AttributeGroup group : entities.attributes()) {
            mention.add(new Column(group.name(), group.multiLabel() ? new ListOf(SCORED) : SCORED));
        }
        ObjectOf entity = new ObjectOf(mention);
        return new ObjectOf(entities.kinds().stream()
                .map(kind -> new Column(kind.name(), of(kind.type(), entity)))
                .toList());
    }

    private static Type of(ValueType type, Type one) {
        return switch (type) {
            case ONE -> one;
            case LIST -> new ListOf(one);
        };
    }

    /** A row of a table is one value: which part of the schema, and which instance and field of it, it is of. */
    static List<String> names() {
        return List.of("part", "name", "instance", "field", "value", "score", "start", "end");
    }

    static Result of(int index, String text, Schema schema, SchemaAnswer answer, AnswerForm form) {
        SequencedMap<String, Object> json = new SchemaJson(
                        Optional.of(Result::rounded), Optional.of(i -> form.place(text, i)))
                .write(schema, answer);
        SequencedMap<String, Object> typed = Result.object();
        // A structure that the model does not expect is an object in GLiNER2's JSON, or is not there; it is a list in a
        // table.
        schema.structures().forEach(structure -> typed.put(structure.name(), List.of()));
        json.forEach((name, value) ->
                typed.put(name, answer.structures().containsKey(name) && value instanceof Map ? List.of() : value));
        if (answer.everyEntity()) {
            typed.replace("entities", oneEach(schema, json));
        }
        Table table = new Table(text, answer, form);
        return new Result(
                        index,
                        json,
                        typed,
                        table.records(),
                        table.words().isEmpty() ? "-" : String.join(", ", table.words()))
                .withMarked(AnnotatedText.of(text, table.spans()));
    }

    /** A kind that has one value has its first one in a table. */
    private static Object oneEach(Schema schema, SequencedMap<String, Object> json) {
        SequencedMap<String, Object> byKind = Result.object();
        if (json.get("entities") instanceof Map<?, ?> found) {
            for (EntityKind kind : schema.entities().orElseThrow().kinds()) {
                Object value = found.get(kind.name());
                boolean isOne = kind.type() == ValueType.ONE && value instanceof List;
                byKind.put(
                        kind.name(),
                        isOne ? ((List<?>) value).stream().findFirst().orElse(null) : value);
            }
        }
        return byKind;
    }

    /** An answer value by value. */
    private static final class Table {
        private final String text;
        private final AnswerForm form;
        private final List<Entity> spans = new ArrayList<>();
        private final List<List<Object>> records = new ArrayList<>();
        private final List<String> words = new ArrayList<>();

        Table(String text, SchemaAnswer answer, AnswerForm form) {
            this.text = text;
            this.form = form;
            answer.entities()
                    .forEach((kind, found) -> found.forEach(e -> {
                        add("entity", kind, "", "", e.mention());
                        words.add(e.mention().text() + ": "
                                + Result.scored(kind, e.mention().confidence()));
                    }));
            answer.classifications()
                    .forEach((task, labels) -> labels.forEach(label -> {
                        add("class", task, "", "", label);
                        words.add(task + ": " + Result.scored(label.label(), label.confidence()));
                    }));
            answer.relations().forEach((name, found) -> {
                for (int i = 0; i < found.size(); i++) {
                    Mention head = found.get(i).head();
                    Mention tail = found.get(i).tail();
                    add("relation", name, i + 1, "head", head);
                    add("relation", name, i + 1, "tail", tail);
                    words.add(head.text() + " -> " + tail.text() + ": "
                            + Result.scored(name, Math.min(head.confidence(), tail.confidence())));
                }
            });
            answer.structures().forEach((name, instances) -> {
                for (int i = 0; i < instances.found().size(); i++) {
                    instance(name, i + 1, instances.found().get(i));
                }
            });
        }

        private void instance(String name, int number, SequencedMap<String, FieldValue> fields) {
            List<String> values = new ArrayList<>();
            fields.forEach((field, value) -> {
                switch (value) {
                    case FieldValue.Mentions(List<Mention> mentions) ->
                        mentions.forEach(mention -> {
                            add("structure", name, number, field, mention);
                            values.add(field + "=" + Result.scored(mention.text(), mention.confidence()));
                        });
                    case FieldValue.Choices(List<ScoredLabel> choices) ->
                        choices.forEach(choice -> {
                            add("structure", name, number, field, choice);
                            values.add(field + "=" + Result.scored(choice.label(), choice.confidence()));
                        });
                }
            });
            words.add(name + " {" + String.join(", ", values) + "}");
        }

        private void add(String part, String name, Object instance, String field, Mention mention) {
            records.add(List.of(
                    part,
                    name,
                    instance,
                    field,
                    mention.text(),
                    Result.rounded(mention.confidence()),
                    form.place(text, mention.start()),
                    form.place(text, mention.end())));
            spans.add(new Entity(
                    field.isEmpty() ? name : name + "." + field,
                    mention.confidence(),
                    mention.text(),
                    mention.start(),
                    mention.end()));
        }

        private void add(String part, String name, Object instance, String field, ScoredLabel label) {
            records.add(
                    List.of(part, name, instance, field, label.label(), Result.rounded(label.confidence()), "", ""));
        }

        /** Returns all parts of the text, with the names of fields behind those of structures and relations. */
        List<Entity> spans() {
            return spans;
        }

        List<List<Object>> records() {
            return records;
        }

        List<String> words() {
            return words;
        }
    }
}
