package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Case 09: a byte order mark is not part of the first column's name nor of the first text. */
class ByteOrderMarkCaseTest {
    private static final String MODEL =
            DetangleProcess.HOME.resolve("models/pretrained/banking77-small").toString();

    private final CaseFolder folder = CaseFolder.of("09-bom");

    @Test
    void itIsNoPartOfAColumnsName() {
        String csv = folder.out("classify", "--file", "bom.csv", "--format", "csv");
        assertTrue(csv.startsWith("text,label,score"), csv);
        assertTrue(csv.contains(",card_arrival,"), csv);
    }

    @Test
    void itIsNoPartOfJson() {
        assertTrue(folder.out("classify", "--file", "bom.jsonl").startsWith("card_arrival "));
    }

    @Test
    void itIsNoPartOfAText() {
        String lines = folder.out("tokenize", MODEL, "--file", "bom.txt", "--format", "jsonl");
        JsonNode first = JsonMapper.shared().readTree(lines.lines().findFirst().orElseThrow());
        assertEquals("[0,5]", first.get("offsets").get(1).toString());
    }
}
