package detangle.server;

import detangle.models.text.Tokenizer;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.FeatureExtractor.Encoded;
import detangle.runtime.OptionValues;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The routes of OpenAI's API for vectors. */
final class OpenAiApi {
    private static final String EXTRACTION = "feature-extraction";

    /** The most token ids of a request. */
    private static final int MAX_IDS = 100_000;

    private final Models models;
    private final Sizes sizes;
    private final Instant started = Instant.now();

    OpenAiApi(Models models, Sizes sizes) {
        this.models = models;
        this.sizes = sizes;
    }

    /** Answers {@code GET /v1/models}. */
    Object models() {
        return Json.of(
                "object",
                "list",
                "data",
                models.all().stream().map(this::described).toList());
    }

    /** Answers {@code GET /v1/models/NAME}. */
    Object model(String name) {
        return described(models.named(name));
    }

    private Map<String, Object> described(ServedModel model) {
        return Json.of(
                "id", model.name(), "object", "model", "created", started.getEpochSecond(), "owned_by", "detangle");
    }

    /** Answers {@code POST /v1/embeddings}. */
    Object embeddings(JsonNode request) {
        Json.requireKnown(request, "/v1/embeddings", "model", "input", "encoding_format", "dimensions", "user");
        ServedModel model = models.named(Json.text(request, "model"));
        FeatureExtractor extractor = model.require(EXTRACTION, FeatureExtractor.class);
        // This field names a user of the client. The server does not keep it.
        Json.optionalText(request, "user");
        boolean base64 = base64(Json.optionalText(request, "encoding_format").orElse("float"));
        List<String> texts = texts(request.path("input"), model.tokenizer());
        sizes.check(texts.size());
        EmbeddingOptions options = OptionValues.with(
                model.embedding().withNormalize(true),
                Json.optionalCount(request, "dimensions"),
                EmbeddingOptions::withTruncateDim);
        List<Encoded> vectors = extractor.encodeCounted(texts, options, ServedModel.QUIET);
        List<Object> data = new ArrayList<>();
        for (int i = 0; i < vectors.size(); i++) {
            float[] vector = vectors.get(i).vector();
            data.add(Json.of("object", "embedding", "embedding", base64 ? base64(vector) : vector, "index", i));
        }
        int tokens = vectors.stream().mapToInt(Encoded::tokens).sum();
        return Json.of(
                "object",
                "list",
                "data",
                data,
                "model",
                model.name(),
                "usage",
                Json.of("prompt_tokens", tokens, "total_tokens", tokens));
    }

    private static boolean base64(String format) {
        return switch (format) {
            case "float" -> false;
            case "base64" -> true;
            default -> throw ApiException.validation("encoding_format is not one of float, base64");
        };
    }

    /** Returns the bytes of a vector of floats, little-endian, in base64. */
    private static String base64(float[] vector) {
        ByteBuffer bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** Returns the texts of an input: a text, several texts, or the ids of the tokens of one text or of several. */
    private static List<String> texts(JsonNode input, Tokenizer tokenizer) {
        if (input.isString()) {
            return List.of(Json.wellFormed(input.stringValue()));
        }
        if (input.path(0).isInt() || input.path(0).isArray()) {
            return GivenTokens.read(input, "input", tokenizer, MAX_IDS).stream()
                    .map(ids -> tokenizer.decode(ids, true))
                    .toList();
        }
        return Json.texts(input, "input");
    }

    /** Returns the body of an error, as OpenAI's clients read it. */
    static Object error(int status, String message) {
        String type = switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            default -> status < 500 ? "invalid_request_error" : "server_error";
        };
        return Json.of("error", Json.of("message", message, "type", type, "param", null, "code", null));
    }
}
