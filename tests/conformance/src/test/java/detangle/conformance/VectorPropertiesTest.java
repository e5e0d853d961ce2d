package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A property of the vector backend with a value that cannot be is refused in one line. */
class VectorPropertiesTest {
    @Test
    void valuesThatCannotBeAreOneLine() {
        Result result = DetangleProcess.shell("""
                for option in bits=100 bits=many tile=7; do
                    DETANGLE_JAVA_OPTS=-Ddetangle.vector.$option ./detangle classify 'Where is my card?'
                    echo $?
                done
                """);

        assertEquals("1\n1\n1\n", result.out());
        assertEquals(
                List.of(
                        "detangle: detangle.vector.bits is '100', which is not a width of vectors: give 128, 256 or 512,"
                                + " or leave it out",
                        "detangle: detangle.vector.bits is 'many', which is not a width of vectors: give 128, 256 or"
                                + " 512, or leave it out",
                        "detangle: detangle.vector.tile is '7', which is not a shape of tiles: give one of [6f, 6, 8,"
                                + " 12, 14], or leave it out"),
                result.messages());
    }
}
