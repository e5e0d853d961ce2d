package detangle.experiment.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.train.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests how lines of files are read, and which errors are reported. */
final class TextLinesTest {
    @TempDir
    Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("file"), content);
    }

    private static String fault(Runnable read) {
        return assertThrows(DataException.class, read::run).getMessage();
    }

    private static List<String> lines(Path file) {
        List<String> lines = new ArrayList<>();
        TextLines.read(file, (number, line) -> lines.add(number + line));
        return lines;
    }

    @Test
    void endsOfLinesAndOfFiles() throws IOException {
        assertEquals(List.of(), lines(file("")));
        assertEquals(List.of("1a", "2", "3b"), lines(file("\uFEFFa\r\n\nb")));
        assertEquals(List.of("1a\u2028b"), lines(file("a\u2028b\n")));
    }

    @Test
    void filesThatAreNotText() throws IOException {
        Path latin = Files.write(folder.resolve("latin"), "é".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(latin + " is not in UTF-8: convert it", fault(() -> lines(latin)));
        Path endless = file("a\n" + "x".repeat((1 << 24) + 1));
        assertEquals(
                endless + ", line 2 has more than the 16777216 characters that are read", fault(() -> lines(endless)));
        assertEquals(folder + " is not a regular file: write its content to a file first", fault(() -> lines(folder)));
    }

    @Test
    void objectsOfLines() throws IOException {
        JsonRow row = JsonLines.read(file("\n{\"text\": \"a\", \"number\": 3, \"list\": [\"b\", 1], \"null\": null}\n"))
                .getFirst();
        String where = folder.resolve("file") + ", line 2";
        assertEquals("a", row.text("text"));
        assertEquals(3, row.integer("number"));
        assertEquals("3", row.label("number"));
        assertEquals(false, row.has("null"));
        String other = ": the file is not that of the task, or damaged";
        assertEquals(where + " has no 'text' that is a whole number" + other, fault(() -> row.integer("text")));
        assertEquals(where + " has no 'none' that is a text" + other, fault(() -> row.text("none")));
        assertEquals(where + " has no 'null' that is a list" + other, fault(() -> row.rows("null")));
        assertEquals(where + ": 'list' has something else in the place of a text", fault(() -> row.texts("list")));
        assertEquals(where + ": 'list' is not a list of objects", fault(() -> row.rows("list")));
        Path noObject = file("[1]");
        assertEquals(noObject + ", line 1 is not a JSON object", fault(() -> JsonLines.read(noObject)));
        Path noJson = file("{\"a\": ");
        assertEquals(noJson + ", line 1 is not JSON", fault(() -> JsonLines.read(noJson)));
    }
}
