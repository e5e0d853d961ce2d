package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Compares answers of the server, whose numbers may differ by what rounding does to a text in another batch. */
final class SameJson {
    private SameJson() {}

    /** Asserts that two answers are the same. Labels whose scores are almost equal may have changed places. */
    static void check(JsonNode expected, JsonNode found, double rounding) {
        assertEquals(expected.getNodeType(), found.getNodeType());
        if (expected.isNumber()) {
            assertEquals(expected.doubleValue(), found.doubleValue(), rounding);
        } else if (expected.isArray()
                && expected.path(0).size() == 2
                && expected.path(0).has("label")) {
            assertEquals(scores(expected).keySet(), scores(found).keySet());
            scores(expected)
                    .forEach((label, score) -> assertEquals(score, scores(found).get(label), rounding));
        } else if (expected.isObject()) {
            assertEquals(expected.propertyNames(), found.propertyNames());
            expected.properties().forEach(part -> check(part.getValue(), found.get(part.getKey()), rounding));
        } else if (expected.isContainer()) {
            assertEquals(expected.size(), found.size());
            Iterator<JsonNode> others = found.iterator();
            expected.forEach(part -> check(part, others.next(), rounding));
        } else {
            assertEquals(expected, found);
        }
    }

    private static Map<String, Double> scores(JsonNode labels) {
        Map<String, Double> scores = new HashMap<>();
        labels.forEach(
                l -> scores.put(l.get("label").stringValue(), l.get("score").doubleValue()));
        return scores;
    }
}
