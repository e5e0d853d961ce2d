package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.gliner2.OverlapPolicy;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** GLiNER2 models with random weights against what GLiNER2's own code finds with them. */
class Gliner2FamilyTest {
    /**
     * Texts that the original reads otherwise in a batch than alone, as it takes the length of the longest one for
     * theirs: distances of relations are parts of it, and boundary_top_k_alpha is.
     */
    private static final Map<String, Set<Integer>> OF_THEIR_BATCH = Map.of(
            "gliner2-boundary relations", Set.of(0),
            "gliner2-boundary-shared relations", Set.of(0),
            "gliner2-boundary-all relations", Set.of(0),
            "gliner2-boundary-all entities-batch", Set.of(2),
            "gliner2-boundary-all long", Set.of(0, 1));

    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicContainer> answersAsTheOriginal() throws IOException {
        return FamilyFixture.all("gliner2-").stream().map(fixture -> {
            try {
                SchemaExtractor extractor = SchemaExtractor.load(fixture.write(folder.resolve(fixture.name())));
                Stream<DynamicTest> tests = Stream.concat(fixture.cases().stream(), fixture.oddCases().stream())
                        .map(c -> DynamicTest.dynamicTest(
                                c.name(),
                                () -> check(
                                        extractor,
                                        c,
                                        OF_THEIR_BATCH.getOrDefault(fixture.name() + " " + c.name(), Set.of()))));
                return DynamicContainer.dynamicContainer(fixture.name(), tests.onClose(extractor::close));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** @param leftOut texts of which the original's answer is not compared */
    private static void check(SchemaExtractor extractor, FamilyFixture.Case asked, Set<Integer> leftOut) {
        JsonNode options = asked.input().get("options");
        Schema schema = SchemaReader.of(asked.input().get("schema"));
        List<SchemaAnswer> answers = extractor.extract(asked.texts(), schema, options(options));
        assertEquals(asked.expected().size(), answers.size());
        for (int i = 0; i < answers.size(); i++) {
            JsonNode json = JsonMapper.shared().valueToTree(json(options).write(schema, answers.get(i)));
            SchemaAnswer alone = extractor.extract(asked.texts().get(i), schema, options(options));
            compare(
                    asked.name() + "[" + i + "] alone",
                    JsonMapper.shared().valueToTree(json(options).write(schema, alone)),
                    json);
            if (leftOut.contains(i)) {
                continue;
            }
            boolean formatted = options.path("format_results").asBoolean(true);
            compare(
                    asked.name() + "[" + i + "]",
                    inCharacters(asked.expected().get(i).deepCopy()),
                    formatted ? json : raw(schema, json));
        }
    }

    private static SchemaOptions options(JsonNode options) {
        SchemaOptions asked =
                SchemaOptions.DEFAULT.withThreshold(options.get("threshold").doubleValue());
        if (options.has("max_len")) {
            asked = asked.withMaxWords(options.get("max_len").intValue());
        }
        if (options.has("overlap_policy")) {
            String policy = options.get("overlap_policy").stringValue();
            asked = asked.withOverlaps(OverlapPolicy.valueOf(policy.toUpperCase(Locale.ROOT)));
        }
        return options.has("chunk_size")
                ? asked.withWindows(
                        options.get("chunk_size").intValue(),
                        options.get("chunk_overlap").intValue())
                : asked;
    }

    private static SchemaJson json(JsonNode options) {
        return new SchemaJson(
                options.get("include_confidence").booleanValue() ? Optional.of(Double::valueOf) : Optional.empty(),
                options.get("include_spans").booleanValue()
                        ? Optional.of(IntUnaryOperator.identity())
                        : Optional.empty());
    }

    /** What the original answers without format_results. */
    private static JsonNode raw(Schema schema, JsonNode json) {
        ObjectNode raw = (ObjectNode) json.deepCopy();
        JsonNode entities = raw.get("entities");
        raw.putArray("entities").add(entities);
        JsonNode relations = raw.remove("relation_extraction");
        schema.relations().forEach(r -> raw.set(r.name(), relations.get(r.name())));
        schema.classifications().forEach(c -> {
            JsonNode label = json.get(c.task());
            raw.putArray(c.task()).add(label.get("label")).add(label.get("confidence"));
        });
        return raw;
    }

    /** Python's offsets give way to Java's. */
    private static JsonNode inCharacters(JsonNode node) {
        node.forEach(Gliner2FamilyTest::inCharacters);
        if (node instanceof ObjectNode object && object.has("start_utf16")) {
            object.set("start", object.remove("start_utf16"));
            object.set("end", object.remove("end_utf16"));
        }
        return node;
    }

    private static void compare(String where, JsonNode expected, JsonNode found) {
        if (expected.isObject()) {
            assertTrue(found.isObject(), where);
            assertEquals(new TreeSet<>(expected.propertyNames()), new TreeSet<>(found.propertyNames()), where);
            expected.propertyNames().forEach(n -> compare(where + "." + n, expected.get(n), found.get(n)));
        } else if (expected.isArray()) {
            assertTrue(found.isArray(), where);
            assertEquals(expected.size(), found.size(), () -> where + ": " + expected + " and " + found);
            for (int i = 0; i < expected.size(); i++) {
                compare(where + "[" + i + "]", expected.get(i), found.get(i));
            }
        } else if (expected.isNumber()) {
            assertEquals(expected.doubleValue(), found.doubleValue(), 1e-4, where);
        } else {
            assertEquals(expected, found, where);
        }
    }
}
