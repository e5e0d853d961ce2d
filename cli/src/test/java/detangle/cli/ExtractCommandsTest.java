package detangle.cli;

import static detangle.cli.CommandRuns.json;
import static detangle.cli.CommandRuns.result;
import static detangle.cli.CommandRuns.run;
import static detangle.cli.CommandRuns.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.cli.CommandRuns.Result;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command extract, and GLiNER and GLiNER2 models in other commands. */
class ExtractCommandsTest {
    @TempDir
    private Path folder;

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
}
