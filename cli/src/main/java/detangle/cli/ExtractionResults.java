package detangle.cli;

import detangle.pipelines.Entity;
import detangle.pipelines.Extraction;
import detangle.pipelines.Relation;
import detangle.pipelines.task.EntityExtraction;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** What was found in a text as a result, with the properties that GLiNER's own code gives entities and relations. */
final class ExtractionResults {
    private ExtractionResults() {}

    /**
     * The result of a text. JSON is a list of entities, or, where relations were asked for, an object of both lists.
     *
     * @param index the text's place among those of the call
     * @param relations whether relations were asked for
     */
    static Result of(int index, String text, Extraction found, boolean relations) {
        SequencedMap<String, Object> answer = EntityExtraction.json(text, found, relations, Result.FORM);
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
                EntityResults.records(text, found.entities()),
                words.isEmpty() ? "-" : String.join(", ", words));
    }
}
