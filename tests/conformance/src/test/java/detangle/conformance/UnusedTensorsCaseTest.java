package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Buffers of types that no parameter has, beside the parameters. */
class UnusedTensorsCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("18-unused-tensors");

    @ParameterizedTest
    @ValueSource(strings = {"w-unused-U8", "w-unused-F8_E4M3", "w-unused-U16", "b-byte-buffer"})
    void areNoReasonToRefuse(String model) {
        JsonNode answer = JsonMapper.shared()
                .readTree(CASE.out(
                        "classify",
                        "--model",
                        model,
                        "--function-to-apply",
                        "none",
                        "--format",
                        "json",
                        "Where is my new card?"))
                .get(0);
        JsonNode best = answer.isArray() ? answer.get(0) : answer;
        assertEquals("pos", best.get("label").stringValue());
        assertEquals(-1.927829, best.get("score").doubleValue(), 2e-6);
    }
}
