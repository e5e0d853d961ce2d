package detangle.cli;

import detangle.pipelines.Entity;
import detangle.pipelines.Extraction;
import detangle.pipelines.Relation;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.EntityExtraction;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** What was found in a text as a result, with the properties that GLiNER's own code gives entities and relations. */
final class ExtractionResults {
    private static final String RELATIONS = "relations";

    private ExtractionResults() {}

    /** @param relations whether relations were asked for */
    static List<Column> columns(boolean relations) {
        Column entities = Column.listOf(
                EntityResults.ENTITIES,
                new ObjectOf(
                        Column.whole("start"),
                        Column.whole("end"),
                        Column.text("text"),
                        Column.text("label"),
                        Column.score("score")));
        if (!relations) {
            return List.of(entities);
        }
        ObjectOf end = new ObjectOf(
                Column.whole("start"),
                Column.whole("end"),
                Column.text("text"),
                Column.text("type"),
                Column.whole("entity_idx"));
        return List.of(
                entities,
                Column.listOf(
                        RELATIONS,
                        new ObjectOf(
                                new Column("head", end),
                                new Column("tail", end),
                                Column.text("relation"),
                                Column.score("score"))));
    }

    /**
     * The result of a text. JSON is a list of entities, or, where relations were asked for, an object of both lists.
     *
     * @param index the text's place among those of the call
     * @param relations whether relations were asked for
     */
    static Result of(int index, String text, Extraction found, boolean relations) {
        List<SequencedMap<String, Object>> entities = EntityExtraction.json(text, found.entities(), Result.FORM);
        List<String> words = new ArrayList<>(EntityResults.words(found.entities()));
        SequencedMap<String, Object> answer = Result.object(EntityResults.ENTITIES, entities);
        if (relations) {
            List<Object> related = new ArrayList<>();
            for (Relation r : found.relations()) {
                Entity head = found.entities().get(r.head());
                Entity tail = found.entities().get(r.tail());
                related.add(Result.object(
                        "head",
                        end(text, head, r.head()),
                        "tail",
                        end(text, tail, r.tail()),
                        "relation",
                        r.relation(),
                        "score",
                        Result.rounded(r.score())));
                words.add(head.word() + " > " + tail.word() + ": " + Result.scored(r.relation(), r.score()));
            }
            answer.put(RELATIONS, related);
        }
        return new Result(
                index,
                relations ? answer : entities,
                answer,
                EntityResults.records(text, found.entities()),
                words.isEmpty() ? "-" : String.join(", ", words));
    }

    private static SequencedMap<String, Object> end(String text, Entity entity, int place) {
        return Result.object(
                "start", Result.codePoint(text, entity.start()),
                "end", Result.codePoint(text, entity.end()),
                "text", entity.word(),
                "type", entity.entity(),
                "entity_idx", place);
    }
}
