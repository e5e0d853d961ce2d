package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TensorTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.5",
                "[]",
                "[[], []]",
                "[[1, 2], [3, 4]]",
                "[0, -0, inf, -inf, nan]",
                "[0.333333, 1E+20, 1E-19]"
            })
    void whatIsPrintedIsWhatWasRead(String text) {
        assertEquals(text, TensorText.print(TensorText.parse(DType.F32, text)));
    }

    @Test
    void listsAreAxes() {
        assertArrayEquals(
                new long[] {1, 2, 3},
                TensorText.parse(DType.I32, "[[[1, 2, 3], [4, 5, 6]]]").shape());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[[1, 2], [3]]", "[[1], 2]", "[1] 2", "[1, x]", ""})
    void otherTextIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> TensorText.parse(DType.F32, text));
    }
}
