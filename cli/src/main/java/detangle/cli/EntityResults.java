package detangle.cli;

import detangle.pipelines.Entity;
import java.util.ArrayList;
import java.util.List;

/** The entities of a text as a result. */
final class EntityResults {
    private EntityResults() {}

    /** @param label the name of the property that holds an entity's label */
    static Result of(String text, List<Entity> entities, String label) {
        List<Object> json = new ArrayList<>();
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Entity e : entities) {
            double score = Result.rounded(e.score());
            int start = Result.codePoint(text, e.start());
            int end = Result.codePoint(text, e.end());
            json.add(Result.object(label, e.entity(), "score", score, "word", e.word(), "start", start, "end", end));
            records.add(List.of(text, e.entity(), score, e.word(), start, end));
            words.add(e.word() + ": " + Result.scored(e.entity(), e.score()));
        }
        return new Result(json, records, words.isEmpty() ? "-" : String.join(", ", words));
    }
}
