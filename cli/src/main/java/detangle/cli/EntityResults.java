package detangle.cli;

import detangle.pipelines.Entity;
import java.util.ArrayList;
import java.util.List;

/** The entities of a text as a result. */
final class EntityResults {
    static final List<String> COLUMNS = List.of("text", "entity", "score", "word", "start", "end");

    private EntityResults() {}

    /** @param label the name of the property that holds an entity's label */
    static Result of(String text, List<Entity> entities, String label) {
        List<Object> json = new ArrayList<>();
        for (Entity e : entities) {
            json.add(Result.object(
                    label,
                    e.entity(),
                    "score",
                    Result.rounded(e.score()),
                    "word",
                    e.word(),
                    "start",
                    Result.codePoint(text, e.start()),
                    "end",
                    Result.codePoint(text, e.end())));
        }
        return result(text, entities, json);
    }

    /** With the properties that GLiNER's own code gives an entity. */
    static Result ofGliner(String text, List<Entity> entities) {
        List<Object> json = new ArrayList<>();
        for (Entity e : entities) {
            json.add(Result.object(
                    "start", Result.codePoint(text, e.start()),
                    "end", Result.codePoint(text, e.end()),
                    "text", e.word(),
                    "label", e.entity(),
                    "score", Result.rounded(e.score())));
        }
        return result(text, entities, json);
    }

    private static Result result(String text, List<Entity> entities, List<Object> json) {
        List<List<Object>> records = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (Entity e : entities) {
            records.add(List.of(
                    text,
                    e.entity(),
                    Result.rounded(e.score()),
                    e.word(),
                    Result.codePoint(text, e.start()),
                    Result.codePoint(text, e.end())));
            words.add(e.word() + ": " + Result.scored(e.entity(), e.score()));
        }
        return new Result(json, records, words.isEmpty() ? "-" : String.join(", ", words));
    }
}
