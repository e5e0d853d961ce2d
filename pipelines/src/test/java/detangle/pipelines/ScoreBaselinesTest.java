package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.models.deberta.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of baselines is read as bert-score writes it, and whatever else stands in its place is refused by name. */
class ScoreBaselinesTest {
    private static final String HEADER = "LAYER,P,R,F\n";

    @TempDir
    Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("baseline.tsv"), content);
    }

    private static String fault(Path file) {
        return assertThrows(ConfigException.class, () -> ScoreBaselines.read(file))
                .getMessage();
    }

    @Test
    void aRowForEachLayer() throws IOException {
        ScoreBaselines read = ScoreBaselines.read(file(HEADER + "0,0.5,-2,0.25\n\n1.0\t 0.125 \t0\t0.75\n"));
        assertEquals(List.of(new BertScore(0.5, -2, 0.25), new BertScore(0.125, 0, 0.75)), read.layers());
        assertEquals(new BertScore(0.5, -2, 0.25), read.of(0));
        assertEquals(
                folder.resolve("baseline.tsv") + ": has baselines of 2 layers, and none of layer 2",
                assertThrows(ConfigException.class, () -> read.of(2)).getMessage());
    }

    @Test
    void rowsHaveFourNumbersBelowOne() throws IOException {
        Path file = file("");
        String name = file + ": row 1 ";
        for (String row : List.of("0,0.5,0.5", "0;0.5;0.5;0.5", "0,0.5,x,0.5", ",,,")) {
            Files.writeString(file, HEADER + row + "\n");
            assertEquals(name + "is not LAYER,P,R,F with numbers", fault(file));
        }
        for (String number : List.of("1", "NaN", "Infinity", "-Infinity", "-1e999")) {
            Files.writeString(file, HEADER + "0,0.5," + number + ",0.5\n");
            assertEquals(name + "has the baseline " + number + ", which must be a finite number below 1", fault(file));
        }
        Files.writeString(file, HEADER + "1,0.5,0.5,0.5\n");
        assertEquals(name + "is of layer 1, and not of 0", fault(file));
        Files.writeString(file, HEADER + "NaN,0.5,0.5,0.5\n");
        assertEquals(name + "is of layer NaN, and not of 0", fault(file));
    }

    @Test
    void otherFilesAreCalledWhatTheyAre() throws IOException {
        assertEquals(folder + ": cannot be read: it is a folder and not a file", fault(folder));
        Path latin = Files.write(folder.resolve("latin.tsv"), "LAYER,\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(latin + ": is not UTF-8", fault(latin));
        Path missing = folder.resolve("missing.tsv");
        assertEquals(missing + ": cannot be read: it does not exist", fault(missing));
        Path page = Files.writeString(folder.resolve("page.tsv"), "<!DOCTYPE html><html>404</html>");
        assertEquals(
                page + ": cannot be read: it is a web page (HTML) and not the file itself: download the file itself,"
                        + " whose address on a hub has /resolve/ and not /blob/",
                fault(page));
    }
}
