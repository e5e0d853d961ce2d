package detangle.cli;

import detangle.pipelines.AnnotatedText;
import detangle.pipelines.Entity;
import detangle.pipelines.task.AnswerForm;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.TokenClassification;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** The entities of a text as a result. */
final class EntityResults {
    static final String ENTITIES = "entities";

    private EntityResults() {}

    /** @param label the name of the property that holds an entity's label */
    static List<Column> columns(String label) {
        return List.of(Column.listOf(
                ENTITIES,
                new ObjectOf(
                        Column.text(label),
                        Column.score("score"),
                        Column.text("word"),
                        Column.whole("start"),
                        Column.whole("end"))));
    }

    /**
     * Returns the same as columns of a table.
     *
     * @param label the name of the column that holds an entity's label
     */
    static List<String> names(String label) {
        return List.of(label, "score", "word", "start", "end");
    }

    /** @param index the text's place among those of the call */
    static Result of(int index, String text, List<Entity> entities, String label, AnswerForm form) {
        List<SequencedMap<String, Object>> json = TokenClassification.json(text, entities, label, form);
        String words = entities.isEmpty() ? "-" : String.join(", ", words(entities));
        return new Result(index, json, Result.object(ENTITIES, json), records(text, entities, form), words)
                .withMarked(AnnotatedText.of(text, entities));
    }

    /** Returns entities as rows of a table with the columns of {@link #names}. */
    static List<List<Object>> records(String text, List<Entity> entities, AnswerForm form) {
        List<List<Object>> records = new ArrayList<>();
        for (Entity e : entities) {
            records.add(List.of(
                    e.entity(),
                    Result.rounded(e.score()),
                    e.word(),
                    form.place(text, e.start()),
                    form.place(text, e.end())));
        }
        return records;
    }

    /** Returns entities for people. */
    static List<String> words(List<Entity> entities) {
        return entities.stream()
                .map(e -> e.word() + ": " + Result.scored(e.entity(), e.score()))
                .toList();
    }
}
