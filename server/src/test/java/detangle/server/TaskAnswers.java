package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.pipelines.Entity;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What tests of routes of tasks share: a text, a schema, and comparisons of answers with those of pipelines. */
final class TaskAnswers {
    static final String TEXT = "Ada lives in London, \uD83D\uDE00 and Grace in New York.";

    static final Map<String, Object> SCHEMA = Map.of(
            "entities",
            List.of("person", "city"),
            "relations",
            List.of("lives in"),
            "structures",
            Map.of("trip", Map.of("fields", List.of("who", Map.of("name", "kind", "choices", List.of("work", "fun"))))),
            "classifications",
            List.of(Map.of("task", "topic", "labels", List.of("travel", "science"))));

    /** Returns by how much a place in code points is smaller: the emoji is one code point and two units of UTF-16. */
    static int emojiBefore(int index) {
        return index > TEXT.indexOf('\uD83D') ? 1 : 0;
    }

    static void assertScore(double expected, JsonNode of) {
        assertEquals(expected, of.get("score").doubleValue(), 1e-5, of.toString());
    }

    static void assertEntity(Entity expected, String label, JsonNode actual, int before) {
        assertEquals(expected.entity(), actual.get(label).stringValue());
        assertEquals(expected.start() - before, actual.get("start").intValue());
        assertScore(expected.score(), actual);
    }

    /** Compares values; numbers may differ in the last digits, because answers have single precision. */
    static void assertAlike(JsonNode expected, JsonNode actual) {
        if (expected.isNumber()) {
            assertEquals(expected.doubleValue(), actual.doubleValue(), 1e-5, actual.toString());
        } else if (expected.isContainer()) {
            assertEquals(expected.size(), actual.size(), actual.toString());
            if (expected.isArray()) {
                for (int i = 0; i < expected.size(); i++) {
                    assertAlike(expected.get(i), actual.get(i));
                }
            } else {
                expected.propertyStream().forEach(field -> assertAlike(field.getValue(), actual.get(field.getKey())));
            }
        } else {
            assertEquals(expected, actual);
        }
    }

    static JsonNode json(Object value) {
        return JsonMapper.shared().valueToTree(value);
    }

    private TaskAnswers() {}
}
