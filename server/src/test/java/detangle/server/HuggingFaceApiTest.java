package detangle.server;

import static detangle.server.TaskAnswers.SCHEMA;
import static detangle.server.TaskAnswers.TEXT;
import static detangle.server.TaskAnswers.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The routes of HuggingFace's inference API: the tasks of models, documented forms, and requests that are refused. */
class HuggingFaceApiTest {
    private static final Pattern KNOWN = Pattern.compile("has no field 'unknown'; it has (.*)");

    @TempDir
    private static Path folder;

    private static TinyServer all;

    @BeforeAll
    static void start() throws IOException {
        all = TinyServer.start(
                folder,
                "tags",
                "nli",
                "qa",
                "org/mask",
                "choice",
                "encoder",
                "ranker",
                "gliner",
                "relations",
                "gliner2",
                "gliclass");
    }

    @AfterAll
    static void stop() {
        all.close();
    }

    private static JsonNode answered(String path, Object body) {
        return all.answered(path, body);
    }

    private static void refused(int status, String part, String path, Object body) {
        all.refused(status, part, path, body);
    }

    /** A request of a task with no more than it needs. */
    private static ObjectNode least(JsonNode task) {
        ObjectNode request = JsonMapper.shared().createObjectNode();
        for (String part : List.of("inputs", "options")) {
            ObjectNode fields = request.putObject(part.equals("inputs") ? "inputs" : "parameters");
            task.get(part)
                    .valueStream()
                    .filter(field -> field.get("required").booleanValue())
                    .forEach(field -> fields.set(
                            field.get("name").stringValue(),
                            switch (field.get("type").stringValue()) {
                                case "text" -> json("Ada [MASK] in London.");
                                case "texts" -> json(List.of("travel", "a card"));
                                case "json" -> json(SCHEMA);
                                default -> throw new AssertionError(field);
                            }));
        }
        return request;
    }

    private static Set<String> known(String path, JsonNode request) {
        ServerTest.Answer answer = ServerTest.post(all.server(), path, request);
        Matcher known = KNOWN.matcher(answer.json().get("error").stringValue());
        assertTrue(known.find(), answer.body());
        return new TreeSet<>(List.of(known.group(1).split(", ")));
    }

    private static Set<String> names(JsonNode schema) {
        return new TreeSet<>(schema.get("properties").propertyNames());
    }

    /** Each field of each task is in the document and the other way round, and answers are of the documented form. */
    @TestFactory
    Stream<DynamicTest> tasksAreAsTheDocumentSays() {
        JsonNode models = ServerTest.send(
                        ServerTest.request(all.server(), "/models").build())
                .json();
        return models.valueStream()
                .flatMap(model -> model.get("tasks")
                        .valueStream()
                        .map(task -> DynamicTest.dynamicTest(
                                model.get("name").stringValue() + " "
                                        + task.get("task").stringValue(),
                                () -> {
                                    String name = task.get("task").stringValue();
                                    String path = "/models/" + model.get("name").stringValue() + "/pipeline/" + name;
                                    String documented = "/models/{name}/pipeline/" + name;
                                    String request = DocumentedJson.request(documented);
                                    ObjectNode nested = least(task);
                                    ObjectNode flat = JsonMapper.shared().createObjectNode();
                                    flat.setAll((ObjectNode) nested.get("inputs"));
                                    flat.setAll((ObjectNode) nested.get("parameters"));
                                    ObjectNode several = nested.deepCopy();
                                    several.putArray("inputs").add(nested.get("inputs"));
                                    for (ObjectNode asked : List.of(nested, flat, several)) {
                                        DocumentedJson.check(request, asked);
                                        DocumentedJson.check(DocumentedJson.answer(documented), answered(path, asked));
                                        ObjectNode more = asked.deepCopy().put("unknown", 1);
                                        assertFalse(DocumentedJson.faults(request, more)
                                                .isEmpty());
                                    }
                                    Set<String> inputs = new TreeSet<>();
                                    task.get("inputs")
                                            .forEach(field ->
                                                    inputs.add(field.get("name").stringValue()));
                                    JsonNode schema = DocumentedJson.document().at(request);
                                    Set<String> options =
                                            known(path, nested.deepCopy().put("unknown", 1));
                                    assertEquals(options, names(schema.at("/properties/parameters")));
                                    ObjectNode input = nested.deepCopy();
                                    ((ObjectNode) input.get("inputs")).put("unknown", 1);
                                    assertEquals(known(path, input), inputs);
                                    Set<String> both = new TreeSet<>(inputs);
                                    both.addAll(options);
                                    both.addAll(List.of("inputs", "parameters", "options"));
                                    assertEquals(both, names(schema));
                                })));
    }

    @Test
    void modelsAreDescribed() {
        JsonNode models = ServerTest.send(
                        ServerTest.request(all.server(), "/models").build())
                .json();
        assertEquals(11, models.size());
        assertEquals("token-classification", models.get(0).get("task").stringValue());
        JsonNode nli = ServerTest.send(
                        ServerTest.request(all.server(), "/models/nli").build())
                .json();
        assertEquals("text-classification", nli.get("task").stringValue());
        assertEquals("zero-shot-classification", nli.at("/tasks/1/task").stringValue());
        assertEquals("candidate_labels", nli.at("/tasks/1/options/0/name").stringValue());
        assertTrue(nli.at("/tasks/1/options/0/required").booleanValue());
        assertEquals("token-classification, 5 labels, windows of 48 tokens", line("tags"));
        assertEquals("feature-extraction, vectors of 32 numbers, texts of at most 48 tokens", line("encoder"));
        assertTrue(line("gliner").matches("extract, windows of [0-9]+ words"), line("gliner"));
        assertEquals("extract, windows of 384 words", line("gliner2"));
        for (JsonNode model : models) {
            boolean ofWords = model.get("task").stringValue().equals("extract");
            assertEquals(
                    ofWords ? "words" : "tokens", model.get("max_input_unit").stringValue(), model.toString());
        }
    }

    private static String line(String model) {
        return all.server().models().stream()
                .filter(line -> line.startsWith(model + ": "))
                .findFirst()
                .orElseThrow()
                .substring(model.length() + 2);
    }

    /** Models are loaded and answers are not kept, so that what clients ask of that is so. */
    @Test
    void optionsOfTheServiceAreMet() {
        Map<String, Object> plain = Map.of("inputs", TEXT);
        Map<String, Object> asked =
                Map.of("inputs", TEXT, "options", Map.of("wait_for_model", true, "use_cache", false));
        assertEquals(answered("/models/tags", plain), answered("/models/tags", asked));
        refused(
                422,
                "options has no field 'use_gpu'; it has wait_for_model, use_cache",
                "/models/tags",
                Map.of("inputs", TEXT, "options", Map.of("use_gpu", true)));
        refused(422, "use_cache is neither", "/models/tags", Map.of("text", TEXT, "options", Map.of("use_cache", 1)));
    }

    @Test
    void whatIsNotServedIsRefused() {
        refused(404, "there is no model none; there are tags, nli", "/models/none", Map.of("inputs", TEXT));
        refused(
                424,
                "tags is not served for text-classification but for token-classification",
                "/models/tags/pipeline/text-classification",
                Map.of("inputs", TEXT));
        refused(422, "there is no field 'inputs'", "/models/tags", Map.of());
        refused(422, "inputs is not a text or an object of text", "/models/tags", Map.of("inputs", 7));
        refused(422, "there are no texts", "/models/tags", Map.of("inputs", List.of()));
        refused(422, "parameters is not an object", "/models/tags", Map.of("inputs", TEXT, "parameters", 7));
        refused(422, "the text is empty", "/models/tags", Map.of("inputs", " "));
    }
}
