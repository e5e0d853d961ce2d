package detangle.experiment.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.GivenOutputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures and files of given logits, computed by hand. */
final class ReadingResultsTest {
    @TempDir
    Path folder;

    @Test
    void race() throws IOException {
        String row = """
                {"article": "my card", "answers": ["B", "D"], "questions": ["is it ?", "or"],\
                 "options": [["a", "b", "c", "d"], ["a", "b", "c", "d"]]}""";
        Files.writeString(folder.resolve("test_high.jsonl"), row);
        Files.writeString(folder.resolve("test_middle.jsonl"), "");
        Map<String, Double> measures = GivenOutputs.evaluate(
                folder, "RACE", 32, GivenOutputs.logits(new float[] {0, 1, 0, 0}, new float[] {2, 1, 0, 1}));
        assertEquals(Map.of("accuracy", 0.5), measures);
        assertEquals(
                "index\tpredictions\n0\tB\n1\tA\n", Files.readString(folder.resolve("submit-test-high-final.tsv")));
    }

    /** Returns the outputs of a window that has the greatest logits at a first and at a last token. */
    private static Map<String, float[]> span(int start, int end) {
        float[] starts = new float[24];
        float[] ends = new float[24];
        starts[start] = 3;
        ends[end] = 3;
        return Map.of("start_logits", starts, "end_logits", ends);
    }

    /** Tokens are [CLS] my [SEP] my card is my money [SEP]. */
    @Test
    void squad() throws IOException {
        List<String> questions = new ArrayList<>();
        for (String id : List.of("right", "wrong", "none")) {
            questions.add("{\"id\": \"" + id + "\", \"question\": \"my\", \"is_impossible\": " + id.equals("none")
                    + ", \"answers\": ["
                    + (id.equals("none") ? "" : "{\"text\": \"card\", \"answer_start\": 3}") + "]}");
        }
        Files.writeString(
                folder.resolve("dev-v2.0.json"),
                "{\"data\": [{\"paragraphs\": [{\"context\": \"my card is my money\", \"qas\": ["
                        + String.join(",", questions) + "]}]}]}");
        Map<String, Double> measures =
                GivenOutputs.evaluate(folder, "SQuAD2.0", 24, List.of(span(4, 4), span(3, 4), span(0, 0)));
        assertEquals(
                "{\"right\":\"card\",\"wrong\":\"my card\",\"none\":\"\"}\n",
                Files.readString(folder.resolve("submit-dev-final.json")));
        assertEquals(200 / 3.0, measures.get("exact_match"), 1e-9);
        assertEquals((100 + 200 / 3.0 + 100) / 3, measures.get("f1"), 1e-9);
        assertEquals(50, measures.get("HasAns_exact"), 1e-9);
        assertEquals(100, measures.get("NoAns_f1"), 1e-9);
    }
}
