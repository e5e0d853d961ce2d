package detangle.server;

import static detangle.server.Schemas.closed;
import static detangle.server.Schemas.listOf;
import static detangle.server.Schemas.object;
import static detangle.server.Schemas.of;
import static detangle.server.Schemas.oneOf;
import static detangle.server.Schemas.reference;

import detangle.pipelines.task.TextTask;
import detangle.pipelines.task.TextTasks;
import detangle.runtime.DetangleVersion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/** The description of all routes in OpenAPI 3.0.3, made of the descriptions of tasks. */
final class OpenApi {
    private static final String JSON = "application/json";
    private static final String BYTES = "application/octet-stream";

    /** The statuses of errors that any route may return. */
    private static final List<String> STATUSES_OF_ALL_ROUTES = List.of("403", "408", "431", "503");

    /** The further status of an error of routes that need the key. */
    private static final String STATUS_WITHOUT_KEY = "401";

    /** The further statuses of errors of routes that read a body. */
    private static final List<String> STATUSES_WITH_BODY =
            List.of("400", "413", "415", "422", "424", "429", "500", "504");

    /** The routes that are answered without the key. */
    private static final Set<String> ROUTES_WITHOUT_KEY =
            Set.of("get /", "get /openapi.json", "get /health", "get /v2/health/live", "get /v2/health/ready");

    private final SequencedMap<String, Object> paths = new LinkedHashMap<>();

    private OpenApi() {}

    /** Returns the document as JSON. */
    static byte[] document() {
        OpenApi api = new OpenApi();
        api.embeddingsInference();
        api.huggingFace();
        api.openAi();
        api.openInference();
        api.presidio();
        return Json.bytes(Json.of(
                "openapi",
                "3.0.3",
                "info",
                Json.of(
                        "title",
                        "Detangle",
                        "version",
                        DetangleVersion.number(),
                        "description",
                        "DeBERTa models behind the routes of HuggingFace's inference API, of"
                                + " text-embeddings-inference, of OpenAI's API for vectors, of the Open Inference"
                                + " Protocol, version 2, and of Presidio's analyzer.",
                        "license",
                        Json.of("name", "Apache-2.0")),
                "security",
                List.of(Map.of(), Map.of("key", List.of())),
                "paths",
                api.paths,
                "components",
                components()));
    }

    private void embeddingsInference() {
        SequencedMap<String, Object> texts = oneOf(of("string"), listOf(of("string")));
        SequencedMap<String, Object> truncate = of("boolean");
        SequencedMap<String, Object> labels = listOf(object("score", of("number"), "label", of("string")));
        SequencedMap<String, Object> token = object(
                "id",
                of("integer"),
                "text",
                of("string"),
                "special",
                of("boolean"),
                "start",
                Json.of(
                        "type",
                        "integer",
                        "nullable",
                        true,
                        "description",
                        "In bytes of UTF-8; null of special tokens"),
                "stop",
                Json.of("type", "integer", "nullable", true));
        SequencedMap<String, Object> ids = listOf(of("integer"));
        get("/", "A page to try the models", content("text/html", of("string")));
        get("/openapi.json", "This description", json(of("object")));
        get("/health", "Whether the server is up", Map.of());
        get("/info", "The first model, and the limits", json(of("object")));
        get("/metrics", "Metrics for Prometheus", content("text/plain", of("string")));
        post(
                "/",
                "What the first model is for: as /models/{name}, and of a classifier without parameters as /predict",
                Json.of("anyOf", List.of(reference("TaskRequest"), reference("PredictRequest"))),
                Map.of());
        post(
                "/predict",
                "Labels of texts or of pairs of them",
                reference("PredictRequest"),
                Json.of("anyOf", List.of(labels, listOf(labels))));
        post(
                "/rerank",
                "Texts by how well they answer a query",
                closed(
                        "query",
                        of("string"),
                        "texts",
                        listOf(of("string")),
                        "raw_scores?",
                        of("boolean"),
                        "return_text?",
                        of("boolean"),
                        "truncate?",
                        truncate,
                        "truncation_direction?",
                        direction()),
                listOf(object("index", of("integer"), "score", of("number"), "text?", of("string"))));
        post(
                "/embed",
                "Vectors of texts",
                closed(
                        "inputs",
                        texts,
                        "normalize?",
                        of("boolean"),
                        "dimensions?",
                        Json.of("type", "integer", "minimum", 1),
                        "prompt_name?",
                        of("string"),
                        "truncate?",
                        truncate,
                        "truncation_direction?",
                        direction()),
                listOf(listOf(of("number"))));
        post(
                "/embed_all",
                "The last hidden state of each token of texts",
                closed(
                        "inputs",
                        texts,
                        "prompt_name?",
                        of("string"),
                        "truncate?",
                        truncate,
                        "truncation_direction?",
                        direction()),
                listOf(listOf(listOf(of("number")))));
        TextTask<?> similarity = TextTasks.named("sentence-similarity").orElseThrow();
        post("/similarity", similarity.description(), Schemas.nested(similarity), Schemas.answer(similarity));
        post(
                "/tokenize",
                "Tokens of texts",
                closed("inputs", texts, "add_special_tokens?", of("boolean"), "prompt_name?", of("string")),
                listOf(listOf(token)));
        post(
                "/decode",
                "Texts of tokens",
                closed("ids", oneOf(ids, listOf(ids)), "skip_special_tokens?", of("boolean")),
                listOf(of("string")));
    }

    private void huggingFace() {
        SequencedMap<String, Object> model = object(
                "name",
                of("string"),
                "task",
                of("string"),
                "facts?",
                of("string"),
                "max_input_length",
                of("integer"),
                "max_input_unit",
                Json.of("type", "string", "enum", List.of("tokens", "words")),
                "tasks",
                listOf(of("object")));
        get("/models", "All models with the descriptions of their tasks", json(listOf(model)));
        get("/models/{name}", "A model with the descriptions of its tasks", json(model));
        post(
                "/models/{name}",
                "What a model answers, by the first of its tasks that has the fields of the request",
                reference("TaskRequest"),
                Map.of());
        for (TextTask<?> task : TextTasks.all()) {
            post(
                    "/models/{name}/pipeline/" + task.name(),
                    task.description(),
                    Schemas.request(task),
                    Schemas.answer(task));
        }
    }

    private void openAi() {
        SequencedMap<String, Object> model =
                object("id", of("string"), "object", of("string"), "created", of("integer"), "owned_by", of("string"));
        SequencedMap<String, Object> ids = listOf(of("integer"));
        post(
                "/v1/embeddings",
                "Vectors of texts, in OpenAI's form",
                closed(
                        "model",
                        of("string"),
                        "input",
                        Json.of("anyOf", List.of(of("string"), listOf(of("string")), ids, listOf(ids))),
                        "encoding_format?",
                        Json.of("type", "string", "enum", List.of("float", "base64"), "default", "float"),
                        "dimensions?",
                        Json.of("type", "integer", "minimum", 1),
                        "user?",
                        of("string")),
                object(
                        "object",
                        of("string"),
                        "data",
                        listOf(object(
                                "object",
                                of("string"),
                                "embedding",
                                oneOf(listOf(of("number")), of("string")),
                                "index",
                                of("integer"))),
                        "model",
                        of("string"),
                        "usage",
                        object("prompt_tokens", of("integer"), "total_tokens", of("integer"))));
        get("/v1/models", "All models, in OpenAI's form", json(object("object", of("string"), "data", listOf(model))));
        get("/v1/models/{name}", "A model, in OpenAI's form", json(model));
    }

    private void presidio() {
        SequencedMap<String, Object> results = listOf(object(
                "entity_type", of("string"), "start", of("integer"), "end", of("integer"), "score", of("number")));
        post(
                "/analyze",
                "Entities of texts, in Presidio's form",
                closed(
                        "text",
                        oneOf(of("string"), listOf(of("string"))),
                        "language?",
                        of("string"),
                        "correlation_id?",
                        of("string"),
                        "entities?",
                        listOf(of("string")),
                        "score_threshold?",
                        of("number")),
                Json.of("anyOf", List.of(results, listOf(results))));
        get("/supportedentities", "What is looked for where nothing is named", json(listOf(of("string"))));
    }

    private void openInference() {
        SequencedMap<String, Object> tensors = listOf(reference("Tensor"));
        get("/v2", "The server", json(of("object")));
        get("/v2/health/live", "Whether the server is up", json(of("object")));
        get("/v2/health/ready", "Whether the models are ready", json(of("object")));
        get("/v2/models/{name}", "A model: its inputs and outputs", json(of("object")));
        get("/v2/models/{name}/ready", "Whether a model is ready", json(of("object")));
        SequencedMap<String, Object> wanted =
                listOf(closed("name", of("string"), "parameters?", closed("binary_data?", of("boolean"))));
        wanted.put("description", "Those that are wanted; all of them if absent");
        SequencedMap<String, Object> options = Json.of(
                "description",
                "Options of the task",
                "anyOf",
                TextTasks.all().stream().map(OpenApi::byTensors).toList());
        SequencedMap<String, Object> request = content(
                JSON, closed("id?", of("string"), "inputs", tensors, "outputs?", wanted, "parameters?", options));
        request.put(
                BYTES,
                schema("As many bytes of JSON as the header Inference-Header-Content-Length says, then the tensors"
                        + " that have a binary_data_size"));
        SequencedMap<String, Object> answer = content(
                JSON,
                object(
                        "model_name",
                        of("string"),
                        "model_version?",
                        of("string"),
                        "id?",
                        of("string"),
                        "outputs",
                        tensors));
        answer.put(
                BYTES,
                schema("Where tensors are asked for in binary: JSON of Inference-Header-Content-Length bytes, then"
                        + " those tensors"));
        operation(
                "/v2/models/{name}/infer",
                "post",
                "What a model answers to tensors of texts: labels and scores, vectors, or JSON",
                Json.of("required", true, "content", request),
                answer);
    }

    private static SequencedMap<String, Object> byTensors(TextTask<?> task) {
        SequencedMap<String, Object> options = Schemas.of(OpenInferenceApi.options(task));
        options.put("title", task.name());
        return options;
    }

    private static SequencedMap<String, Object> direction() {
        return Json.of("type", "string", "enum", List.of("right", "left", "Right", "Left"));
    }

    private static SequencedMap<String, Object> predictRequest() {
        SequencedMap<String, Object> pair =
                Json.of("type", "array", "items", of("string"), "minItems", 1, "maxItems", 2);
        return closed(
                "inputs",
                Json.of("anyOf", List.of(of("string"), pair, listOf(Json.of("anyOf", List.of(of("string"), pair))))),
                "raw_scores?",
                of("boolean"),
                "truncate?",
                of("boolean"),
                "truncation_direction?",
                direction());
    }

    private static SequencedMap<String, Object> schema(String bytes) {
        return Json.of("schema", Json.of("description", bytes, "type", "string", "format", "binary"));
    }

    private static SequencedMap<String, Object> content(String type, Object schema) {
        return Json.of(type, Json.of("schema", schema));
    }

    private static SequencedMap<String, Object> json(Object schema) {
        return content(JSON, schema);
    }

    private void get(String path, String summary, Map<String, Object> answer) {
        operation(path, "get", summary, Map.of(), answer);
    }

    private void post(String path, String summary, Object request, Map<String, Object> answer) {
        operation(path, "post", summary, Json.of("required", true, "content", json(request)), json(answer));
    }

    /** @param body the schema of the request's body; empty if the operation reads none */
    private void operation(
            String path, String method, String summary, Map<String, Object> body, Map<String, Object> answer) {
        @SuppressWarnings("unchecked") // The cast is safe: this class makes the maps that are the values of paths.
        SequencedMap<String, Object> operations =
                (SequencedMap<String, Object>) paths.computeIfAbsent(path, p -> new LinkedHashMap<String, Object>());
        if (path.contains("{name}")) {
            operations.put(
                    "parameters",
                    List.of(Json.of("name", "name", "in", "path", "required", true, "schema", of("string"))));
        }
        SequencedMap<String, Object> operation = Json.of("summary", summary);
        if (!body.isEmpty()) {
            operation.put("requestBody", body);
        }
        SequencedMap<String, Object> responses = new LinkedHashMap<>();
        SequencedMap<String, Object> success = Json.of("description", "The answer");
        if (!answer.isEmpty()) {
            success.put("content", answer);
        }
        responses.put("200", success);
        String error = path.startsWith("/v1/") ? "OpenAiError" : "Error";
        STATUSES_OF_ALL_ROUTES.forEach(status -> responses.put(status, error(error)));
        if (ROUTES_WITHOUT_KEY.contains(method + " " + path)) {
            operation.put("security", List.of());
        } else {
            responses.put(STATUS_WITHOUT_KEY, error(error));
        }
        if (!body.isEmpty()) {
            STATUSES_WITH_BODY.forEach(status -> responses.put(status, error(error)));
        }
        if (path.contains("{name}")) {
            responses.put("404", error(error));
        }
        operation.put("responses", responses);
        operations.put(method, operation);
    }

    private static Object error(String schema) {
        return Json.of("description", "An error", "content", json(reference(schema)));
    }

    private static Object components() {
        SequencedMap<String, Object> nothing = Json.of("type", "string", "nullable", true);
        SequencedMap<String, Object> data = Json.of(
                "description",
                "Flat or nested as the shape; absent where parameters have a binary_data_size",
                "type",
                "array",
                "items",
                Map.of());
        SequencedMap<String, Object> schemas = Json.of(
                "Error",
                object("error", of("string"), "error_type", of("string")),
                "OpenAiError",
                object(
                        "error",
                        object("message", of("string"), "type", of("string"), "param", nothing, "code", nothing)),
                "Tensor",
                closed(
                        "name",
                        of("string"),
                        "shape",
                        listOf(of("integer")),
                        "datatype",
                        Json.of("type", "string", "enum", List.of("BYTES", "FP32")),
                        "data?",
                        data,
                        "parameters?",
                        closed("binary_data_size?", of("integer"), "content_type?", of("string"))),
                "PredictRequest",
                predictRequest(),
                "TaskRequest",
                Json.of("anyOf", TextTasks.all().stream().map(Schemas::request).toList()));
        return Json.of(
                "securitySchemes", Json.of("key", Json.of("type", "http", "scheme", "bearer")), "schemas", schemas);
    }
}
