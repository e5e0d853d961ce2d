package detangle.server;

import static detangle.server.TaskAnswers.SCHEMA;
import static detangle.server.TaskAnswers.TEXT;
import static detangle.server.TaskAnswers.assertAlike;
import static detangle.server.TaskAnswers.assertEntity;
import static detangle.server.TaskAnswers.assertScore;
import static detangle.server.TaskAnswers.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.Extraction;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.ExtractionRequest;
import detangle.pipelines.LongTexts;
import detangle.pipelines.Relation;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaJson;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Models of the GLiNER family over HTTP: entities, relations and schemas, with the values of their pipelines. */
class ExtractionApiTest {
    @TempDir
    private static Path folder;

    private static TinyServer server;

    @BeforeAll
    static void start() throws IOException {
        server = TinyServer.start(folder, "gliner", "relations", "gliner2");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static JsonNode answered(String path, Object body) {
        return server.answered(path, body);
    }

    private static void refused(int status, String part, String path, Object body) {
        server.refused(status, part, path, body);
    }

    @Test
    void extract() {
        List<String> labels = List.of("person", "city");
        JsonNode entities = answered(
                "/models/gliner",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "threshold", 0.3, "offsets", "utf_16")));
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("gliner"))) {
            List<Entity> expected = extractor.extract(TEXT, labels, ExtractionOptions.DEFAULT.withThreshold(0.3));
            assertEquals(expected.size(), entities.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEntity(expected.get(i), "label", entities.get(i), 0);
                assertEquals(expected.get(i).word(), entities.get(i).get("text").stringValue());
            }
        }
        refused(422, "extract needs the field 'labels'", "/models/gliner", Map.of("inputs", TEXT));
        refused(
                422,
                "threshold is not a number of 0.0 to 1.0",
                "/models/gliner",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "threshold", 2)));
    }

    @Test
    void entitiesTellTheirMostProbableLabels() {
        List<String> labels = List.of("person", "city");
        Map<String, Object> parameters = Map.of("labels", labels, "threshold", 0.3, "return_class_probs", true);
        JsonNode found = answered("/models/gliner", Map.of("inputs", TEXT, "parameters", parameters));
        DocumentedJson.check(DocumentedJson.answer("/models/{name}/pipeline/extract"), found);
        ExtractionOptions options = ExtractionOptions.DEFAULT.withThreshold(0.3).withClassProbabilities(true);
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("gliner"))) {
            Extraction expected = extractor
                    .run(List.of(ExtractionRequest.of(TEXT, labels, options)), done -> {})
                    .getFirst();
            assertFalse(expected.entities().isEmpty());
            assertEquals(expected.entities().size(), found.size());
            for (int i = 0; i < found.size(); i++) {
                JsonNode classes = found.get(i).get("class_probs");
                assertEquals(expected.classProbabilities().get(i).size(), classes.size());
                expected.classProbabilities()
                        .get(i)
                        .forEach((label, score) ->
                                assertEquals(score, classes.get(label).doubleValue(), 1e-5));
            }
        }
        refused(
                422,
                "leave out the other options",
                "/models/gliner2",
                Map.of("inputs", TEXT, "labels", labels, "return_class_probs", true));
    }

    @Test
    void extractsRelations() {
        List<String> labels = List.of("person", "city");
        List<String> relations = List.of("lives in", "near");
        Map<String, Object> parameters = Map.of(
                "labels",
                labels,
                "relations",
                relations,
                "threshold",
                0.3,
                "relation_threshold",
                0.2,
                "offsets",
                "utf_16");
        JsonNode found = answered("/models/relations", Map.of("inputs", TEXT, "parameters", parameters));
        ExtractionOptions options = ExtractionOptions.DEFAULT.withThreshold(0.3).withRelationThreshold(0.2);
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("relations"))) {
            ExtractionRequest request =
                    ExtractionRequest.of(TEXT, labels, options).withRelations(relations);
            Extraction expected = extractor.run(List.of(request), done -> {}).getFirst();
            assertFalse(expected.relations().isEmpty());
            assertEquals(expected.entities().size(), found.get("entities").size());
            assertEquals(expected.relations().size(), found.get("relations").size());
            for (int i = 0; i < expected.relations().size(); i++) {
                Relation relation = expected.relations().get(i);
                JsonNode actual = found.get("relations").get(i);
                assertEquals(relation.relation(), actual.get("relation").stringValue());
                assertScore(relation.score(), actual);
                assertEnd(expected.entities().get(relation.head()), relation.head(), actual.get("head"));
                assertEnd(expected.entities().get(relation.tail()), relation.tail(), actual.get("tail"));
            }
        }
        refused(
                422,
                "relation_threshold and adjacency_threshold go with relations",
                "/models/relations",
                Map.of("inputs", TEXT, "labels", labels, "adjacency_threshold", 0.5));
        ServerTest.Answer none = ServerTest.post(
                server.server(),
                "/models/gliner",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "relations", relations)));
        assertEquals(422, none.status());
        // The name stands for the folder, which no client is told.
        assertEquals(
                "gliner/gliner_config.json: relations_layer is not set: this model finds entities and no relations",
                none.json().get("error").stringValue());
    }

    private static void assertEnd(Entity expected, int index, JsonNode actual) {
        assertEquals(index, actual.get("entity_idx").intValue());
        assertEquals(expected.entity(), actual.get("type").stringValue());
        assertEquals(expected.word(), actual.get("text").stringValue());
        assertEquals(expected.start(), actual.get("start").intValue());
        assertEquals(expected.end(), actual.get("end").intValue());
    }

    @Test
    void extractsAsTheModelIsTold() {
        List<String> labels = List.of("person", "city");
        String text = (TEXT + " ").repeat(40);
        Map<String, Object> parameters = Map.of(
                "labels",
                labels,
                "threshold",
                0.2,
                "flat_ner",
                false,
                "multi_label",
                true,
                "merge_adjacent",
                true,
                "long_texts",
                "cut",
                "offsets",
                "utf_16");
        JsonNode found = answered("/models/gliner", Map.of("inputs", text, "parameters", parameters));
        ExtractionOptions options =
                new ExtractionOptions(0.2, false, true).withMergeAdjacent(true).withLongTexts(LongTexts.CUT);
        try (EntityExtractor extractor = EntityExtractor.load(folder.resolve("gliner"))) {
            List<Entity> expected = extractor.extract(text, labels, options);
            assertFalse(expected.isEmpty());
            assertEquals(expected.size(), found.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEntity(expected.get(i), "label", found.get(i), 0);
            }
        }
    }

    @Test
    void extractsBySchema() {
        Schema schema = SchemaReader.of(json(SCHEMA));
        JsonNode found = answered(
                "/models/gliner2",
                Map.of("inputs", TEXT, "parameters", Map.of("schema", SCHEMA, "threshold", 0.3, "offsets", "utf_16")));
        JsonNode points = answered(
                "/models/gliner2/pipeline/schema-extraction",
                Map.of("inputs", List.of(TEXT), "parameters", Map.of("schema", SCHEMA, "threshold", 0.3)));
        JsonNode words = answered(
                "/models/gliner2",
                Map.of(
                        "text",
                        TEXT,
                        "schema",
                        SCHEMA,
                        "threshold",
                        0.3,
                        "include_confidence",
                        false,
                        "include_spans",
                        false));
        String text = (TEXT + " ").repeat(8);
        JsonNode windows = answered(
                "/models/gliner2",
                Map.of("text", text, "schema", SCHEMA, "threshold", 0.3, "chunk_size", 30, "chunk_overlap", 8));
        try (SchemaExtractor extractor = SchemaExtractor.load(folder.resolve("gliner2"))) {
            SchemaOptions options = SchemaOptions.DEFAULT.withThreshold(0.3);
            SchemaAnswer expected = extractor.extract(TEXT, schema, options);
            assertFalse(expected.entities().values().stream().allMatch(List::isEmpty));
            SchemaJson units = new SchemaJson(Optional.of(Double::valueOf), Optional.of(i -> i));
            assertAlike(json(units.write(schema, expected)), found);
            assertAlike(json(SchemaJson.of(TEXT).write(schema, expected)), points.get(0));
            assertAlike(json(new SchemaJson(Optional.empty(), Optional.empty()).write(schema, expected)), words);
            assertAlike(
                    json(SchemaJson.of(text)
                            .write(schema, extractor.extract(text, schema, options.withWindows(30, 8)))),
                    windows);
        }
        refused(422, "the schema asks for nothing", "/models/gliner2", Map.of("text", TEXT, "schema", Map.of()));
        refused(
                422,
                "schema is neither an object nor an array",
                "/models/gliner2",
                Map.of("text", TEXT, "schema", "person"));
        refused(
                422,
                "entities has an element that is not a string",
                "/models/gliner2",
                Map.of("text", TEXT, "schema", Map.of("entities", List.of(1))));
        refused(
                422,
                "windows of 5 words cannot share 5",
                "/models/gliner2",
                Map.of("text", TEXT, "schema", SCHEMA, "chunk_size", 5, "chunk_overlap", 5));
    }

    /** A GLiNER2 model is asked for labels as a GLiNER model is. */
    @Test
    void extractsLabelsBySchema() {
        List<String> labels = List.of("person", "city");
        JsonNode found = answered(
                "/models/gliner2",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "threshold", 0.3, "offsets", "utf_16")));
        try (SchemaExtractor extractor = SchemaExtractor.load(folder.resolve("gliner2"))) {
            SchemaAnswer expected = extractor.extract(
                    TEXT, Schema.ofEntities("person", "city"), SchemaOptions.DEFAULT.withThreshold(0.3));
            List<EntityMention> all =
                    expected.entities().values().stream().flatMap(List::stream).toList();
            assertFalse(all.isEmpty());
            assertEquals(all.size(), found.size());
            for (JsonNode entity : found) {
                assertTrue(
                        expected.entities().get(entity.get("label").stringValue()).stream()
                                .anyMatch(one -> one.mention().start()
                                                == entity.get("start").intValue()
                                        && one.mention().end()
                                                == entity.get("end").intValue()
                                        && Math.abs(one.mention().confidence()
                                                        - entity.get("score").doubleValue())
                                                < 1e-5),
                        entity.toString());
            }
        }
        refused(
                422,
                "leave out the other options",
                "/models/gliner2",
                Map.of("inputs", TEXT, "parameters", Map.of("labels", labels, "flat_ner", false)));
        refused(422, "there are no kinds of entities", "/models/gliner2", Map.of("text", TEXT, "labels", List.of()));
    }

    /** By tensors a model does the task that has the parameters of the request. */
    @Test
    void byTensors() {
        for (Map<String, Object> parameters : List.of(
                Map.<String, Object>of("schema", SCHEMA, "threshold", 0.3),
                Map.<String, Object>of("labels", List.of("person", "city"), "threshold", 0.3))) {
            Map<String, Object> text =
                    Map.of("name", "text", "shape", List.of(1), "datatype", "BYTES", "data", List.of(TEXT));
            JsonNode answer =
                    answered("/v2/models/gliner2/infer", Map.of("inputs", List.of(text), "parameters", parameters));
            assertEquals(
                    answered("/models/gliner2", Map.of("inputs", TEXT, "parameters", parameters)),
                    JsonMapper.shared().readTree(answer.at("/outputs/0/data/0").stringValue()));
        }
    }
}
