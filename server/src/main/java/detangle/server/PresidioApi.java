package detangle.server;

import detangle.pipelines.Redactor;
import detangle.pipelines.redaction.EntityReplacer;
import detangle.pipelines.task.Fields;
import detangle.server.ServedModel.Ability;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;

/**
 * The routes of Presidio's analyzer (presidio-analyzer/app.py), which its clients and remote recognizers ask. They ask
 * the first model that finds entities.
 *
 * <p>A type of Presidio's is a label in upper case with underscores: {@code PHONE_NUMBER} asks a GLiNER model for
 * {@code phone number}.
 */
final class PresidioApi {
    private static final String REDACTION = "redact";
    private static final String TEXT = "text";
    private static final String ENTITIES = "entities";
    private static final String THRESHOLD = "score_threshold";

    private final Models models;
    private final Sizes sizes;

    PresidioApi(Models models, Sizes sizes) {
        this.models = models;
        this.sizes = sizes;
    }

    /** Answers {@code GET /supportedentities} with the types of a request that names none. */
    Object supportedEntities() {
        return redactor(models.doing(REDACTION)).labels().stream()
                .map(EntityReplacer::kind)
                .distinct()
                .toList();
    }

    private static Redactor redactor(ServedModel model) {
        return model.require(REDACTION, Redactor.class);
    }

    /**
     * Answers {@code POST /analyze} with the entities of a text, or of each text of an array. {@code language} and
     * {@code correlation_id} do not change the answer: the language is the model's, and the id is for logs.
     */
    Object analyze(JsonNode request) {
        Json.requireKnown(request, "/analyze", TEXT, "language", "correlation_id", ENTITIES, THRESHOLD);
        Json.optionalText(request, "language");
        Json.optionalText(request, "correlation_id");
        JsonNode text = request.path(TEXT);
        List<String> texts = text.isArray() ? Json.texts(text, TEXT) : List.of(Json.text(request, TEXT));
        sizes.check(texts.size());
        ServedModel model = models.doing(REDACTION);
        Ability ability = model.require(REDACTION);
        SequencedMap<String, String> types = types(redactor(model), request.path(ENTITIES));
        Map<String, Object> given = new LinkedHashMap<>();
        given.put("labels", List.copyOf(types.keySet()));
        JsonNode threshold = request.path(THRESHOLD);
        if (!Json.isAbsent(threshold)) {
            given.put("threshold", Json.plain(threshold));
        }
        List<Fields> rows =
                texts.stream().map(one -> ability.task().row(Map.of(TEXT, one))).toList();
        List<Object> answers = new ArrayList<>();
        for (Object answer : model.answer(ability, rows, ability.task().options(given))) {
            answers.add(results((Map<?, ?>) answer, types));
        }
        return text.isArray() ? answers : answers.getFirst();
    }

    /**
     * Returns the labels to look for, each with its type in the answer. As in Presidio, an empty array asks for all
     * types (AnalyzerEngine.analyze), and types that the model does not know are ignored if it knows one of the types
     * (RecognizerRegistry.get_recognizers).
     */
    private static SequencedMap<String, String> types(Redactor redactor, JsonNode entities) {
        SequencedMap<String, String> types = new LinkedHashMap<>();
        List<String> labels = redactor.labels();
        if (Json.isAbsent(entities) || entities.isArray() && entities.isEmpty()) {
            labels.forEach(label -> types.put(label, EntityReplacer.kind(label)));
            return types;
        }
        List<String> asked = Json.texts(entities, ENTITIES);
        boolean isAnyKnown = labels.stream().map(EntityReplacer::kind).anyMatch(asked::contains);
        for (String type : asked) {
            List<String> known = labels.stream()
                    .filter(label -> EntityReplacer.kind(label).equals(type))
                    .toList();
            if (known.isEmpty() && !(redactor.hasOwnLabels() && isAnyKnown)) {
                types.put(type.replace('_', ' ').toLowerCase(Locale.ROOT), type);
            }
            known.forEach(label -> types.put(label, type));
        }
        return types;
    }

    /** Returns the parts that redaction would replace, as Presidio's results. */
    private static List<Object> results(Map<?, ?> redaction, Map<String, String> types) {
        List<Object> results = new ArrayList<>();
        for (Object span : (List<?>) redaction.get("spans")) {
            Map<?, ?> found = (Map<?, ?>) span;
            results.add(Json.of(
                    "entity_type",
                    types.get((String) found.get("label")),
                    "start",
                    found.get("start"),
                    "end",
                    found.get("end"),
                    "score",
                    found.get("score")));
        }
        return results;
    }
}
