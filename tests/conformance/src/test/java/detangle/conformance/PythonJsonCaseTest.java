package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** config.json with Infinity, with NaN and with a property twice, as Python's json writes and reads it. */
class PythonJsonCaseTest {
    private static final CaseFolder CASE = CaseFolder.of("17-json-as-python-writes-it");

    @ParameterizedTest
    @ValueSource(strings = {"j-inf", "j-nan", "j-dup"})
    void fieldsThatAreNotNeededDoNotMatter(String model) {
        assertEquals("b (0.91)", CASE.out("classify", "--model", model, "hi").strip());
    }
}
