package detangle.models.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers have the digits that 64 bits hold, times a power of ten. */
class LibraryNumbersTest {
    private static double parse(String number) {
        char[] text = ("x" + number + "9").toCharArray();
        return LibraryNumbers.parse(text, 1, number.length());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "-0, -0.0",
        "7, 7.0",
        "-1.5, -1.5",
        "0.25, 0.25",
        "12e2, 1200.0",
        "12E+2, 1200.0",
        "1250e-3, 1.25",
        "1.25e1, 12.5",
        "1e308, 1e308",
        "0.1e309, 1e308",
        "1e309, Infinity",
        "-1e309, -Infinity",
        "10e308, Infinity",
        "0e999999999999999999999, 0.0",
        "1e999999999999999999999, Infinity",
        "1e-999999999999999999999, 0.0",
        "1e-617, 0.0",
        // The largest whole number of 64 bits, and one more, whose last digit is left out.
        "18446744073709551615, 18446744073709551616.0",
        "18446744073709551616, 18446744073709551610.0",
        "12345678901234567890.123, 12345678901234567890.0",
        "184467440737095516.151, 184467440737095516.15",
        // Behind 64 bits halves are decided by the last bit too.
        "9223372036854775807, 9223372036854775807.0",
        "9223372036854775808, 9223372036854775808.0",
        "9223372036854776832, 9223372036854775808.0",
        "9223372036854776833, 9223372036854777856.0",
    })
    void valuesAreThoseOfTheLibrary(String number, double expected) {
        assertEquals(expected, parse(number), number);
    }

    @Test
    void smallNumbersAreDividedTwice() {
        assertEquals(1 / 1e308, parse("1e-308"));
        assertEquals(1 / 1e308 / 1e1, parse("1e-309"));
        assertEquals(123 / 1e308 / 1e12, parse("1.23e-318"));
    }

    @Test
    void digitsBeyond64BitsCountAsTens() {
        assertEquals(1e19 * 1e4, parse("100000000000000000000000"));
        assertEquals(12345678901234567890d * 1e1, parse("123456789012345678905"));
    }

    /** Numbers of up to 15 digits with small exponents are exact, as the JDK reads them. */
    @Test
    void shortNumbersAreTheNearest() {
        Random random = new Random(3);
        for (int i = 0; i < 1000; i++) {
            String number = Long.toString(random.nextLong(1_000_000_000_000_000L));
            int point = random.nextInt(number.length());
            String text = number.substring(0, point) + (point == 0 ? "0." : ".") + number.substring(point);
            assertEquals(Double.parseDouble(text), parse(text), text);
        }
    }
}
