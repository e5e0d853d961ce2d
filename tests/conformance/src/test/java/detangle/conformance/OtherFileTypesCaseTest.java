package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Case 10: rows of TSV, .ndjson and a JSON array are read by their columns; lines of text have none. */
class OtherFileTypesCaseTest {
    private final CaseFolder folder = CaseFolder.of("10-other-file-types");

    /** The labels that are printed, without their scores. */
    private String labels(String... arguments) {
        return folder.out(arguments).replaceAll(" \\(.*\\)", "");
    }

    @Test
    void rowsOfEachKindAreRead() {
        assertEquals("card_arrival\n", labels("classify", "--file", "glue.tsv", "--column", "sentence"));
        assertEquals("card_arrival\n", labels("classify", "--file", "y.ndjson"));
        List<String> texts = folder.out("classify", "--file", "arr.json", "--format", "jsonl")
                .lines()
                .map(line -> JsonMapper.shared().readTree(line).get("text").stringValue())
                .toList();
        assertEquals(List.of("a", "b"), texts);
    }

    @Test
    void aColumnThatIsNotThereIsNamed() {
        folder.fails(
                1,
                "glue.tsv has no column 'nosuch'; its columns are sentence, label",
                "classify",
                "--file",
                "glue.tsv",
                "--column",
                "nosuch");
    }

    @Test
    void linesOfTextHaveNoColumns(@TempDir Path other) throws IOException {
        Path lines = Files.writeString(other.resolve("lines.txt"), "Where is my card?\n");
        folder.fails(2, "have no columns", "classify", "--file", lines.toString(), "--column", "sentence");
    }
}
