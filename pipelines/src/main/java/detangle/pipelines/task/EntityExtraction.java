package detangle.pipelines.task;

import detangle.models.text.WhiteSpace;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LongTexts;
import detangle.pipelines.Pipeline;
import detangle.pipelines.PipelineException;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.Redactor;
import detangle.pipelines.Relation;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/**
 * Finds entities of named kinds, and relations between them: {@code extract}, in the words of GLiNER's own code. A
 * GLiNER2 model also does this task, and {@link SchemaExtraction}.
 */
public final class EntityExtraction extends TextTask<Pipeline> {
    private static final ExtractionOptions STANDARD = ExtractionOptions.DEFAULT;
    private static final Field LABELS =
            Field.required("labels", "what is looked for, in words: person, credit card number", new Field.Texts());
    private static final Field RELATIONS = Field.optional(
            "relations",
            "relations between entities that are looked for, in words: works for, located in; some models find them, and"
                    + " the answer is then an object of entities and relations",
            new Field.Texts());
    private static final Field THRESHOLD = Field.optional(
            "threshold", "the least probability of an entity", new Field.Number(0, 1), STANDARD.threshold());
    private static final Field RELATION_THRESHOLD = Field.optional(
            "relation_threshold",
            "the least probability of a relation; that of entities by default",
            new Field.Number(0, 1));
    private static final Field ADJACENCY_THRESHOLD = Field.optional(
            "adjacency_threshold",
            "the least probability that two entities are related at all, which some models tell first; that of entities"
                    + " by default",
            new Field.Number(0, 1));
    private static final Field FLAT_NER = Field.optional(
            "flat_ner", "whether entities may not lie inside one another", new Field.Flag(), STANDARD.flatNer());
    private static final Field MULTI_LABEL = Field.optional(
            "multi_label", "whether a part of a text may have several labels", new Field.Flag(), STANDARD.multiLabel());
    private static final Field MERGE_ADJACENT = Field.optional(
            "merge_adjacent",
            "whether entities of one label that stand next to each other become one, as NuNER Zero wants it",
            new Field.Flag(),
            STANDARD.mergeAdjacent());
    private static final Field CLASS_PROBABILITIES = Field.optional(
            "return_class_probs",
            "whether each entity tells its most probable labels, at most five; models that score spans do so",
            new Field.Flag(),
            STANDARD.classProbabilities());
    private static final Field LONG_TEXTS = Field.optional(
            "long_texts",
            "whether long texts are read in windows, or cut as GLiNER's own code cuts them",
            Field.Word.of(LongTexts.class),
            STANDARD.longTexts().name().toLowerCase(Locale.ROOT));

    /** GLiNER's name of the most probable labels of an entity. */
    private static final String CLASSES = "class_probs";

    private static final Column ENTITIES = Column.listOf("entities", entity());
    private static final Column RELATED = Column.listOf("relations", relation());

    EntityExtraction() {}

    @Override
    public String name() {
        return "extract";
    }

    @Override
    public String description() {
        return "Entities of any kind that is named, and relations between them, by a GLiNER model. Long texts are read in"
                + " windows";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(
                LABELS,
                RELATIONS,
                THRESHOLD,
                RELATION_THRESHOLD,
                ADJACENCY_THRESHOLD,
                FLAT_NER,
                MULTI_LABEL,
                MERGE_ADJACENT,
                CLASS_PROBABILITIES,
                LONG_TEXTS,
                OFFSETS);
    }

    private static Column.ObjectOf entity() {
        return new Column.ObjectOf(
                Column.whole("start"),
                Column.whole("end"),
                Column.text("text"),
                Column.text("label"),
                Column.score("score"));
    }

    private static Column.Type relation() {
        Column.ObjectOf end = new Column.ObjectOf(
                Column.whole("start"),
                Column.whole("end"),
                Column.text("text"),
                Column.text("type"),
                Column.whole("entity_idx"));
        return new Column.ObjectOf(
                new Column("head", end), new Column("tail", end), Column.text("relation"), Column.score("score"));
    }

    /** Returns the columns of the answer to a text. */
    public static List<Column> columns(boolean relations) {
        return relations ? List.of(ENTITIES, RELATED) : List.of(ENTITIES);
    }

    /**
     * Returns what {@link #columns(boolean)} returns, with the most probable labels of each entity.
     *
     * @param labels the labels that are looked for
     */
    public static List<Column> columnsWithClasses(boolean relations, List<String> labels) {
        List<Column> ofEntity = new ArrayList<>(entity().columns());
        ofEntity.add(new Column(
                CLASSES, new Column.ObjectOf(labels.stream().map(Column::score).toList())));
        Column entities = Column.listOf(ENTITIES.name(), new Column.ObjectOf(ofEntity));
        return relations ? List.of(entities, RELATED) : List.of(entities);
    }

    @Override
    public Column.Type answer() {
        return ENTITIES.type();
    }

    @Override
    public List<Column.Type> otherAnswers() {
        return List.of(
                columnsWithClasses(false, List.of()).getFirst().type(),
                new Column.ObjectOf(columns(true)),
                new Column.ObjectOf(columnsWithClasses(true, List.of())));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.isGliner() || model.isGliner2();
    }

    @Override
    public Pipeline load(Path model, PipelineOptions options) {
        return new ModelFacts(model).isGliner2()
                ? SchemaExtractor.load(model, options)
                : EntityExtractor.load(model, options);
    }

    @Override
    public List<Loaded<?>> beside(Pipeline pipeline) {
        return pipeline instanceof SchemaExtractor extractor
                ? List.of(
                        new Loaded<>(new SchemaExtraction(), extractor),
                        new Loaded<>(new TextRedaction(), Redactor.of(extractor)))
                : List.of(new Loaded<>(new TextRedaction(), Redactor.of((EntityExtractor) pipeline)));
    }

    @Override
    public List<Object> answer(
            Pipeline pipeline, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        List<String> texts = texts(rows);
        boolean relations = !options.texts(RELATIONS.name()).isEmpty();
        List<Extraction> all = pipeline instanceof SchemaExtractor extractor
                ? bySchema(extractor, texts, options, progress)
                : ((EntityExtractor) pipeline).run(requests(texts, options), progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            SequencedMap<String, Object> answer = json(texts.get(i), all.get(i), relations, form.with(options));
            answers.add(relations ? answer : answer.get(ENTITIES.name()));
        }
        return answers;
    }

    private static List<ExtractionRequest> requests(List<String> texts, Fields options) {
        List<String> labels = options.texts(LABELS.name());
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to look for");
        }
        if (labels.stream().anyMatch(WhiteSpace::isBlank)) {
            throw new PipelineException("a label is empty");
        }
        ExtractionOptions asked = asked(options);
        boolean ofRelations = asked.relationThreshold().isPresent()
                || asked.adjacencyThreshold().isPresent();
        if (ofRelations && options.texts(RELATIONS.name()).isEmpty()) {
            throw new PipelineException(
                    RELATION_THRESHOLD.name() + " and " + ADJACENCY_THRESHOLD.name() + " go with " + RELATIONS.name());
        }
        return texts.stream()
                .map(text -> ExtractionRequest.of(text, labels, asked).withRelations(options.texts(RELATIONS.name())))
                .toList();
    }

    private static ExtractionOptions asked(Fields options) {
        ExtractionOptions asked = new ExtractionOptions(
                        options.number(THRESHOLD.name()),
                        options.flag(FLAT_NER.name()),
                        options.flag(MULTI_LABEL.name()))
                .withMergeAdjacent(options.flag(MERGE_ADJACENT.name()))
                .withClassProbabilities(options.flag(CLASS_PROBABILITIES.name()))
                .withLongTexts(LongTexts.valueOf(options.text(LONG_TEXTS.name()).toUpperCase(Locale.ROOT)));
        OptionalDouble relation = options.optionalNumber(RELATION_THRESHOLD.name());
        if (relation.isPresent()) {
            asked = asked.withRelationThreshold(relation.getAsDouble());
        }
        OptionalDouble adjacency = options.optionalNumber(ADJACENCY_THRESHOLD.name());
        return adjacency.isPresent() ? asked.withAdjacencyThreshold(adjacency.getAsDouble()) : asked;
    }

    /** Answers by a GLiNER2 model, which takes only these two options. */
    private static List<Extraction> bySchema(
            SchemaExtractor extractor, List<String> texts, Fields options, ProgressListener progress) {
        ExtractionOptions own = STANDARD.withThreshold(options.number(THRESHOLD.name()));
        if (!options.texts(RELATIONS.name()).isEmpty() || !asked(options).equals(own)) {
            throw new PipelineException("a GLiNER2 model is asked for " + LABELS.name() + " with a " + THRESHOLD.name()
                    + " here, and for relations and more by a " + SchemaExtraction.SCHEMA.name()
                    + ": leave out the other options");
        }
        Schema schema = Schema.of(Entities.of(options.texts(LABELS.name()).toArray(String[]::new)));
        return extractor.extract(texts, schema, SchemaOptions.DEFAULT.withThreshold(own.threshold()), progress).stream()
                .map(found -> new Extraction(found.entitiesInOrder(), List.of()))
                .toList();
    }

    /**
     * Returns the entities and relations of a text, with the properties of GLiNER's own code.
     *
     * @param relations whether relations were asked for
     * @return values by the names of {@link #columns}
     */
    public static SequencedMap<String, Object> json(String text, Extraction found, boolean relations, AnswerForm form) {
        AnswerForm.Places places = form.new Places(text);
        List<Object> entities = new ArrayList<>();
        for (int i = 0; i < found.entities().size(); i++) {
            Entity entity = found.entities().get(i);
            SequencedMap<String, Object> properties = AnswerForm.object(
                    "start",
                    places.of(entity.start()),
                    "end",
                    places.of(entity.end()),
                    "text",
                    entity.word(),
                    "label",
                    entity.entity(),
                    "score",
                    form.score().apply(entity.score()));
            if (!found.classProbabilities().isEmpty()) {
                SequencedMap<String, Object> classes = AnswerForm.object();
                found.classProbabilities()
                        .get(i)
                        .forEach((label, score) ->
                                classes.put(label, form.score().apply(score)));
                properties.put(CLASSES, classes);
            }
            entities.add(properties);
        }
        SequencedMap<String, Object> json = AnswerForm.object(ENTITIES.name(), entities);
        if (relations) {
            List<Object> related = new ArrayList<>();
            for (Relation relation : found.relations()) {
                related.add(AnswerForm.object(
                        "head",
                        end(found, relation.head(), places),
                        "tail",
                        end(found, relation.tail(), places),
                        "relation",
                        relation.relation(),
                        "score",
                        form.score().apply(relation.score())));
            }
            json.put(RELATED.name(), related);
        }
        return json;
    }

    private static SequencedMap<String, Object> end(Extraction found, int index, AnswerForm.Places places) {
        Entity entity = found.entities().get(index);
        return AnswerForm.object(
                "start",
                places.of(entity.start()),
                "end",
                places.of(entity.end()),
                "text",
                entity.word(),
                "type",
                entity.entity(),
                "entity_idx",
                index);
    }
}
