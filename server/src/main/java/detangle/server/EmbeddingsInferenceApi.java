package detangle.server;

import detangle.backend.processor.ThreadCount;
import detangle.models.text.Encoding;
import detangle.pipelines.Classification;
import detangle.server.ServedModel.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The routes of HuggingFace's text-embeddings-inference. They ask the first model that does what is asked. */
final class EmbeddingsInferenceApi {
    /** Characters of a request whose tokens are told: an answer has some twenty times as many bytes. */
    private static final int MOST_TOKENIZED = 100_000;

    /** Tokens of an answer to {@code /tokenize}. Normalization makes up to 18 characters of one, each of which can be a token. */
    private static final int MOST_TOKENS = 2 * MOST_TOKENIZED;

    private final List<ServedModel> models;
    private final ServerOptions options;
    private final Admission admission;
    private final Turns turns;
    private final String version;

    EmbeddingsInferenceApi(
            List<ServedModel> models, ServerOptions options, Admission admission, Turns turns, String version) {
        this.models = models;
        this.options = options;
        this.admission = admission;
        this.turns = turns;
        this.version = version;
    }

    private ServedModel model(ServedModel.Task... tasks) {
        return models.stream()
                .filter(m -> List.of(tasks).contains(m.task()))
                .findFirst()
                .orElseGet(models::getFirst);
    }

    /** {@code GET /info}. */
    Object info() {
        ServedModel model = models.getFirst();
        Map<String, Object> type = new LinkedHashMap<>();
        switch (model.task()) {
            case CLASSIFIER, RERANKER -> {
                Map<String, String> labels = new LinkedHashMap<>();
                Map<String, Integer> numbers = new LinkedHashMap<>();
                for (int i = 0; i < model.config().numLabels(); i++) {
                    labels.put(Integer.toString(i), model.config().labels().get(i));
                    numbers.put(model.config().labels().get(i), i);
                }
                type.put(
                        model.task() == ServedModel.Task.RERANKER ? "reranker" : "classifier",
                        Json.of("id2label", labels, "label2id", numbers));
            }
            case EMBEDDING -> type.put("embedding", Json.of("pooling", model.pooling()));
        }
        return Json.of(
                "model_id",
                model.name(),
                "model_sha",
                null,
                "model_dtype",
                "float32",
                "model_type",
                type,
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

    /** {@code POST /}: what the first model is for. */
    Object whatTheModelDoes(JsonNode request) {
        return switch (models.getFirst().task()) {
            case CLASSIFIER -> predict(request);
            case RERANKER -> rerank(request);
            case EMBEDDING -> embed(request);
        };
    }

    /** {@code POST /predict}. */
    Object predict(JsonNode request) {
        JsonNode inputs = request.path("inputs");
        boolean raw = Json.flag(request, "raw_scores", false);
        boolean truncate = truncate(request);
        ServedModel model = model(ServedModel.Task.CLASSIFIER, ServedModel.Task.RERANKER);
        boolean single = inputs.isString() || inputs.isArray() && inputs.path(0).isString();
        List<Text> texts = new ArrayList<>();
        if (single) {
            texts.add(text(inputs));
        } else if (inputs.isArray()) {
            inputs.forEach(input -> texts.add(text(input)));
        } else {
            throw ApiException.validation("inputs is neither a text, a pair of texts, nor an array of these");
        }
        checkSize(texts.size());
        List<Object> answers = new ArrayList<>();
        for (List<Classification> labels : model.predict(texts, raw, truncate)) {
            answers.add(labels.stream()
                    .map(c -> Json.of("score", (float) c.score(), "label", c.label()))
                    .toList());
        }
        return single ? answers.getFirst() : answers;
    }

    private static Text text(JsonNode input) {
        if (input.isString()) {
            return new Text(Json.wellFormed(input.stringValue()), Optional.empty());
        }
        List<String> both = Json.texts(input, "inputs");
        if (both.isEmpty() || both.size() > 2) {
            throw ApiException.validation("inputs holds " + both.size() + " texts where one or two belong together");
        }
        return new Text(both.getFirst(), both.size() == 2 ? Optional.of(both.get(1)) : Optional.empty());
    }

    private void checkSize(int texts) {
        if (texts == 0) {
            throw ApiException.validation("there are no texts");
        }
        if (texts > options.maxClientBatchSize()) {
            throw ApiException.tooLarge("the request has " + texts + " texts, and at most "
                    + options.maxClientBatchSize() + " may come at once");
        }
        admission.count(texts);
    }

    /** Whether texts are cut; at their end, so that a request for another place must not be answered as if it were this one. */
    private boolean truncate(JsonNode request) {
        Json.optionalText(request, "truncation_direction")
                .filter(direction -> !direction.equalsIgnoreCase("right"))
                .ifPresent(direction -> {
                    throw ApiException.validation(
                            "truncation_direction is " + direction + ", and texts are cut at their end: leave it out");
                });
        return Json.flag(request, "truncate", options.autoTruncate());
    }

    /** {@code POST /rerank}. */
    Object rerank(JsonNode request) {
        List<String> texts = Json.texts(request.path("texts"), "texts");
        checkSize(texts.size());
        boolean withText = Json.flag(request, "return_text", false);
        return model(ServedModel.Task.RERANKER)
                .rank(Json.text(request, "query"), texts, Json.flag(request, "raw_scores", false), truncate(request))
                .stream()
                .map(d -> withText
                        ? Json.of("index", d.index(), "text", d.text(), "score", (float) d.score())
                        : Json.of("index", d.index(), "score", (float) d.score()))
                .toList();
    }

    /** {@code POST /embed}. */
    Object embed(JsonNode request) {
        List<String> texts = inputs(request);
        return model(ServedModel.Task.EMBEDDING)
                .embed(
                        texts,
                        Json.flag(request, "normalize", true),
                        truncate(request),
                        Json.optionalText(request, "prompt_name"),
                        Json.optionalCount(request, "dimensions"));
    }

    private List<String> inputs(JsonNode request) {
        JsonNode inputs = request.path("inputs");
        List<String> texts =
                inputs.isString() ? List.of(Json.wellFormed(inputs.stringValue())) : Json.texts(inputs, "inputs");
        checkSize(texts.size());
        return texts;
    }

    /** {@code POST /tokenize}: JSON that is written already. */
    Object tokenize(JsonNode request) {
        boolean special = Json.flag(request, "add_special_tokens", true);
        List<String> texts = inputs(request);
        long characters = texts.stream().mapToLong(String::length).sum();
        if (characters > MOST_TOKENIZED) {
            throw ApiException.tooLarge("the texts have " + characters
                    + " characters together, and the tokens of at most " + MOST_TOKENIZED + " are told at once");
        }
        // An answer is many times as large as its request, so that writing it counts as well.
        return turns.one(() -> {
            List<Object> answers = new ArrayList<>();
            int told = 0;
            for (String text : texts) {
                Encoding encoding = models.getFirst().tokenizer().encode(text);
                told += encoding.length();
                if (told > MOST_TOKENS) {
                    throw ApiException.tooLarge("the texts have more than the " + MOST_TOKENS
                            + " tokens that are told at once: send fewer");
                }
                answers.add(tokens(encoding, special));
            }
            return Json.bytes(answers);
        });
    }

    private static List<Object> tokens(Encoding encoding, boolean special) {
        List<Object> tokens = new ArrayList<>();
        for (int i = 0; i < encoding.length(); i++) {
            boolean added = encoding.sequences()[i] == Encoding.SPECIAL;
            if (special || !added) {
                tokens.add(Json.of(
                        "id",
                        encoding.ids()[i],
                        "text",
                        encoding.tokens().get(i),
                        "special",
                        added,
                        "start",
                        added ? null : encoding.starts()[i],
                        "stop",
                        added ? null : encoding.ends()[i]));
            }
        }
        return tokens;
    }
}
