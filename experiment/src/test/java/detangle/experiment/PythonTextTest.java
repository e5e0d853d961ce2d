package detangle.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Numbers look as Python's str and numpy's savetxt write them. */
final class PythonTextTest {
    @Test
    void shortestTexts() {
        assertEquals("0.1", PythonText.number(0.1));
        assertEquals("0.8366632640766336", PythonText.number(0.8366632640766336));
        assertEquals("1.0", PythonText.number(1));
        assertEquals("0.0", PythonText.number(0.0));
        assertEquals("-2.5", PythonText.number(-2.5));
        assertEquals("1e-05", PythonText.number(1e-5));
        assertEquals("0.0001", PythonText.number(1e-4));
        assertEquals("1.5e-07", PythonText.number(1.5e-7));
        assertEquals("123456789.0", PythonText.number(123456789.0));
        assertEquals("1e+16", PythonText.number(1e16));
        assertEquals("nan", PythonText.number(Double.NaN));
        assertEquals("-inf", PythonText.number(Double.NEGATIVE_INFINITY));
        assertEquals("0.2716647", PythonText.number(0.2716647f));
    }

    @Test
    void nineteenDigits() {
        assertEquals("1.000000000000000056e-01", PythonText.exact(0.1));
        assertEquals("-2.500000000000000000e+00", PythonText.exact(-2.5));
        assertEquals("0.000000000000000000e+00", PythonText.exact(0));
        assertEquals("1.000000000000000016e+100", PythonText.exact(1e100));
        assertEquals("1.000000014901161194e-01\tnan", PythonText.exactRow(0.1f, Float.NaN));
    }
}
