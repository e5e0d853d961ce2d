package detangle.experiment.superglue;

import detangle.experiment.data.JsonRow;
import detangle.train.data.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The passages of a file of ReCoRD. */
final class RecordFile {
    private static final String PLACEHOLDER = "@placeholder";

    private RecordFile() {}

    /**
     * A passage with its entities and questions.
     *
     * @param entities the entities in the order in which they begin
     */
    record Passage(String text, List<Entity> entities, List<Question> questions) {}

    /**
     * A part of a passage that may be an answer.
     *
     * @param start the first code point
     * @param end the code point after its last
     */
    record Entity(int start, int end, String text) {}

    /**
     * A sentence that lacks an entity.
     *
     * @param before the text before the place of the entity
     * @param after the text behind it
     * @param answers the right texts; none if they are not known
     * @param right for each entity of the passage, 1 if it is a right answer and 0 if not; -1 if that is not known
     */
    record Question(JsonNode id, String before, String after, List<String> answers, int[] right) {}

    /** Reads the passages of rows. */
    static List<Passage> passages(List<JsonRow> rows) {
        return rows.stream().map(RecordFile::passage).toList();
    }

    private static Passage passage(JsonRow row) {
        JsonRow passage = row.row("passage");
        String text = passage.text("text");
        List<Entity> entities = new ArrayList<>();
        for (JsonRow entity : passage.rows("entities")) {
            int start = entity.integer("start");
            int end = entity.integer("end") + 1; // Files name the last character, and not the one behind it.
            if (start < 0 || end > text.codePointCount(0, text.length())) {
                throw new DataException(row.where() + " has an entity outside of its passage");
            }
            if (start < end) {
                entities.add(new Entity(
                        start,
                        end,
                        text.substring(text.offsetByCodePoints(0, start), text.offsetByCodePoints(0, end))));
            }
        }
        entities.sort(Comparator.comparingInt(Entity::start));
        return new Passage(
                text,
                entities,
                row.rows("qas").stream().map(q -> question(q, entities)).toList());
    }

    private static Question question(JsonRow row, List<Entity> entities) {
        String query = row.text("query");
        int place = query.indexOf(PLACEHOLDER);
        if (place < 0) {
            throw new DataException(row.where() + " has a query without " + PLACEHOLDER);
        }
        List<String> answers = new ArrayList<>();
        int[] right = new int[entities.size()];
        if (row.has("answers")) {
            for (JsonRow answer : row.rows("answers")) {
                answers.add(answer.text("text"));
                right[entity(answer, entities)] = 1;
            }
        } else {
            Arrays.fill(right, -1);
        }
        return new Question(
                row.id("idx"),
                query.substring(0, place),
                query.substring(place + PLACEHOLDER.length()),
                answers,
                right);
    }

    private static int entity(JsonRow answer, List<Entity> entities) {
        for (int i = 0; i < entities.size(); i++) {
            Entity entity = entities.get(i);
            if (entity.start == answer.integer("start") && entity.end == answer.integer("end") + 1) {
                return i;
            }
        }
        throw new DataException(answer.where() + " has the answer '" + answer.text("text")
                + "', which is not one of the entities of its passage");
    }
}
