package detangle.pipelines;

import detangle.pipelines.schema.AttributeGroup;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityKind;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.StructureField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * The prompt of a schema (gliner2/processor.py:809-1120), the same for each text: a group of
 * tokens for each part, {@code ( [P] name ( [E] label [E] label ) )}, and words that stand before a text for the
 * choices of fields.
 *
 * @param ids tokens of all groups, up to and with the one that stands before the text
 * @param groups where the states of each part stand
 * @param choices words before the text
 */
record SchemaPrompt(int[] ids, List<Group> groups, List<String> choices) {
    static final String TEXT = "[SEP_TEXT]";
    static final String NEXT = "[SEP_STRUCT]";
    static final String PART = "[P]";
    static final String DESCRIPTION = "[DESCRIPTION]";
    static final String EXAMPLE = "[EXAMPLE]";
    static final String OUTPUT = "[OUTPUT]";

    /** The tokens that GLiNER2 adds to a tokenizer. */
    static final List<String> SPECIAL =
            List.of(NEXT, TEXT, PART, "[C]", "[E]", "[R]", "[L]", EXAMPLE, OUTPUT, DESCRIPTION);

    /**
     * A part in the prompt.
     *
     * @param mark the token whose state stands for the part
     * @param fields what is asked for in it
     * @param marks the tokens whose states stand for the fields
     */
    record Group(Schema.Part part, int mark, List<String> fields, int[] marks) {}

    /** @param tokens the tokens of a word, without special ones that the tokenizer adds */
    static SchemaPrompt of(Schema schema, Function<String, int[]> tokens) {
        PromptTokens ids = new PromptTokens();
        List<Group> groups = new ArrayList<>();
        for (Schema.Part part : schema.parts()) {
            if (!groups.isEmpty()) {
                ids.add(tokens.apply(NEXT));
            }
            ids.add(tokens.apply("("));
            int mark = ids.size();
            ids.add(tokens.apply(PART));
            ids.add(tokens.apply(name(part)));
            ids.add(tokens.apply("("));
            List<String> fields = fields(part);
            int[] marks = new int[fields.size()];
            for (int i = 0; i < marks.length; i++) {
                marks[i] = ids.size();
                ids.add(tokens.apply(mark(part)));
                ids.add(tokens.apply(fields.get(i)));
            }
            ids.add(tokens.apply(")"));
            ids.add(tokens.apply(")"));
            groups.add(new Group(part, mark, fields, marks));
        }
        ids.add(tokens.apply(TEXT));
        return new SchemaPrompt(ids.array(), groups, choices(schema));
    }

    private static String mark(Schema.Part part) {
        return switch (part) {
            case Structure s -> "[C]";
            case Entities e -> "[E]";
            case RelationKind r -> "[R]";
            case ClassificationTask c -> "[L]";
        };
    }

    private static List<String> fields(Schema.Part part) {
        return switch (part) {
            case Structure s -> s.fields().stream().map(StructureField::name).toList();
            case Entities e -> labels(e);
            case RelationKind r -> List.of("head", "tail");
            case ClassificationTask c ->
                c.labels().stream().map(ClassificationTask.Label::name).toList();
        };
    }

    /** Returns kinds of entities, then labels of attributes in the order of their code points. */
    private static List<String> labels(Entities entities) {
        List<String> labels =
                new ArrayList<>(entities.kinds().stream().map(EntityKind::name).toList());
        List<String> attributes = new ArrayList<>();
        for (AttributeGroup group : entities.attributes()) {
            group.labels().forEach(label -> attributes.add(group.prompt(label)));
        }
        attributes.sort(Comparator.comparing(s -> s.codePoints().toArray(), Arrays::compare));
        labels.addAll(attributes);
        return labels;
    }

    /** Returns the name of a part, with the descriptions of its fields. */
    private static String name(Schema.Part part) {
        StringBuilder name = new StringBuilder();
        switch (part) {
            case Structure s -> {
                name.append(s.name());
                s.fields().forEach(field -> field.description().ifPresent(d -> describe(name, field.name(), d)));
            }
            case Entities e -> {
                name.append("entities");
                e.kinds().forEach(kind -> kind.description().ifPresent(d -> describe(name, kind.name(), d)));
            }
            case RelationKind r -> name.append(r.name());
            case ClassificationTask c -> {
                name.append(c.task());
                c.prompt()
                        .filter(p -> !p.isEmpty())
                        .ifPresent(p -> name.append(": ").append(p));
                c.labels().forEach(label -> label.description().ifPresent(d -> describe(name, label.name(), d)));
                c.examples().stream()
                        .filter(e -> c.labels().stream()
                                .anyMatch(label -> label.name().equals(e.label())))
                        .forEach(e -> name.append(" " + EXAMPLE + " " + e.text() + " " + OUTPUT + " " + e.label()));
            }
        }
        return name.toString();
    }

    private static void describe(StringBuilder name, String label, String description) {
        name.append(" " + DESCRIPTION + " " + label + ": " + description);
    }

    /** Returns {@code ( structure: field ( a | b ) , field ( c ) )} for each structure that has choices. */
    private static List<String> choices(Schema schema) {
        List<String> words = new ArrayList<>();
        for (Structure structure : schema.structures()) {
            boolean first = true;
            for (StructureField field : structure.fields()) {
                if (!field.choices().isEmpty()) {
                    words.addAll(first ? List.of("(", structure.name() + ":") : List.of(","));
                    words.addAll(List.of(field.name(), "("));
                    words.add(field.choices().getFirst());
                    field.choices().stream().skip(1).forEach(choice -> words.addAll(List.of("|", choice)));
                    words.add(")");
                    first = false;
                }
            }
            if (!first) {
                words.add(")");
            }
        }
        return words;
    }
}
