package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultTest {
    @ParameterizedTest
    @CsvSource({
        "0.9832, 0.98",
        "1, 1.00",
        "0.0149, 0.01",
        "0.01, 0.01",
        "0.004, 0.004",
        "0.0041234, 0.00412",
        "0.00999999, 0.01",
        "0.0000003217, 3.22E-7",
        "0, 0.00",
        "-7.25, -7.25",
        "-0.004, -0.004",
        "NaN, NaN",
    })
    void smallScoresStayReadable(double score, String text) {
        assertEquals("label (" + text + ")", Result.scored("label", score));
    }

    @Test
    void smallScoresStayDifferentInJson() {
        assertEquals(0.983214, Result.rounded(0.98321449));
        assertEquals(0.004123, Result.rounded(0.0041234));
        assertEquals(3.21712e-7, Result.rounded(3.217123456e-7));
        assertEquals(0, Result.rounded(0));
    }
}
