package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.OpenApi30;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Requests and answers by what openapi.json says of them. */
final class DocumentedJson {
    private static final SchemaRegistry REGISTRY = SchemaRegistry.withDialect(OpenApi30.getInstance());
    private static final JsonNode DOCUMENT = JsonMapper.shared().readTree(OpenApi.document());
    private static final Map<String, Schema> SCHEMAS = new HashMap<>();

    private DocumentedJson() {}

    static JsonNode document() {
        return DOCUMENT;
    }

    /** A path as the document has it, with a question mark for the name of a model. */
    static String pointer(String path, String rest) {
        return "/paths/" + path.replace("~", "~0").replace("/", "~1") + rest;
    }

    /** A schema, or what it refers to. */
    static JsonNode resolved(JsonNode schema) {
        return schema.has("$ref") ? DOCUMENT.at(schema.get("$ref").stringValue().substring(1)) : schema;
    }

    /** The schema of what is sent to a route by POST. */
    static String request(String path) {
        return pointer(path, "/post/requestBody/content/application~1json/schema");
    }

    /** The schema of what a route answers to POST. */
    static String answer(String path) {
        return pointer(path, "/post/responses/200/content/application~1json/schema");
    }

    private static synchronized Schema schema(String pointer) {
        return SCHEMAS.computeIfAbsent(pointer, at -> {
            JsonNode schema = DOCUMENT.at(at);
            assertFalse(schema.isMissingNode(), at + " is not in the document");
            ObjectNode root = (ObjectNode) schema.deepCopy();
            root.set("components", DOCUMENT.get("components"));
            return REGISTRY.getSchema(root);
        });
    }

    static List<String> faults(String pointer, JsonNode value) {
        return schema(pointer).validate(value).stream().map(Error::toString).toList();
    }

    static void check(String pointer, JsonNode value) {
        assertEquals(List.of(), faults(pointer, value), value.toString());
    }
}
