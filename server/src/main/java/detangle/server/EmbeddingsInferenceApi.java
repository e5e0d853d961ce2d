package detangle.server;

import detangle.backend.processor.ThreadCount;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.Pooling;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.task.Fields;
import detangle.runtime.OptionValues;
import detangle.server.ServedModel.Ability;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** The routes of HuggingFace's text-embeddings-inference. They ask the first model that does the task. */
final class EmbeddingsInferenceApi {
    private static final String CLASSIFICATION = "text-classification";
    private static final String RANKING = "text-ranking";
    private static final String EXTRACTION = "feature-extraction";
    private static final String SIMILARITY = "sentence-similarity";
    private static final String INPUTS = "inputs";
    private static final String TRUNCATE = "truncate";
    private static final String DIRECTION = "truncation_direction";
    private static final String RAW_SCORES = "raw_scores";
    private static final String PROMPT_NAME = "prompt_name";

    /** The most characters of a request to {@code /tokenize}: its answer has some twenty times as many bytes. */
    private static final int MAX_TOKENIZED_CHARACTERS = 100_000;

    /**
     * The most tokens of an answer to {@code /tokenize}. Normalization turns one character into up to 18, each of which
     * can be a token.
     */
    private static final int MAX_TOKENS = 2 * MAX_TOKENIZED_CHARACTERS;

    /** The most numbers of an answer to {@code /embed_all}; each takes a dozen bytes of JSON. */
    private static final int MAX_STATE_NUMBERS = 2_000_000;

    private final Models models;
    private final HuggingFaceApi huggingFace;
    private final ServerOptions options;
    private final Sizes sizes;
    private final Turns turns;
    private final String version;

    EmbeddingsInferenceApi(
            Models models,
            HuggingFaceApi huggingFace,
            ServerOptions options,
            Sizes sizes,
            Turns turns,
            String version) {
        this.models = models;
        this.huggingFace = huggingFace;
        this.options = options;
        this.sizes = sizes;
        this.turns = turns;
        this.version = version;
    }

    /** Answers {@code GET /info}. */
    Object info() {
        ServedModel model = models.first();
        return Json.of(
                "model_id",
                model.name(),
                "model_sha",
                null,
                "model_dtype",
                "float32",
                "model_type",
                type(model),
                "max_concurrent_requests",
                options.maxConcurrentRequests(),
                "max_input_length",
                model.maxLength(),
                "max_batch_tokens",
                options.maxBatchTokens(),
                "max_batch_requests",
                null,
                "max_client_batch_size",
                options.maxClientBatchSize(),
                "auto_truncate",
                options.autoTruncate(),
                "tokenization_workers",
                ThreadCount.chosen().threads(),
                "version",
                version,
                "sha",
                null,
                "docker_label",
                null);
    }

    /**
     * Returns what a model is for: in the words of text-embeddings-inference, or by the task's name where that has no
     * such models.
     */
    private static Map<String, Object> type(ServedModel model) {
        return switch (model.task().name()) {
            case CLASSIFICATION ->
                Json.of("classifier", labels(classifier(model).labels()));
            case RANKING -> Json.of("reranker", labels(classifier(model).labels()));
            case EXTRACTION, SIMILARITY -> Json.of("embedding", Json.of("pooling", pooling(model)));
            case "token-classification" ->
                Json.of(
                        "token-classification",
                        labels(model.require("token-classification", TokenClassifier.class)
                                .labels()));
            default -> Json.of(model.task().name(), Map.of());
        };
    }

    private static Map<String, Object> labels(List<String> labels) {
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (int i = 0; i < labels.size(); i++) {
            names.put(Integer.toString(i), labels.get(i));
            numbers.put(labels.get(i), i);
        }
        return Json.of("id2label", names, "label2id", numbers);
    }

    private static String pooling(ServedModel model) {
        return model.require(SIMILARITY, FeatureExtractor.class).pooling(model.embedding()).stream()
                .map(Pooling::text)
                .collect(Collectors.joining("+"));
    }

    private static TextClassifier classifier(ServedModel model) {
        return model.require(CLASSIFICATION, TextClassifier.class);
    }

    /**
     * Answers {@code POST /} by the task of the first model. A classifier answers as {@code /predict}, unless the
     * request has HuggingFace's parameters.
     */
    Object whatTheModelDoes(JsonNode request) {
        ServedModel model = models.first();
        boolean own = Json.isAbsent(request.path("parameters"))
                && !request.path(INPUTS).isObject();
        return model.task().name().equals(CLASSIFICATION) && own
                ? predict(model, request)
                : huggingFace.answer(model, Optional.empty(), request);
    }

    /** Answers {@code POST /predict}. */
    Object predict(JsonNode request) {
        return predict(models.doing(CLASSIFICATION), request);
    }

    private Object predict(ServedModel model, JsonNode request) {
        Json.requireKnown(request, "/predict", INPUTS, RAW_SCORES, TRUNCATE, DIRECTION);
        JsonNode inputs = request.path(INPUTS);
        Map<String, Object> given = Json.fields(request);
        given.keySet().removeAll(List.of(INPUTS, RAW_SCORES));
        if (Json.flag(request, RAW_SCORES, false)) {
            given.put("function_to_apply", "none");
        }
        Ability ability = model.require(CLASSIFICATION);
        Fields asked = ability.task().options(given);
        boolean single = inputs.isString() || inputs.isArray() && inputs.path(0).isString();
        List<Fields> rows = new ArrayList<>();
        if (single) {
            rows.add(ability.task().row(row(inputs)));
        } else if (inputs.isArray()) {
            inputs.forEach(input -> rows.add(ability.task().row(row(input))));
        } else {
            throw ApiException.validation("inputs must be a text, a pair of texts or an array of these");
        }
        sizes.check(rows.size());
        List<Object> answers = model.answer(ability, rows, asked);
        return single ? answers.getFirst() : answers;
    }

    private static Map<String, Object> row(JsonNode input) {
        if (input.isString()) {
            return Map.of("text", Json.wellFormed(input.stringValue()));
        }
        List<String> both = Json.texts(input, INPUTS);
        if (both.isEmpty() || both.size() > 2) {
            throw ApiException.validation("inputs holds " + both.size() + " texts where one or two belong together");
        }
        return both.size() == 1
                ? Map.of("text", both.getFirst())
                : Map.of("text", both.getFirst(), "text_pair", both.getLast());
    }

    /** Answers {@code POST /rerank}. */
    Object rerank(JsonNode request) {
        Json.requireKnown(request, "/rerank", "query", "texts", RAW_SCORES, "return_text", TRUNCATE, DIRECTION);
        return huggingFace.answer(models.doing(RANKING), Optional.of(RANKING), request);
    }

    /** Answers {@code POST /embed}. */
    Object embed(JsonNode request) {
        Json.requireKnown(request, "/embed", INPUTS, "normalize", "dimensions", PROMPT_NAME, TRUNCATE, DIRECTION);
        inputs(request);
        return huggingFace.answer(models.doing(EXTRACTION), Optional.of(EXTRACTION), request);
    }

    /** Answers {@code POST /similarity}. */
    Object similarity(JsonNode request) {
        Json.requireKnown(request, "/similarity", INPUTS, "parameters");
        return huggingFace.answer(models.doing(SIMILARITY), Optional.of(SIMILARITY), request);
    }

    /** Answers {@code POST /embed_all} with the bytes of its JSON. */
    Object embedAll(JsonNode request) {
        Json.requireKnown(request, "/embed_all", INPUTS, PROMPT_NAME, TRUNCATE, DIRECTION);
        ServedModel model = models.doing(EXTRACTION);
        Map<String, Object> given = Json.fields(request);
        given.remove(INPUTS);
        Fields asked = model.require(EXTRACTION).task().options(given);
        FeatureExtractor extractor = model.require(EXTRACTION, FeatureExtractor.class, asked);
        EmbeddingOptions prompted =
                OptionValues.with(model.embedding(), asked.optionalText(PROMPT_NAME), EmbeddingOptions::withPromptName);
        List<String> texts = inputs(request);
        sizes.check(texts.size());
        // States are a thousand times as large as their texts, so the server answers one such request at a time.
        return turns.one(() -> {
            List<float[][]> states = extractor.tokens(texts, prompted, ServedModel.QUIET);
            long numbers = states.stream()
                    .mapToLong(tokens -> Arrays.stream(tokens)
                            .mapToLong(state -> state.length)
                            .sum())
                    .sum();
            if (numbers > MAX_STATE_NUMBERS) {
                throw ApiException.tooLarge("the states of the texts' tokens are " + numbers + " numbers, and at most "
                        + MAX_STATE_NUMBERS + " are told at once: send fewer texts");
            }
            return Json.bytes(states);
        });
    }

    private static List<String> inputs(JsonNode request) {
        JsonNode inputs = request.path(INPUTS);
        return inputs.isString() ? List.of(Json.wellFormed(inputs.stringValue())) : Json.texts(inputs, INPUTS);
    }

    /** Answers {@code POST /tokenize} with the bytes of its JSON. */
    Object tokenize(JsonNode request) {
        Json.requireKnown(request, "/tokenize", INPUTS, "add_special_tokens", PROMPT_NAME);
        boolean special = Json.flag(request, "add_special_tokens", true);
        List<String> texts = inputs(request);
        sizes.check(texts.size());
        long characters = texts.stream().mapToLong(String::length).sum();
        if (characters > MAX_TOKENIZED_CHARACTERS) {
            throw ApiException.tooLarge(
                    "the texts have " + characters + " characters together, and the tokens of at most "
                            + MAX_TOKENIZED_CHARACTERS + " are told at once");
        }
        ServedModel model = models.first();
        String prompt = prompt(model, Json.optionalText(request, PROMPT_NAME));
        // An answer is many times as large as its request, so writing it counts as well.
        return turns.one(() -> {
            List<Object> answers = new ArrayList<>();
            int told = 0;
            for (String text : texts) {
                Encoding encoding = model.tokenizer().encode(prompt + text);
                told += encoding.length();
                if (told > MAX_TOKENS) {
                    throw ApiException.tooLarge(
                            "the texts have more than the " + MAX_TOKENS + " tokens that are told at once: send fewer");
                }
                answers.add(tokens(prompt + text, encoding, special));
            }
            return Json.bytes(answers);
        });
    }

    /** Returns the prompt that stands before a text. It is empty for models that do not make vectors. */
    private static String prompt(ServedModel model, Optional<String> name) {
        if (!model.does(EXTRACTION)) {
            name.ifPresent(given -> {
                throw ApiException.validation("prompt_name goes with a model that makes vectors, and " + model.name()
                        + " is served for " + model.task().name() + ": leave it out");
            });
            return "";
        }
        return model.require(EXTRACTION, FeatureExtractor.class)
                .prompt(OptionValues.with(model.embedding(), name, EmbeddingOptions::withPromptName));
    }

    /** Returns tokens, each with its part of the text and with its place in bytes of UTF-8. */
    private static List<Object> tokens(String text, Encoding encoding, boolean special) {
        int[] points = text.codePoints().toArray();
        int[] bytes = new int[points.length + 1];
        for (int i = 0; i < points.length; i++) {
            bytes[i + 1] = bytes[i] + utf8(points[i]);
        }
        List<Object> tokens = new ArrayList<>();
        for (int i = 0; i < encoding.length(); i++) {
            boolean added = encoding.sequences()[i] == Encoding.SPECIAL;
            if (special || !added) {
                int start = encoding.starts()[i];
                int end = encoding.ends()[i];
                tokens.add(Json.of(
                        "id",
                        encoding.ids()[i],
                        "text",
                        added ? encoding.tokens().get(i) : new String(points, start, end - start),
                        "special",
                        added,
                        "start",
                        added ? null : bytes[start],
                        "stop",
                        added ? null : bytes[end]));
            }
        }
        return tokens;
    }

    /** Returns how many bytes a code point has in UTF-8. */
    private static int utf8(int point) {
        return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
    }

    /** Answers {@code POST /decode} with the bytes of its JSON. */
    Object decode(JsonNode request) {
        Json.requireKnown(request, "/decode", "ids", "skip_special_tokens");
        boolean skip = Json.flag(request, "skip_special_tokens", true);
        JsonNode ids = request.path("ids");
        Tokenizer tokenizer = models.first().tokenizer();
        List<int[]> all = GivenTokens.read(ids, "ids", tokenizer, MAX_TOKENS);
        sizes.check(all.size());
        return turns.one(() -> Json.bytes(
                all.stream().map(text -> tokenizer.decode(text, skip)).toList()));
    }
}
