package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ArgumentBytesTest {
    private static Optional<String> fault(String commandLine, int count, Charset locale) {
        return ArgumentBytes.fault(commandLine.getBytes(StandardCharsets.UTF_8), count, locale);
    }

    @Test
    void whatTheLocaleCannotSayIsRefused() {
        String commandLine = "java\0-m\0detangle\0classify\0Où?\0";

        assertTrue(
                fault(commandLine, 2, StandardCharsets.US_ASCII).orElseThrow().startsWith("argument 2 is not text in"));
        assertEquals(Optional.empty(), fault(commandLine, 2, StandardCharsets.UTF_8));
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] commandLine = "java\0classify\0O\u00f9\0".getBytes(StandardCharsets.ISO_8859_1);

        assertTrue(ArgumentBytes.fault(commandLine, 2, StandardCharsets.UTF_8).isPresent());
        assertEquals(Optional.empty(), ArgumentBytes.fault(commandLine, 2, StandardCharsets.ISO_8859_1));
    }

    @Test
    void argumentsAloneCountAndEmptyOnesAreArguments() {
        assertEquals(Optional.empty(), fault("/Où/java\0classify\0\0", 2, StandardCharsets.US_ASCII));
        assertTrue(
                fault("java\0ù\0\0", 2, StandardCharsets.US_ASCII).orElseThrow().startsWith("argument 1"));
    }
}
