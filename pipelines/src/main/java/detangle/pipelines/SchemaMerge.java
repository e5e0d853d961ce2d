package detangle.pipelines;

import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.EntityKind;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.FieldValue;
import detangle.pipelines.schema.Instances;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.RelationMention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.ScoredLabel;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.ValueType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/** Merges the answers to the windows of a text, with offsets in the given text (gliner2/inference/chunking.py). */
record SchemaMerge(Schema schema, String text) {
    /** Returns the answer to a text, merged from those to its pieces. */
    SchemaAnswer of(List<SchemaPiece> pieces, List<SchemaAnswer> answers) {
        if (!pieces.getFirst().isWindow()) {
            return moved(answers.getFirst(), this::clamped);
        }
        return moved(merged(inText(pieces, answers)), this::clamped);
    }

    /** Returns all entities of all pieces, whether two of a kind overlap or not. */
    List<Entity> candidates(List<SchemaPiece> pieces, List<SchemaAnswer> answers) {
        List<SchemaAnswer> all = pieces.getFirst().isWindow() ? inText(pieces, answers) : answers;
        return all.stream()
                .flatMap(answer -> moved(answer, this::clamped).entitiesInOrder().stream())
                .toList();
    }

    private List<SchemaAnswer> inText(List<SchemaPiece> pieces, List<SchemaAnswer> answers) {
        List<SchemaAnswer> moved = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            int offset = pieces.get(i).offset();
            moved.add(moved(answers.get(i), mention -> shifted(mention, offset)));
        }
        return moved;
    }

    /**
     * Returns a mention moved by an offset. In a window, the added full stop may stand for the next character of the
     * text.
     */
    private Mention shifted(Mention mention, int offset) {
        int start = mention.start() + offset;
        int end = mention.end() + offset;
        String own = end <= text.length() ? text.substring(start, end) : mention.text();
        return new Mention(own, mention.confidence(), start, end);
    }

    /** Returns a mention without the added full stop, which is not in the given text. */
    private Mention clamped(Mention mention) {
        return new Mention(
                mention.text(),
                mention.confidence(),
                Math.min(mention.start(), text.length()),
                Math.min(mention.end(), text.length()));
    }

    private static SchemaAnswer moved(SchemaAnswer answer, UnaryOperator<Mention> move) {
        SequencedMap<String, Instances> structures = new LinkedHashMap<>();
        answer.structures().forEach((name, instances) -> {
            List<SequencedMap<String, FieldValue>> all = new ArrayList<>();
            for (SequencedMap<String, FieldValue> instance : instances.found()) {
                SequencedMap<String, FieldValue> fields = new LinkedHashMap<>();
                instance.forEach((field, value) -> fields.put(field, moved(value, move)));
                all.add(fields);
            }
            structures.put(name, new Instances(instances.predicted(), all));
        });
        SequencedMap<String, List<EntityMention>> entities = new LinkedHashMap<>();
        answer.entities()
                .forEach((kind, found) -> entities.put(
                        kind,
                        found.stream()
                                .map(e -> new EntityMention(move.apply(e.mention()), e.attributes()))
                                .toList()));
        SequencedMap<String, List<RelationMention>> relations = new LinkedHashMap<>();
        answer.relations()
                .forEach((name, found) -> relations.put(
                        name,
                        found.stream()
                                .map(r -> new RelationMention(move.apply(r.head()), move.apply(r.tail())))
                                .toList()));
        return new SchemaAnswer(structures, entities, answer.everyEntity(), relations, answer.classifications());
    }

    private static FieldValue moved(FieldValue value, UnaryOperator<Mention> move) {
        return switch (value) {
            case FieldValue.Mentions(List<Mention> values) ->
                new FieldValue.Mentions(values.stream().map(move).toList());
            case FieldValue.Choices choices -> choices;
        };
    }

    private SchemaAnswer merged(List<SchemaAnswer> answers) {
        SequencedMap<String, Instances> structures = new LinkedHashMap<>();
        for (Structure structure : schema.structures()) {
            List<Instances> all = answers.stream()
                    .map(a -> a.structures().get(structure.name()))
                    .filter(Objects::nonNull)
                    .toList();
            if (all.isEmpty()) {
                continue;
            }
            List<SequencedMap<String, FieldValue>> found = all.stream()
                    .map(Instances::found)
                    .flatMap(Collection::stream)
                    .toList();
            // If nothing is found, the first window says whether anything was expected.
            structures.put(
                    structure.name(),
                    new Instances(
                            !found.isEmpty() || all.getFirst().predicted(),
                            once(found, SchemaMerge::place, SchemaMerge::surest)));
        }
        SequencedMap<String, List<RelationMention>> relations = new LinkedHashMap<>();
        for (RelationKind relation : schema.relations()) {
            relations.put(
                    relation.name(),
                    once(
                            all(answers, a -> a.relations().get(relation.name())),
                            r -> List.of(place(r.head()), place(r.tail())),
                            r -> Math.max(r.head().confidence(), r.tail().confidence())));
        }
        return new SchemaAnswer(structures, entities(answers), false, relations, classifications(answers));
    }

    private static <T> List<T> all(List<SchemaAnswer> answers, Function<SchemaAnswer, List<T>> part) {
        return answers.stream().map(part).flatMap(Collection::stream).toList();
    }

    private SequencedMap<String, List<EntityMention>> entities(List<SchemaAnswer> answers) {
        SequencedMap<String, List<EntityMention>> merged = new LinkedHashMap<>();
        for (EntityKind kind : schema.entities().map(e -> e.kinds()).orElse(List.of())) {
            if (answers.stream().anyMatch(a -> a.entities().containsKey(kind.name()))) {
                List<EntityMention> found = apart(all(answers, a -> a.entities().getOrDefault(kind.name(), List.of())));
                merged.put(
                        kind.name(),
                        kind.type() == ValueType.ONE ? found.stream().limit(1).toList() : found);
            }
        }
        return merged;
    }

    /**
     * Returns mentions in the order of the text, without those that have characters in common with a more probable one.
     */
    private static List<EntityMention> apart(List<EntityMention> found) {
        List<EntityMention> kept = new ArrayList<>();
        found.stream()
                .sorted(Comparator.comparingDouble(
                        (EntityMention e) -> -e.mention().confidence()))
                .filter(e -> kept.stream().noneMatch(k -> k.mention().overlaps(e.mention())))
                .forEach(kept::add);
        kept.sort(Comparator.comparingInt((EntityMention e) -> e.mention().start())
                .thenComparingInt(e -> e.mention().end()));
        return kept;
    }

    private SequencedMap<String, List<ScoredLabel>> classifications(List<SchemaAnswer> answers) {
        SequencedMap<String, List<ScoredLabel>> merged = new LinkedHashMap<>();
        for (ClassificationTask task : schema.classifications()) {
            List<ScoredLabel> all = all(answers, a -> a.classifications().get(task.task()));
            merged.put(
                    task.task(),
                    task.multiLabel()
                            ? once(all, ScoredLabel::label, ScoredLabel::confidence)
                            : List.of(all.stream()
                                    .reduce((a, b) -> b.confidence() > a.confidence() ? b : a)
                                    .orElseThrow()));
        }
        return merged;
    }

    /** Returns each value once, at the place where it is found first, with its greatest confidence. */
    private static <T> List<T> once(List<T> all, Function<T, Object> key, ToDoubleFunction<T> confidence) {
        Map<Object, T> known = new LinkedHashMap<>();
        for (T value : all) {
            known.merge(
                    key.apply(value),
                    value,
                    (a, b) -> confidence.applyAsDouble(b) > confidence.applyAsDouble(a) ? b : a);
        }
        return List.copyOf(known.values());
    }

    private static Object place(Mention mention) {
        return List.of(mention.text(), mention.start(), mention.end());
    }

    private static Object place(SequencedMap<String, FieldValue> instance) {
        List<Object> key = new ArrayList<>();
        instance.forEach((field, value) -> key.add(List.of(
                field,
                switch (value) {
                    case FieldValue.Mentions(List<Mention> values) ->
                        values.stream().map(SchemaMerge::place).toList();
                    case FieldValue.Choices(List<ScoredLabel> values) ->
                        values.stream().map(ScoredLabel::label).toList();
                })));
        return key;
    }

    private static double surest(SequencedMap<String, FieldValue> instance) {
        return instance.values().stream()
                .flatMapToDouble(value -> switch (value) {
                    case FieldValue.Mentions(List<Mention> values) ->
                        values.stream().mapToDouble(Mention::confidence);
                    case FieldValue.Choices(List<ScoredLabel> values) ->
                        values.stream().mapToDouble(ScoredLabel::confidence);
                })
                .max()
                .orElse(0);
    }
}
