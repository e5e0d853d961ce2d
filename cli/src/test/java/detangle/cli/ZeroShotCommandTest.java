package detangle.cli;

import static detangle.cli.CommandRuns.json;
import static detangle.cli.CommandRuns.names;
import static detangle.cli.CommandRuns.result;
import static detangle.cli.CommandRuns.run;
import static detangle.cli.CommandRuns.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.cli.CommandRuns.Result;
import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command zero-shot-classification, with models for natural language inference and GLiClass models. */
class ZeroShotCommandTest {
    private static final List<String> QUESTIONS =
            List.of("Where is my new card?", "My card was swallowed.", "What is the exchange rate?");

    @TempDir
    private Path folder;

    private String model(String className, List<String> labels) throws IOException {
        return TinyModel.write(folder.resolve("model"), className, labels).toString();
    }

    /** A list on the command line has spaces and commas too many, as people type them. */
    @Test
    void namesInListsAreStripped() throws IOException {
        String nli = TinyModel.write(
                        folder.resolve("nli"),
                        "ForSequenceClassification",
                        List.of("contradiction", "neutral", "entailment"))
                .toString();
        String[] zeroShot = {
            "zero-shot-classification", "--model", nli, "--format", "json", "Where is my card?", "--labels"
        };
        JsonNode plain = JsonMapper.shared().readTree(run(with(zeroShot, "money,travel")));
        assertEquals(plain, JsonMapper.shared().readTree(run(with(zeroShot, "money,, \u00a0travel\t,"))));
        assertEquals(plain, JsonMapper.shared().readTree(run(with(zeroShot, " \"money\" ,travel"))));

        Result twice = result(with(zeroShot, "money, money,travel"));
        assertEquals(0, twice.status());
        assertEquals(
                "detangle: --candidate-labels names 'money' more than once; it counts once",
                twice.err().strip());
        assertEquals(plain, JsonMapper.shared().readTree(twice.out()));

        Result none = result(with(zeroShot, " , \u3000"));
        assertEquals(2, none.status());
        assertTrue(none.err().startsWith("detangle: --candidate-labels names nothing"), none.err());
        String gliner = TinyGliner.write(folder.resolve("gliner")).toString();
        assertEquals(
                2, result("extract", "--model", gliner, "--labels", ",", "Ada").status());
        assertEquals(
                run("extract", "--model", gliner, "--labels", "person,city", "Ada lives in London."),
                run("extract", "--model", gliner, "--labels", " person , city,", "Ada lives in London."));
    }

    @Test
    void zeroShot() throws IOException {
        String model = model("ForSequenceClassification", List.of("contradiction", "entailment"));
        JsonNode result = json(
                "zero-shot-classification", "--model", model, "--candidate-labels", "sport,banking", QUESTIONS.get(0));
        assertEquals(List.of("sequence", "labels", "scores"), names(result.get(0)));
        assertEquals(QUESTIONS.get(0), result.get(0).get("sequence").stringValue());
        double first = result.get(0).get("scores").get(0).doubleValue();
        double second = result.get(0).get("scores").get(1).doubleValue();
        assertEquals(1, first + second, 2e-6);
        assertTrue(first >= second);
    }

    @Test
    void zeroShotTakesGliclassModels() throws IOException {
        Path model = TinyGliclass.write(folder.resolve("gliclass"));
        String[] asked = {"zero-shot-classification", "--model", model.toString(), "--labels", "sport,banking,art"};
        JsonNode all = json(with(asked, QUESTIONS.get(0))).get(0);
        assertEquals(List.of("sequence", "labels", "scores"), names(all));
        assertEquals(3, all.get("labels").size());
        JsonNode each = json(with(asked, "--multi-label", "--threshold", "0.99999", QUESTIONS.get(0)))
                .get(0);
        assertEquals(0, each.get("labels").size());
        JsonNode prompted = json(with(asked, "--prompt", "What is it about?", QUESTIONS.get(0)))
                .get(0);
        assertTrue(!all.get("scores").equals(prompted.get("scores")));
        String inspected = run("inspect", model.toString());
        assertTrue(inspected.contains("GLiClass, uni-encoder"), inspected);
        assertTrue(inspected.contains("deberta-v2, 2 layers of 16"), inspected);
        assertTrue(inspected.contains("for weights"), inspected);
        Path artifact = folder.resolve("gliclass.dtl");
        assertEquals(
                0,
                result("compile", model.toString(), "-o", artifact.toString()).status());
        assertEquals(
                all,
                json("zero-shot-classification", "--model", artifact.toString(), "--labels", asked[4], QUESTIONS.get(0))
                        .get(0));
        Result classify = result("classify", "--model", model.toString(), "a");
        assertTrue(classify.err().contains("run it with zero-shot-classification"), classify.err());
        String nli = model("ForSequenceClassification", List.of("contradiction", "entailment"));
        Result prompt = result("zero-shot-classification", "--model", nli, "--labels", "a", "--prompt", "b", "c");
        assertTrue(prompt.err().contains("takes neither a prompt nor examples nor chunks"), prompt.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bi-encoder", "bi-encoder-fused"})
    void encodersOfLabelsAreInspectedAndCompiled(String kind) throws IOException {
        Path model = TinyGliclass.writeBiEncoder(folder.resolve("labelled"), kind);
        String inspected = run("inspect", model.toString());
        assertTrue(inspected.contains("GLiClass, " + kind), inspected);
        assertTrue(inspected.contains("1 layers of 8, with the tokenizer of somebody/labels"), inspected);
        assertTrue(inspected.lines().anyMatch(line -> line.startsWith("memory of labels")), inspected);
        Path artifact = folder.resolve("labelled.dtl");
        assertEquals(
                0,
                result("compile", model.toString(), "-o", artifact.toString()).status());
        assertEquals(0, result("verify", artifact.toString()).status());
        assertTrue(run("inspect", artifact.toString()).contains("memory of labels"));
        String[] asked = {"zero-shot-classification", "--labels", "sport,banking,art", QUESTIONS.get(0), "--model"};
        assertEquals(json(with(asked, model.toString())), json(with(asked, artifact.toString())));
        Path vectors = folder.resolve("vectors.safetensors");
        float[] vector = new float[16];
        vector[3] = 1;
        SequencedMap<String, Tensor> given = new TreeMap<>(
                Map.of("sport", Tensor.of(vector, 16), "banking", Tensor.of(vector, 16), "art", Tensor.of(vector, 16)));
        SafetensorsWriter.write(vectors, given, Map.of());
        JsonNode equal = json(with(asked, model.toString(), "--label-vectors", vectors.toString()))
                .get(0);
        if (kind.equals("bi-encoder")) {
            assertEquals(equal.get("scores").get(0), equal.get("scores").get(2));
        }
        String nli = model("ForSequenceClassification", List.of("contradiction", "entailment"));
        assertTrue(result(with(asked, nli, "--label-vectors", vectors.toString()))
                .err()
                .contains("takes no vectors of labels"));
        // The tokenizer of labels is in the file, and is not looked for anywhere else.
        Files.delete(model.resolve("labels/tokenizer.json"));
        json(with(asked, artifact.toString()));
    }

    @Test
    void zeroShotTakesGroupsOfLabelsExamplesAndParts() throws IOException {
        String model = TinyGliclass.write(folder.resolve("gliclass")).toString();
        Path groups = Files.writeString(
                folder.resolve("groups.json"),
                "{\"topic\": {\"money\": [\"card\", \"loan\"]}, \"tone\": [\"glad\", \"sad\"], \"kind\":"
                        + " \"question\"}");
        String[] asked = {
            "zero-shot-classification",
            "--model",
            model,
            "--multi-label",
            "--hierarchical-labels",
            groups.toString(),
            QUESTIONS.get(0)
        };
        JsonNode flat = json(asked).get(0);
        assertEquals(
                Set.of("topic.money.card", "topic.money.loan", "tone.glad", "tone.sad", "kind.question"),
                flat.get("labels").valueStream().map(JsonNode::stringValue).collect(Collectors.toSet()));
        JsonNode nested = json(with(asked, "--return-hierarchical")).get(0);
        assertEquals(List.of("topic", "tone", "kind"), names(nested));
        assertEquals(List.of("card", "loan"), names(nested.get("topic").get("money")));
        int place = flat.get("labels")
                .valueStream()
                .map(JsonNode::stringValue)
                .toList()
                .indexOf("tone.sad");
        assertEquals(flat.get("scores").get(place), nested.get("tone").get("sad"));

        Path examples = Files.writeString(
                folder.resolve("examples.json"),
                "{\"examples\": [{\"text\": \"My loan is lost.\", \"labels\": [\"topic.money.loan\", \"tone.sad\"]},"
                        + " {\"text\": \"Hello\", \"true_labels\": \"tone.glad\"}]}");
        assertNotEquals(
                flat, json(with(asked, "--examples", examples.toString())).get(0));

        // All labels in one group, and one part of the text, are what is judged without parts.
        assertEquals(flat, json(with(asked, "--labels-chunk-size", "5")).get(0));
        assertNotEquals(flat, json(with(asked, "--labels-chunk-size", "2")).get(0));
        String parts = run(with(
                asked, "--text-chunk-size", "9", "--text-chunk-overlap", "2", "--format", "csv", QUESTIONS.get(1)));
        assertEquals(1 + 2 * 5, parts.lines().count(), parts);

        Result both = result(with(asked, "--labels", "a"));
        assertTrue(both.err().contains("either --candidate-labels or --hierarchical-labels"), both.err());
        Result overlap = result(with(asked, "--text-chunk-size", "9", "--text-chunk-overlap", "9"));
        assertTrue(overlap.err().contains("cannot share 9: choose 0 to 8"), overlap.err());
        Files.writeString(groups, "{\"tone\": [1]}");
        Result number = result(asked);
        assertTrue(number.err().contains("tone has an element that is not a string"), number.err());
        Files.writeString(examples, "{\"examples\": [{\"labels\": [\"a\"]}]}");
        Result textless = result(
                "zero-shot-classification", "--model", model, "--labels", "a", "--examples", examples.toString(), "b");
        assertTrue(textless.err().contains("examples[0].text is missing"), textless.err());
    }
}
