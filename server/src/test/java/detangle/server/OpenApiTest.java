package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swagger.v3.parser.OpenAPIV3Parser;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** openapi.json is valid, and says of each route what the route does. */
class OpenApiTest extends ServerTest {
    private static final String UNKNOWN = "unknown";
    private static final Pattern KNOWN = Pattern.compile("has no field '" + UNKNOWN + "'; it has (.*)");
    private static final String INFER = "/v2/models/{name}/infer";
    private static final String TENSOR = "{\"name\":\"text\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"a\"]}";

    private static final List<String> TEXTS = List.of(TEXT, "What is it?");

    private static List<String> messages(byte[] document) {
        return new OpenAPIV3Parser()
                .readContents(new String(document, StandardCharsets.UTF_8))
                .getMessages();
    }

    /** An operation of the document. */
    private record Operation(String path, String method, JsonNode description) {
        /** A path of the server, which has a model of that name. */
        String at() {
            return path.replace("{name}", "banking");
        }

        HttpRequest.Builder request(InferenceServer to) {
            return method.equals("get")
                    ? ServerTest.request(to, at())
                    : ServerTest.request(to, at()).POST(BodyPublishers.ofString("{}"));
        }
    }

    private static Stream<Operation> operations() {
        return DocumentedJson.document()
                .get("paths")
                .propertyStream()
                .flatMap(path -> path.getValue()
                        .propertyStream()
                        .filter(operation -> Set.of("get", "post").contains(operation.getKey()))
                        .map(operation -> new Operation(path.getKey(), operation.getKey(), operation.getValue())));
    }

    /** A validator of other people has nothing to say of it, and would have of a document with a fault. */
    @Test
    void theDocumentIsValid() {
        assertEquals(List.of(), messages(OpenApi.document()));
        ObjectNode broken = (ObjectNode) DocumentedJson.document().deepCopy();
        ((ObjectNode) broken.at("/paths/~1predict/post")).remove("responses");
        assertFalse(messages(JsonMapper.shared().writeValueAsBytes(broken)).isEmpty());
    }

    /** Each route that wants the key says so, by status 401 and by its security. */
    @Test
    void theKeyIsToldWhereItIsNeeded() {
        SequencedMap<String, Path> models = new LinkedHashMap<>(Map.of("banking", folder.resolve("encoder")));
        try (InferenceServer locked =
                InferenceServer.start(models, with(Optional.of("secret"), 512, Duration.ofSeconds(30)))) {
            operations().forEach(operation -> {
                boolean refused = send(operation.request(locked).build()).status() == 401;
                String where = operation.method + " " + operation.path;
                assertEquals(refused, operation.description.get("responses").has("401"), where);
                assertEquals(refused, !operation.description.has("security"), where);
            });
        }
    }

    /** The routes of the table are those of the document. */
    @Test
    void eachRouteIsDescribed() {
        Set<String> described = operations()
                .map(operation ->
                        operation.method + " " + operation.path.replaceFirst("pipeline/.*", "pipeline/{task}"))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> served = server.paths().entrySet().stream()
                .flatMap(path -> path.getValue().stream()
                        .map(method -> method.text().toLowerCase(Locale.ROOT))
                        .filter(Set.of("get", "post")::contains)
                        .map(method -> method + " " + path.getKey().replace("{name:.+}", "{name}")))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(served, described);
    }

    /**
     * A request with a field that nobody knows, which is refused with the names of those that are known.
     *
     * @param schema where the document has the object with that field, below the request's schema
     */
    private record Unknown(String path, String schema, String body) {}

    /** Each field that a route heeds is in its schema, and the other way round. */
    @TestFactory
    Stream<DynamicTest> fieldsAreThoseOfTheDocument() {
        String more = ",\"unknown\":1}";
        return Stream.of(
                        new Unknown("/predict", "", "{\"inputs\":\"a\"" + more),
                        new Unknown("/rerank", "", "{\"query\":\"a\",\"texts\":[\"b\"]" + more),
                        new Unknown("/embed", "", "{\"inputs\":\"a\"" + more),
                        new Unknown("/embed_all", "", "{\"inputs\":\"a\"" + more),
                        new Unknown("/tokenize", "", "{\"inputs\":\"a\"" + more),
                        new Unknown("/decode", "", "{\"ids\":[1]" + more),
                        new Unknown("/similarity", "", "{\"inputs\":{}" + more),
                        new Unknown("/v1/embeddings", "", "{\"model\":\"encoder\",\"input\":\"a\"" + more),
                        new Unknown("/analyze", "", "{\"text\":\"a\"" + more),
                        new Unknown(INFER, "", "{\"inputs\":[" + TENSOR + "]" + more),
                        new Unknown(INFER, "/properties/parameters/anyOf/*", infer("\"parameters\":{\"unknown\":1}")),
                        new Unknown(
                                INFER,
                                "/properties/outputs/items",
                                infer("\"outputs\":[{\"name\":\"label\",\"unknown\":1}]")),
                        new Unknown(
                                INFER,
                                "/properties/outputs/items/properties/parameters",
                                infer("\"outputs\":[{\"name\":\"label\",\"parameters\":{\"unknown\":1}}]")))
                .map(unknown -> DynamicTest.dynamicTest(unknown.path + unknown.schema, () -> {
                    Answer answer = send(request(server, unknown.path.replace("{name}", "banking"))
                            .POST(BodyPublishers.ofString(unknown.body))
                            .build());
                    assertEquals(422, answer.status(), answer.body());
                    JsonNode error = answer.json().get("error");
                    // OpenAI has an object where others have a text.
                    Matcher known = KNOWN.matcher(error.path("message").asString(error.asString("")));
                    assertTrue(known.find(), answer.body());
                    JsonNode schema = schema(unknown);
                    assertEquals(
                            new TreeSet<>(Arrays.asList(known.group(1).split(", "))),
                            new TreeSet<>(schema.get("properties").propertyNames()));
                    assertFalse(schema.path("additionalProperties").asBoolean(true), "other fields are allowed");
                }));
    }

    private static String infer(String more) {
        return "{\"inputs\":[" + TENSOR + "]," + more + "}";
    }

    /** The one of several schemas is that of the model's task. */
    private static JsonNode schema(Unknown unknown) {
        JsonNode request = DocumentedJson.resolved(DocumentedJson.document().at(DocumentedJson.request(unknown.path)));
        if (!unknown.schema.endsWith("/*")) {
            return request.at(unknown.schema);
        }
        return request.at(unknown.schema.substring(0, unknown.schema.length() - 2))
                .valueStream()
                .filter(schema -> schema.path("title").asString("").equals("text-classification"))
                .findFirst()
                .orElseThrow();
    }

    /** What the routes answer is of the form that the document says, and so is what they were asked. */
    @Test
    void answersAreOfTheDocumentedForm() {
        Map<String, Object> similar = Map.of("inputs", Map.of("source_sentence", "a", "sentences", List.of("b", "c")));
        Map<String, Object> input = Map.of("name", "text", "shape", List.of(2), "datatype", "BYTES", "data", TEXTS);
        Map<String, Map<String, Object>> requests = new LinkedHashMap<>();
        requests.put("/", Map.of("inputs", TEXT));
        requests.put("/predict", Map.of("inputs", List.of(List.of(TEXT), List.of(TEXT, TEXT)), "raw_scores", true));
        requests.put("/rerank", Map.of("query", TEXT, "texts", TEXTS, "return_text", true));
        requests.put("/embed", Map.of("inputs", TEXTS, "truncate", true, "dimensions", 3));
        requests.put("/embed_all", Map.of("inputs", TEXT));
        requests.put("/similarity", similar);
        requests.put("/tokenize", Map.of("inputs", TEXTS));
        requests.put("/decode", Map.of("ids", List.of(List.of(1, 300, 2))));
        requests.put("/v1/embeddings", Map.of("model", "encoder", "input", TEXTS, "encoding_format", "base64"));
        requests.put(INFER, Map.of("id", "7", "inputs", List.of(input), "parameters", Map.of("truncate", true)));
        requests.forEach((path, request) -> {
            JsonNode sent = JsonMapper.shared().valueToTree(request);
            DocumentedJson.check(DocumentedJson.request(path), sent);
            DocumentedJson.check(DocumentedJson.answer(path), answered(path.replace("{name}", "banking"), request));
            ((ObjectNode) sent).put(UNKNOWN, 1);
            assertFalse(
                    DocumentedJson.faults(DocumentedJson.request(path), sent).isEmpty(), path);
        });
    }
}
