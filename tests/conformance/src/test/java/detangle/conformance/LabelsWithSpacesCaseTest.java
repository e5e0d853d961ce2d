package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Labels are stripped, empty ones left out, and one that is named twice counts once. */
class LabelsWithSpacesCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("13-labels-with-spaces");

    @Test
    void labelsAreMoneyAndTravel() {
        JsonNode result = JsonMapper.shared()
                .readTree(CASE.out(
                        "zero-shot-classification",
                        "--model",
                        "nli3",
                        "--format",
                        "json",
                        "--candidate-labels",
                        "money,, travel",
                        "My card does not work in Rome."))
                .get(0);
        List<String> labels = Stream.of(0, 1)
                .map(i -> result.get("labels").get(i).stringValue())
                .sorted()
                .toList();
        assertEquals(List.of("money", "travel"), labels);
        assertEquals(2, result.get("labels").size());
        assertEquals(2, result.get("scores").size());
    }

    @Test
    void aPersonIsLookedForOnce() {
        String once = CASE.out("extract", "--model", "g0", "--labels", "person", "Ada lived.");
        Result twice = CASE.run("extract", "--model", "g0", "--labels", "person, person", "Ada lived.");
        assertEquals(0, twice.status(), twice.err());
        assertEquals(once, twice.out());
        assertEquals(List.of("detangle: --labels names 'person' more than once; it counts once"), twice.messages());
    }
}
