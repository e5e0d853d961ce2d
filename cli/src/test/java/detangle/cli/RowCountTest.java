package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowCountTest {
    @TempDir
    private Path folder;

    private OptionalLong lines(String text, boolean quotes) throws IOException {
        return RowCount.lines(Files.writeString(folder.resolve("file"), text), quotes);
    }

    @Test
    void linesCountWithAndWithoutAnEndAndEmptyOnesDoNot() throws IOException {
        assertEquals(OptionalLong.of(3), lines("a\nb\n\r\n\nc", false));
        assertEquals(OptionalLong.of(2), lines("a\r\nb\r\n", false));
        assertEquals(OptionalLong.of(0), lines("", false));
    }

    @Test
    void valuesMayHoldEndsOfLines() throws IOException {
        String csv = "text\n\"a\nb \"\"c\"\"\n\"\nd\n";

        assertEquals(OptionalLong.of(3), lines(csv, true));
        assertEquals(OptionalLong.of(5), lines(csv, false));
    }

    @Test
    void whatIsNoFileIsNotCounted() {
        assertEquals(OptionalLong.empty(), RowCount.lines(folder, false));
    }
}
