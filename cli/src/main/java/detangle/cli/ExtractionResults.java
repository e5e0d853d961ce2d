package detangle.cli;

import detangle.pipelines.AnnotatedText;
import detangle.pipelines.Entity;
import detangle.pipelines.Extraction;
import detangle.pipelines.Relation;
import detangle.pipelines.task.AnswerForm;
import detangle.pipelines.task.EntityExtraction;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/**
 * Makes results of what was found in a text, with the properties that GLiNER's own code gives entities and relations.
 */
final class ExtractionResults {
    private ExtractionResults() {}

    /**
     * Returns the result of a text. JSON is a list of entities, or, where relations were asked for, an object of both
     * lists.
     *
     * @param index the text's place among those of the call
     * @param relations whether relations were asked for
     */
    static Result of(int index, String text, Extraction found, boolean relations, AnswerForm form) {
        SequencedMap<String, Object> answer = EntityExtraction.json(text, found, relations, form);
        List<String> words = new ArrayList<>(EntityResults.words(found.entities()));
        for (Relation r : found.relations()) {
            Entity head = found.entities().get(r.head());
            Entity tail = found.entities().get(r.tail());
            words.add(head.word() + " > " + tail.word() + ": " + Result.scored(r.relation(), r.score()));
        }
        return new Result(
                        index,
                        relations ? answer : answer.get(EntityResults.ENTITIES),
                        answer,
                        relations ? records(text, found, form) : EntityResults.records(text, found.entities(), form),
                        words.isEmpty() ? "-" : String.join(", ", words))
                .withMarked(AnnotatedText.of(text, found.entities()));
    }

    /** Returns entities and relations as rows of a table with the columns of {@link SchemaResults#names}. */
    private static List<List<Object>> records(String text, Extraction found, AnswerForm form) {
        List<List<Object>> records = new ArrayList<>();
        found.entities().forEach(e -> records.add(record(text, "entity", e.entity(), "", "", e, e.score(), form)));
        for (int i = 0; i < found.relations().size(); i++) {
            Relation r = found.relations().get(i);
            Entity head = found.entities().get(r.head());
            Entity tail = found.entities().get(r.tail());
            records.add(record(text, "relation", r.relation(), i + 1, "head", head, r.score(), form));
            records.add(record(text, "relation", r.relation(), i + 1, "tail", tail, r.score(), form));
        }
        return records;
    }

    private static List<Object> record(
            String text,
            String part,
            String name,
            Object instance,
            String field,
            Entity entity,
            double score,
            AnswerForm form) {
        return List.of(
                part,
                name,
                instance,
                field,
                entity.word(),
                Result.rounded(score),
                form.place(text, entity.start()),
                form.place(text, entity.end()));
    }
}
