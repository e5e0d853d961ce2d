package detangle.experiment.superglue;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.GivenOutputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Measures and files of given logits, computed by hand. */
final class SuperGlueResultsTest {
    private static final double TOLERANCE = 1e-9;

    @TempDir
    Path folder;

    private Map<String, Double> measures;

    /** Evaluates given logits of the set {@code dev}, and returns the lines of a file. */
    private String results(String name, int length, String[] lines, float[][] logits, String file) throws IOException {
        Files.write(folder.resolve("val.jsonl"), List.of(lines));
        measures = GivenOutputs.evaluate(folder, name, length, GivenOutputs.logits(logits));
        return Files.readString(folder.resolve(file));
    }

    private void assertMeasure(double expected, String name) {
        assertEquals(expected, measures.get(name), TOLERANCE, name);
    }

    private static final float[] NO = {1, 0};
    private static final float[] YES = {0, 1};

    @Test
    void boolQ() throws IOException {
        String row = "{\"passage\": \"My card.\", \"question\": \"is it\", \"label\": %s}";
        String[] rows = {row.formatted(true), row.formatted(false), row.formatted(true)};
        assertEquals(
                "{\"idx\":0,\"label\":\"true\"}\n{\"idx\":1,\"label\":\"true\"}\n{\"idx\":2,\"label\":\"false\"}\n",
                results("BoolQ", 32, rows, new float[][] {YES, YES, NO}, "submit-dev-final.jsonl"));
        assertEquals(Set.of("accuracy"), measures.keySet());
        assertMeasure(1 / 3.0, "accuracy");
    }

    @Test
    void commitmentBank() throws IOException {
        String row = "{\"premise\": \"My card.\", \"hypothesis\": \"a card\", \"label\": \"%s\"}";
        String[] rows = {row.formatted("contradiction"), row.formatted("entailment"), row.formatted("entailment")};
        float[][] logits = {{1, 0, 0}, {0, 0, 1}, {1, 0, 0}};
        assertEquals(
                "{\"idx\":0,\"label\":\"contradiction\"}\n{\"idx\":1,\"label\":\"entailment\"}\n"
                        + "{\"idx\":2,\"label\":\"contradiction\"}\n",
                results("CB", 32, rows, logits, "submit-dev-final.jsonl"));
        assertMeasure(2 / 3.0, "accuracy");
        assertMeasure((2 / 3.0 + 0 + 2 / 3.0) / 3, "f1"); // No row is neutral, and the class counts all the same.
    }

    @Test
    void multiRc() throws IOException {
        String row = """
                {"idx": %d, "passage": {"text": "My card.", "questions": [
                {"question": "is it", "idx": %d, "answers": [{"text": "a", "idx": 7, "label": 1},
                {"text": "b", "idx": 8, "label": 0}]}]}}""";
        String[] rows = {
            row.formatted(0, 4).replace("\n", ""), row.formatted(1, 5).replace("\n", "")
        };
        assertEquals("""
                {"idx":0,"passage":{"questions":[{"idx":4,"answers":[{"idx":7,"label":1},{"idx":8,"label":0}]}]}}
                {"idx":1,"passage":{"questions":[{"idx":5,"answers":[{"idx":7,"label":1},{"idx":8,"label":1}]}]}}
                """, results("MultiRC", 32, rows, new float[][] {YES, NO, YES, YES}, "submit-dev-final.jsonl"));
        assertMeasure(0.5, "em");
        assertMeasure(2 * 2 / 5.0, "f1");
        rows[1] = rows[1].replace("\"label\": 1", "\"label\": 7"); // An answer with a label that there is not.
        results("MultiRC", 32, rows, new float[][] {YES, NO, NO, NO}, "submit-dev-final.jsonl");
        assertMeasure(1, "em");
        assertMeasure(1, "f1");
    }

    @Test
    void copa() throws IOException {
        String row = "{\"premise\": \"My card.\", \"choice1\": \"a\", \"choice2\": \"b\", \"question\": \"cause\", "
                + "\"label\": %d}";
        String[] rows = {row.formatted(0), row.formatted(0)};
        float[][] logits = {{0, 3}, {0, 2}, {5, 2}, {1, 0}};
        assertEquals(
                "{\"idx\":0,\"label\":0}\n{\"idx\":1,\"label\":1}\n",
                results("COPA", 32, rows, logits, "submit-dev-final.tsv"));
        assertMeasure(0.5, "accuracy");
    }

    @Test
    void wordsInContext() throws IOException {
        String row = "{\"sentence1\": \"My card.\", \"sentence2\": \"a card\", \"start1\": 3, \"end1\": 7, "
                + "\"start2\": 2, \"end2\": 6, \"label\": %s}";
        String[] rows = {row.formatted(true), row.formatted(true)};
        assertEquals(
                "{\"idx\":0,\"label\":\"true\"}\n{\"idx\":1,\"label\":\"false\"}\n",
                results("WiC", 32, rows, new float[][] {YES, NO}, "submit-dev-final.jsonl"));
        assertMeasure(0.5, "accuracy");
    }

    @Test
    void winogradSchemas() throws IOException {
        String row = "{\"text\": \"Mark said he did.\", \"label\": true, \"target\": {\"span1_index\": 0, "
                + "\"span1_text\": \"Mark\", \"span2_index\": 2, \"span2_text\": \"he\"}}";
        assertEquals(
                "{\"idx\":0,\"label\":\"True\"}\n",
                results("WSC", 32, new String[] {row}, new float[][] {YES}, "submit-dev-final.jsonl"));
        assertMeasure(1, "accuracy");
    }

    /** Five words fit beside the query; the two windows share three, so that both have the second entity. */
    @Test
    void entitiesOfWindowsAreAveraged() throws IOException {
        String row = """
                {"passage": {"text": "my card my bank my money", "entities": [{"start": 19, "end": 23},
                {"start": 3, "end": 6}, {"start": 11, "end": 14}]}, "qas": [{"query": "@placeholder", "idx": 9,
                "answers": [{"start": 11, "end": 14, "text": "the Bank"}]}]}""".replace("\n", " ");
        // card 0.9 and bank 0.6 in the first window; bank 0.9 and money 0.7 in the second one; the third one has
        // money alone, 0.7.
        float[][] logits = {
            {(float) Math.log(9), (float) Math.log(1.5)},
            {(float) Math.log(9), (float) Math.log(7 / 3.0)},
            {(float) Math.log(7 / 3.0)}
        };
        String predictions = results("ReCoRD", 9, new String[] {row}, logits, "predictions-dev-final.jsonl");
        assertEquals("{\"idx\":9,\"label\":\"card\"}\n", Files.readString(folder.resolve("submit-dev-final.jsonl")));
        assertEquals(
                List.of("3-7 card 0.400", "11-15 bank 0.235", "19-24 money 0.200"),
                JsonMapper.shared()
                        .readTree(predictions)
                        .get("answers")
                        .valueStream()
                        .map(a -> String.format(
                                Locale.ROOT,
                                "%d-%d %s %.3f",
                                a.get("start").asInt(),
                                a.get("end").asInt(),
                                a.get("text").asString(),
                                a.get("score").asDouble()))
                        .toList());
        assertMeasure(0, "exact_match");
        assertMeasure(0, "f1");
    }
}
