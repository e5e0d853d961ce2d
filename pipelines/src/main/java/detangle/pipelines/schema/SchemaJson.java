package detangle.pipelines.schema;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.function.IntUnaryOperator;

/**
 * Writes answers as GLiNER2 does ({@code format_results}, gliner2/inference/runtime.py:900-1060), in maps, lists, texts
 * and numbers: {@code {"entities": {"person": [...]}, "topic": ..., "relation_extraction": {...}}}.
 *
 * @param confidence writes a probability; no probabilities are written if empty
 * @param offset writes an index in the text; no offsets are written if empty
 */
public record SchemaJson(Optional<DoubleFunction<Number>> confidence, Optional<IntUnaryOperator> offset) {
    /** Makes the JSON with probabilities and offsets in code points, as Python counts. */
    public static SchemaJson of(String text) {
        return new SchemaJson(Optional.of(Double::valueOf), Optional.of(i -> text.codePointCount(0, i)));
    }

    /** Returns an answer to a schema as one object. */
    public SequencedMap<String, Object> write(Schema schema, SchemaAnswer answer) {
        SequencedMap<String, Object> object = new LinkedHashMap<>();
        for (Structure structure : schema.structures()) {
            Instances found = answer.structures().get(structure.name());
            if (found != null) {
                object.put(structure.name(), instances(structure, found));
            }
        }
        schema.entities().ifPresent(asked -> object.put(Schema.ENTITIES, entities(asked, answer)));
        for (ClassificationTask task : schema.classifications()) {
            List<Object> labels = new ArrayList<>();
            answer.classifications().get(task.task()).forEach(label -> labels.add(scored("label", label)));
            object.put(task.task(), task.multiLabel() ? labels : labels.getFirst());
        }
        if (!schema.relations().isEmpty()) {
            SequencedMap<String, Object> relations = new LinkedHashMap<>();
            schema.relations().forEach(r -> relations.put(r.name(), relations(answer, r)));
            object.put(Schema.RELATIONS, relations);
        }
        return object;
    }

    private Object entities(Entities asked, SchemaAnswer answer) {
        SequencedMap<String, Object> byKind = new LinkedHashMap<>();
        for (EntityKind kind : asked.kinds()) {
            List<EntityMention> found = answer.entities().get(kind.name());
            if (found != null) {
                List<Object> values = distinctMentions(
                        found.stream().map(e -> entity(e, asked.attributes())).toList(),
                        found.stream().map(EntityMention::mention).toList());
                byKind.put(kind.name(), of(answer.everyEntity() ? ValueType.LIST : kind.type(), values));
            }
        }
        return byKind;
    }

    private Object entity(EntityMention entity, List<AttributeGroup> groups) {
        if (groups.isEmpty()) {
            return mention(entity.mention());
        }
        SequencedMap<String, Object> object = object(entity.mention());
        for (AttributeGroup group : groups) {
            List<ScoredLabel> labels = entity.attributes().get(group.name());
            if (labels != null) {
                List<Object> all = labels.stream().map(this::attribute).toList();
                object.put(group.name(), group.multiLabel() ? all : all.getFirst());
            }
        }
        return object;
    }

    /** Returns an attribute, which always has its probability. */
    private Object attribute(ScoredLabel label) {
        return withConfidence("label", label.label(), confidence.orElse(Double::valueOf), label.confidence());
    }

    private Object relations(SchemaAnswer answer, RelationKind relation) {
        List<Object> all = new ArrayList<>();
        for (RelationMention found : answer.relations().get(relation.name())) {
            if (confidence.isEmpty() && offset.isEmpty()) {
                all.add(List.of(found.head().text(), found.tail().text()));
            } else {
                SequencedMap<String, Object> object = new LinkedHashMap<>();
                object.put("head", object(found.head()));
                object.put("tail", object(found.tail()));
                all.add(object);
            }
        }
        return all;
    }

    private Object instances(Structure structure, Instances instances) {
        if (!instances.predicted()) {
            return new LinkedHashMap<>();
        }
        List<Object> all = new ArrayList<>();
        for (SequencedMap<String, FieldValue> instance : instances.found()) {
            SequencedMap<String, Object> object = new LinkedHashMap<>();
            for (StructureField field : structure.fields()) {
                object.put(field.name(), of(structure.valueType(field), values(instance.get(field.name()))));
            }
            all.add(object);
        }
        return all;
    }

    private List<Object> values(FieldValue value) {
        return switch (value) {
            case FieldValue.Mentions(List<Mention> mentions) ->
                distinctMentions(mentions.stream().map(this::mention).toList(), mentions);
            case FieldValue.Choices(List<ScoredLabel> choices) ->
                distinct(
                        choices.stream().map(choice -> scored("text", choice)).toList(),
                        choices.stream().map(ScoredLabel::label).toList());
        };
    }

    /** Returns the values; without offsets, parts with the same letters are one. */
    private List<Object> distinctMentions(List<Object> values, List<Mention> mentions) {
        return offset.isPresent()
                ? values
                : distinct(values, mentions.stream().map(Mention::text).toList());
    }

    /** Returns the first of the values whose texts have the same letters. */
    private static List<Object> distinct(List<Object> values, List<String> texts) {
        Set<String> known = new HashSet<>();
        List<Object> kept = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            if (known.add(texts.get(i).toLowerCase(Locale.ROOT))) {
                kept.add(values.get(i));
            }
        }
        return kept;
    }

    private static Object of(ValueType type, List<Object> values) {
        return switch (type) {
            case LIST -> values;
            case ONE -> values.isEmpty() ? null : values.getFirst();
        };
    }

    private Object mention(Mention mention) {
        return confidence.isEmpty() && offset.isEmpty() ? mention.text() : object(mention);
    }

    private SequencedMap<String, Object> object(Mention mention) {
        SequencedMap<String, Object> object = new LinkedHashMap<>();
        object.put("text", mention.text());
        confidence.ifPresent(c -> object.put("confidence", c.apply(mention.confidence())));
        offset.ifPresent(o -> {
            object.put("start", o.applyAsInt(mention.start()));
            object.put("end", o.applyAsInt(mention.end()));
        });
        return object;
    }

    private Object scored(String what, ScoredLabel label) {
        return confidence
                .<Object>map(c -> withConfidence(what, label.label(), c, label.confidence()))
                .orElse(label.label());
    }

    private static SequencedMap<String, Object> withConfidence(
            String what, String label, DoubleFunction<Number> written, double confidence) {
        SequencedMap<String, Object> object = new LinkedHashMap<>();
        object.put(what, label);
        object.put("confidence", written.apply(confidence));
        return object;
    }
}
