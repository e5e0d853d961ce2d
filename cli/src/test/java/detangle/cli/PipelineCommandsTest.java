package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.weights.SafetensorsWriter;
import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The commands of pipelines: what they read, and the JSON that users of HuggingFace know. */
class PipelineCommandsTest {
    private static final List<String> QUESTIONS =
            List.of("Where is my new card?", "My card was swallowed.", "What is the exchange rate?");
    private static final String SMILING = "Ada \ud83d\ude00 lives in London.";

    @TempDir
    private Path folder;

    private record Result(int status, String out, String err) {}

    private static Result result(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(status, out.toString(), err.toString());
    }

    private static String run(String... arguments) {
        Result result = result(arguments);
        assertEquals(0, result.status(), result.err());
        assertEquals("", result.err());
        return result.out();
    }

    private static JsonNode json(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--format", "json"));
        return JsonMapper.shared().readTree(run(all.toArray(String[]::new)));
    }

    private static List<String> names(JsonNode object) {
        return List.copyOf(object.propertyNames());
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
    void aGlinerFolderIsCalledWhatItIs() throws IOException {
        Path gliner = TinyGliner.write(folder.resolve("gliner"));
        String inspected = run("inspect", gliner.toString());
        assertTrue(inspected.contains("GLiNER, uni-encoder, spans"), inspected);
        assertTrue(inspected.contains("extract --labels"), inspected);
        assertTrue(inspected.contains("deberta-v2, 2 layers of 16"), inspected);
        for (String command : List.of("classify", "token-classification", "feature-extraction")) {
            Result result = result(command, "--model", gliner.toString(), "Ada lives in London.");
            assertEquals(1, result.status());
            assertEquals(
                    "detangle: " + gliner.resolve("gliner_config.json")
                            + ": this is a GLiNER model, which finds entities of kinds that are named: run it with"
                            + " extract --labels",
                    result.err().strip());
        }
        Path config = gliner.resolve("gliner_config.json");
        Files.writeString(config, Files.readString(config).replace("markerV0", "token_level"));
        inspected = run("inspect", gliner.toString());
        assertTrue(inspected.contains("GLiNER, uni-encoder, tokens"), inspected);
        assertTrue(inspected.contains("any number of words"), inspected);
        Files.writeString(config, Files.readString(config).replace("token_level", "conv_conv"));
        inspected = run("inspect", gliner.toString());
        assertTrue(inspected.contains("none: " + config + ": span_mode is 'conv_conv'"), inspected);
    }

    /** A GLiNER model in one file answers as its folder does, in its tensors' type or another. */
    @Test
    void aGlinerModelIsCompiledIntoOneFile() throws IOException {
        String model = TinyGliner.write(folder.resolve("gliner")).toString();
        String artifact = folder.resolve("gliner.dtl").toString();
        assertEquals(0, result("compile", model, "-o", artifact).status());
        String[] asked = {"--labels", "person,city", "--threshold", "0.3", "Ada lives in London."};
        String expected = run(Stream.concat(Stream.of("extract", "--model", model), Stream.of(asked))
                .toArray(String[]::new));
        assertTrue(expected.contains("("), expected);
        assertEquals(
                expected,
                run(Stream.concat(Stream.of("extract", "--model", artifact), Stream.of(asked))
                        .toArray(String[]::new)));
        assertTrue(run("inspect", artifact).contains("GLiNER, uni-encoder, spans"));
        assertEquals(
                2,
                result("compile", model, "--convention", "microsoft", "-o", artifact)
                        .status());
        String narrow = folder.resolve("narrow.dtl").toString();
        assertEquals(
                0,
                result("compile", model, "--weight-type", "bf16", "-o", narrow).status());
        assertTrue(Files.size(Path.of(narrow)) < Files.size(Path.of(artifact)));
        run("extract", "--model", narrow, "--labels", "person", "Ada lives in London.");
    }

    @Test
    void relationsHaveTheShapeOfTheOriginals() throws IOException {
        String model = TinyGliner.writeWithRelations(folder.resolve("gliner")).toString();
        String[] extract = {
            "extract",
            "--model",
            model,
            "--labels",
            "person,city",
            "--threshold",
            "0.3",
            "--relations",
            "lives in",
            "--relation-threshold",
            "0",
            "--adjacency-threshold",
            "0.1",
            "--format",
            "json",
            "Ada lives in London."
        };
        JsonNode all = JsonMapper.shared().readTree(run(extract));
        JsonNode found = all.isArray() ? all.get(0) : all;
        assertEquals(List.of("entities", "relations"), List.copyOf(found.propertyNames()));
        assertTrue(found.get("relations").size() > 0, found.toString());
        for (JsonNode relation : found.get("relations")) {
            assertEquals(List.of("head", "tail", "relation", "score"), List.copyOf(relation.propertyNames()));
            JsonNode head = relation.get("head");
            JsonNode entity = found.get("entities").get(head.get("entity_idx").intValue());
            assertEquals(entity.get("start"), head.get("start"));
            assertEquals(entity.get("label"), head.get("type"));
        }
        Path parquet = folder.resolve("relations.parquet");
        Path file = Files.writeString(folder.resolve("one.csv"), "text\nAda lives in London.\n");
        run(
                "extract",
                "--model",
                model,
                "--labels",
                "person,city",
                "--threshold",
                "0.3",
                "--relations",
                "lives in",
                "--file",
                file.toString(),
                "-o",
                parquet.toString());
        assertTrue(Files.size(parquet) > 0);
        String plain = TinyGliner.write(folder.resolve("plain")).toString();
        Result none = result("extract", "--model", plain, "--labels", "a", "--relations", "b", "Ada");
        assertEquals(1, none.status());
        assertTrue(none.err().contains("relations_layer is not set"), none.err());
        Result vectors = result(
                "extract", "--model", plain, "--labels", "a", "--label-vectors", plain + "/model.safetensors", "Ada");
        assertEquals(1, vectors.status());
        assertTrue(vectors.err().contains("and a label's vector is a row of numbers"), vectors.err());
        for (String option : List.of("--threshold", "--relation-threshold", "--adjacency-threshold")) {
            assertEquals(
                    2,
                    result("extract", "--model", plain, "--labels", "a", option, "2", "Ada")
                            .status());
        }
        Result alone = result("extract", "--model", plain, "--labels", "a", "--relation-threshold", "0.5", "Ada");
        assertEquals(2, alone.status());
        assertTrue(alone.err().contains("go with --relations"), alone.err());
    }

    @Test
    void aGliner2ModelTakesASchema() throws IOException {
        String model = TinyGliner2.write(folder.resolve("gliner2")).toString();
        Path schema = Files.writeString(folder.resolve("schema.json"), """
            {"entities": ["person", {"x": 1}]}
            """);
        String[] extract = {"extract", "--model", model, "--threshold", "0.01", "Ada lives in London.", "--schema"};
        Result refused = result(with(extract, schema.toString()));
        assertEquals(1, refused.status());
        assertEquals(
                "detangle: " + schema + ": entities has an element that is not a string",
                refused.err().strip());

        Files.writeString(schema, """
            {"entities": ["person"], "relations": ["lives in"], "structures": {"event": ["who::str", "kind::[a|b]"]},
             "classifications": [{"task": "topic", "labels": ["science", "sport"]}]}
            """);
        String[] asked = with(extract, schema.toString());
        JsonNode json = JsonMapper.shared()
                .readTree(run(with(with(asked, "--format"), "json")))
                .get(0);
        assertEquals(List.of("event", "entities", "topic", "relation_extraction"), List.copyOf(json.propertyNames()));
        assertTrue(json.get("topic").has("label"), json.toString());
        String table = run(with(with(asked, "--format"), "csv"));
        assertTrue(table.contains("part,name,instance,field,value,score,start,end"), table);
        assertTrue(table.contains("class,topic,"), table);
        assertFalse(run(with(with(asked, "--format"), "jsonl")).isBlank());
        assertTrue(run(asked).contains("topic: "), "no class is printed");

        String[] labels = {
            "extract",
            "--model",
            model,
            "--labels",
            "person,city",
            "--threshold",
            "0.01",
            "Ada lives.",
            "--format",
            "json"
        };
        JsonMapper.shared()
                .readTree(run(labels))
                .forEach(entities -> entities.forEach(e -> assertTrue(e.has("label") && e.has("score"), e.toString())));
        Result none = result("extract", "--model", model, "Ada");
        assertEquals(2, none.status());
        assertTrue(none.err().startsWith("detangle: say what to look for with --labels"), none.err());
        for (String classes : List.of("topic=a", "topic=a|a")) {
            Result wrong = result("extract", "--model", model, "--classes", classes, "Ada");
            assertEquals(2, wrong.status());
            assertTrue(wrong.err().contains("needs at least two labels, each once"), wrong.err());
        }
        Result other = result(
                "extract",
                "--model",
                TinyGliner.write(folder.resolve("gliner")).toString(),
                "--classes",
                "topic=a|b",
                "Ada");
        assertEquals(1, other.status());
        assertTrue(other.err().contains("is not a GLiNER2 model"), other.err());

        String inspected = run("inspect", model);
        assertTrue(inspected.contains("GLiNER2, span"), inspected);
        assertTrue(inspected.contains("extract --schema"), inspected);
        assertTrue(inspected.contains("for weights ("), inspected);
        String artifact = folder.resolve("gliner2.dtl").toString();
        assertEquals(0, result("compile", model, "-o", artifact).status());
        assertEquals(
                run(asked),
                run(Stream.of(asked)
                        .map(word -> word.equals(model) ? artifact : word)
                        .toArray(String[]::new)));
        assertTrue(run("inspect", artifact).contains("GLiNER2, span"), "the artifact's kind is not told");
        Result classified = result("classify", "--model", model, "Ada");
        assertTrue(classified.err().contains("this is a GLiNER2 model"), classified.err());
    }

    @Test
    void aBoundaryModelTakesAPolicyForOverlaps() throws IOException {
        String model = TinyGliner2.writeBoundary(folder.resolve("boundary"), ",\"enable_abstention\":false")
                .toString();
        Path schema = Files.writeString(folder.resolve("schema.json"), """
            {"entities": {"person": {"dtype": "str"}}, "relations": ["lives in"],
             "structures": {"event": {"mode": "natural", "fields": ["who", "where"]}}}
            """);
        String[] asked = {
            "extract", "--model", model, "--schema", schema.toString(), "--threshold", "0.01", "Ada lives in London."
        };
        JsonNode nested = JsonMapper.shared()
                .readTree(run(with(asked, "--overlap-policy", "nested", "--format", "json")))
                .get(0);
        JsonNode flat = JsonMapper.shared()
                .readTree(run(with(asked, "--overlap-policy", "flat", "--format", "json")))
                .get(0);
        int all = nested.get("entities").get("person").size();
        assertTrue(all > flat.get("entities").get("person").size(), nested + " and " + flat);
        assertTrue(flat.get("entities").get("person").size() > 0, flat.toString());
        assertTrue(run(asked).contains(": person"), "no entity is printed");
        Result wrong = result(with(asked, "--overlap-policy", "some"));
        assertEquals(2, wrong.status());
        assertTrue(wrong.err().contains("--overlap-policy"), wrong.err());
        Result other = result(
                "extract",
                "--model",
                TinyGliner.write(folder.resolve("gliner")).toString(),
                "--labels",
                "a",
                "--overlap-policy",
                "flat",
                "Ada");
        assertEquals(1, other.status());
        assertTrue(other.err().contains("none of --schema, --classes and --overlap-policy"), other.err());
        String inspected = run("inspect", model);
        assertTrue(inspected.contains("GLiNER2, boundary"), inspected);
        assertTrue(inspected.contains("per_query, 128"), inspected);
        assertTrue(inspected.contains("for weights ("), inspected);
    }

    private static String[] with(String[] arguments, String... last) {
        return Stream.concat(Stream.of(arguments), Stream.of(last)).toArray(String[]::new);
    }

    private String model(String className, List<String> labels) throws IOException {
        return TinyModel.write(folder.resolve("model"), className, labels).toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"questions.csv", "questions.jsonl", "questions-snappy.parquet", "questions-zstd.parquet"})
    void readsFilesOfEachFormat(String name) throws Exception {
        Path file = name.endsWith(".parquet")
                ? Path.of(getClass().getResource("/parquet/" + name).toURI())
                : folder.resolve(name);
        StringBuilder content = new StringBuilder(name.endsWith(".csv") ? "id,question\n" : "");
        for (String question : QUESTIONS) {
            content.append(
                    switch (name) {
                        case "questions.csv" -> "1,\"" + question + "\"\r\n";
                        case "questions.jsonl" -> "{\"id\":1,\"question\":\"" + question + "\"}\n";
                        default -> question + "\n";
                    });
        }
        if (!name.endsWith(".parquet")) {
            Files.writeString(file, content);
        }
        assertEquals(
                "card_arrival\ncard_swallowed\nexchange_rate\n",
                run("classify", "--file", file.toString(), "--column", "question")
                        .replaceAll(" \\(.*\\)", ""));
    }

    @Test
    void pairsComeFromColumns() throws IOException {
        Path file = Files.writeString(
                folder.resolve("pairs.jsonl"), "{\"text\":\"Where is my card?\",\"text_pair\":\"It is lost.\"}\n");
        String one = run("classify", "--text-pair", "It is lost.", "Where is my card?", "--format", "jsonl");
        String other = run("classify", "--file", file.toString(), "--pair-column", "text_pair", "--format", "jsonl");
        assertEquals(one, other);
        assertEquals(
                List.of("text", "text_pair", "label", "score"),
                names(JsonMapper.shared().readTree(one)));
    }

    @Test
    void aFailureHalfwayLeavesTheRowsBeforeIt() throws IOException {
        Path file =
                Files.writeString(folder.resolve("a.jsonl"), "{\"text\":\"Where is my card?\"}\n{\"texts\":\"b\"}\n");
        Result result = result("classify", "--file", file.toString(), "--format", "json");
        assertEquals(1, result.status());
        assertEquals("[[{\"label\":\"card_arrival\",\"score\":0.933406}]]" + System.lineSeparator(), result.out());
        assertEquals(
                "detangle: " + file + ", row 2 has no 'text'; it has texts: choose with --column"
                        + System.lineSeparator(),
                result.err());
    }

    @Test
    void aLongTextIsClassifiedInWindows() throws IOException {
        String text = "😀 " + "What is the exchange rate? ".repeat(9) + "My card was swallowed.";
        String[] windows = {"classify", "--max-length", "24", "--stride", "8", "--watch", "card_swallowed"};
        JsonNode found = json(with(windows, text)).get(0).get(0);
        assertEquals(List.of("label", "score", "start", "end"), names(found));
        assertEquals(text.codePointCount(0, text.length()), found.get("end").intValue());
        String line = run(with(windows, text)).strip();
        assertTrue(line.endsWith(" at " + found.get("start") + " to " + found.get("end")), line);
        Path file = Files.writeString(folder.resolve("a.txt"), text + "\n");
        String csv = run(with(windows, "--file=" + file, "--format", "csv", "--top-k", "2"));
        assertEquals(3, csv.lines().count(), csv);
        assertTrue(csv.startsWith("text,label,score,start,end"), csv);
        assertEquals(2, result("classify", "--watch", "card_swallowed", text).status());
        assertEquals(
                2, result("classify", "--stride", "8", "--text-pair", "a", text).status());
        Result unknown = result("classify", "--stride", "8", "--watch", "INJECTION", text);
        assertTrue(unknown.err().contains("has no label 'INJECTION'"), unknown.err());
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

    @Test
    void extractTellsTheMostProbableLabels() throws IOException {
        String model = TinyGliner.write(folder.resolve("gliner")).toString();
        String[] asked = {
            "extract", "--model", model, "--labels", "a,b,c,d,e,f,g", "--threshold", "0.05", "Ada lives in London."
        };
        JsonNode plain = json(asked).get(0);
        JsonNode told = json(with(asked, "--return-class-probs")).get(0);
        assertTrue(plain.size() > 0);
        assertEquals(plain.size(), told.size());
        for (JsonNode entity : told) {
            JsonNode classes = entity.get("class_probs");
            assertEquals(5, classes.size());
            assertEquals(entity.get("score"), classes.get(entity.get("label").stringValue()));
            List<Double> scores =
                    classes.valueStream().map(JsonNode::doubleValue).toList();
            assertEquals(scores.stream().sorted(Comparator.reverseOrder()).toList(), scores);
        }
        assertTrue(result(with(asked, "--return-class-probs", "--merge-adjacent"))
                .err()
                .contains("leave out --merge-adjacent"));
        String tokens = TinyGliner.writeOfTokens(folder.resolve("tokens")).toString();
        asked[2] = tokens;
        assertTrue(result(with(asked, "--return-class-probs")).err().contains("span_mode is token_level"));
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

    @Test
    void bertScore() throws IOException {
        String model = model("ForSequenceClassification", List.of("a", "b"));
        Path candidates = Files.writeString(folder.resolve("hyps.txt"), "Where is my card?\n\n");
        Path references = Files.writeString(folder.resolve("refs.txt"), "Where is my new card?\nIt is lost.\n");
        String[] asked = {"bertscore", "-m", model, "-c", candidates.toString(), "-r", references.toString()};
        List<String> lines = run(with(asked, "-l", "1", "-s", "--idf")).lines().toList();
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).startsWith(model + "_L1_idf P: 0."), lines.get(0));
        assertEquals("0.000000\t0.000000\t0.000000", lines.get(2));
        assertEquals(3, run(with(asked, "--all_layers")).lines().count());
        String same = run("bertscore", "-m", model, "--num_layers", "2", "-c", "It is lost.", "-r", "It is lost.");
        assertTrue(same.endsWith("_L2_no-idf P: 1.000000 R: 1.000000 F1: 1.000000" + System.lineSeparator()), same);
        Path folderOfBaselines = Files.createDirectories(folder.resolve("rescale_baseline/en/microsoft"));
        Files.writeString(folderOfBaselines.resolve("model.tsv"), "LAYER,P,R,F\n0,0,0,0\n1,0.5,0.5,0.5\n");
        String rescaled = run(with(
                asked,
                "-l",
                "1",
                "--rescale_with_baseline",
                "--baseline_path",
                folder.resolve("rescale_baseline").toString()));
        assertTrue(rescaled.contains("_L1_no-idf-rescaled P: "), rescaled);
        assertEquals(2, result(with(asked, "--rescale-with-baseline")).status());
        assertEquals(2, result("bertscore", "-c", "a", "-r", "b").status());
        Result layers = result(asked);
        assertTrue(layers.err().contains("choose one of its 2 layers"), layers.err());
        Result unequal = result("bertscore", "-m", model, "-l", "1", "-c", "a", "-r", references.toString());
        assertTrue(unequal.err().contains("has 2 references, and there are 1 candidates"), unequal.err());
    }

    @Test
    void offsetsCountCodePoints() throws IOException {
        String model = model("ForTokenClassification", List.of("O", "I-PER", "I-LOC"));
        for (JsonNode entity : json("token-classification", "--model", model, "--aggregation-strategy", "none", SMILING)
                .get(0)) {
            assertEquals(List.of("entity", "score", "word", "start", "end"), names(entity));
            int start = SMILING.offsetByCodePoints(0, entity.get("start").intValue());
            int end = SMILING.offsetByCodePoints(0, entity.get("end").intValue());
            assertEquals(entity.get("word").stringValue(), SMILING.substring(start, end));
        }
        JsonNode grouped = json("ner", "--model", model, SMILING).get(0);
        grouped.forEach(e -> assertEquals("entity_group", names(e).getFirst()));
    }

    @Test
    void answers() throws IOException {
        String model = model("ForQuestionAnswering", List.of("LABEL_0", "LABEL_1"));
        JsonNode answer = json("question-answering", "--model", model, "--question", "Where?", SMILING)
                .get(0);
        assertEquals(List.of("score", "start", "end", "answer"), names(answer));
        int start = SMILING.offsetByCodePoints(0, answer.get("start").intValue());
        int end = SMILING.offsetByCodePoints(0, answer.get("end").intValue());
        assertEquals(answer.get("answer").stringValue(), SMILING.substring(start, end));
        Path file = Files.writeString(
                folder.resolve("squad.jsonl"), "{\"question\":\"Where?\",\"context\":\"" + SMILING + "\"}\n");
        assertEquals(
                answer,
                json("question-answering", "--model", model, "--file", file.toString())
                        .get(0));
    }

    @Test
    void masks() throws IOException {
        String model = TinyModel.write(
                        folder.resolve("mlm"), "ForMaskedLM", List.of("LABEL_0"), Optional.of(Architecture.MASKED_LM))
                .toString();
        JsonNode one = json("fill-mask", "--model", model, "--top-k", "2", "Where is my [MASK]?")
                .get(0);
        assertEquals(2, one.size());
        assertEquals(List.of("score", "token", "token_str", "sequence"), names(one.get(0)));
        JsonNode two = json("fill-mask", "--model", model, "--targets", "card,money", "[MASK] is my [MASK]?")
                .get(0);
        assertEquals(2, two.size());
        assertEquals(2, two.get(0).size());
    }

    @Test
    void vectors() {
        JsonNode vector =
                json("feature-extraction", "--normalize", QUESTIONS.get(0)).get(0);
        double squares = 0;
        for (JsonNode value : vector) {
            squares += value.doubleValue() * value.doubleValue();
        }
        assertEquals(1, squares, 1e-4);
        JsonNode cut = json("feature-extraction", "--truncate-dim", "8", QUESTIONS.get(0));
        assertEquals(8, cut.get(0).size());
    }

    @Test
    void rankings() throws IOException {
        String model = model("ForSequenceClassification", List.of("LABEL_0"));
        JsonNode ranked = json(
                "text-ranking",
                "--model",
                model,
                "--query",
                "card",
                QUESTIONS.get(0),
                QUESTIONS.get(1),
                QUESTIONS.get(2));
        assertEquals(3, ranked.size());
        for (JsonNode document : ranked) {
            assertEquals(List.of("corpus_id", "score", "text"), names(document));
            assertEquals(
                    QUESTIONS.get(document.get("corpus_id").intValue()),
                    document.get("text").stringValue());
        }
        assertTrue(ranked.get(0).get("score").doubleValue()
                >= ranked.get(2).get("score").doubleValue());
    }

    @Test
    void choices() throws IOException {
        String model = model("ForMultipleChoice", List.of("LABEL_0"));
        JsonNode one =
                json("multiple-choice", "--model", model, "--prompt", "I lost my card.", "I block it.", "I eat.");
        assertEquals(List.of("index", "score", "choice"), names(one.get(0).get(0)));
        Path file = Files.writeString(folder.resolve("swag.csv"), "prompt,a,b\nI lost my card.,I block it.,I eat.\n");
        assertEquals(
                one, json("multiple-choice", "--model", model, "--file", file.toString(), "--choice-columns", "a,b"));
    }

    @Test
    void replacedTokens() throws IOException {
        String model = TinyModel.write(
                        folder.resolve("rtd"),
                        "ForMaskedLM",
                        List.of("LABEL_0"),
                        Optional.of(Architecture.REPLACED_TOKEN_DETECTION))
                .toString();
        JsonNode tokens = json("replaced-token-detection", "--model", model, QUESTIONS.get(0))
                .get(0);
        assertEquals(List.of("score", "word", "start", "end"), names(tokens.get(0)));
        assertEquals(6, tokens.size());
    }
}
