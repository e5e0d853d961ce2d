package detangle.server;

import detangle.pipelines.task.Field;
import detangle.pipelines.task.Fields;
import detangle.pipelines.task.TextTask;
import detangle.server.ServedModel.Ability;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import tools.jackson.databind.JsonNode;

/**
 * The routes of HuggingFace's inference API: {@code inputs} of any task and its {@code parameters}, which may also
 * stand beside the inputs. The task's description alone decides which there are.
 */
final class HuggingFaceApi {
    private static final String INPUTS = "inputs";
    private static final String PARAMETERS = "parameters";
    private static final String OPTIONS = "options";

    private final Models models;
    private final Sizes sizes;

    HuggingFaceApi(Models models, Sizes sizes) {
        this.models = models;
        this.sizes = sizes;
    }

    /** Answers {@code GET /models} with all models and the descriptions of their tasks. */
    Object models() {
        return models.all().stream().map(ServedModel::described).toList();
    }

    /** Answers {@code GET /models/NAME}. */
    Object model(String name) {
        return models.named(name).described();
    }

    /** Answers {@code POST /models/NAME}. */
    Object answer(String name, JsonNode request) {
        return answer(models.named(name), Optional.empty(), request);
    }

    /** Answers {@code POST /models/NAME/pipeline/TASK}. */
    Object answer(String name, String task, JsonNode request) {
        return answer(models.named(name), Optional.of(task), request);
    }

    /** Returns the answer of a model, by the requested task, or else by the task whose fields the request has. */
    Object answer(ServedModel model, Optional<String> task, JsonNode request) {
        SequencedMap<String, Object> given = given(request);
        JsonNode inputs = request.path(INPUTS);
        Ability ability = task.map(model::require).orElseGet(() -> model.meant(names(inputs, given)));
        TextTask<?> description = ability.task();
        List<Fields> rows = new ArrayList<>();
        boolean single = !inputs.isArray();
        if (inputs.isMissingNode()) {
            rows.add(description.row(takeInputs(description, given)));
        } else if (single) {
            rows.add(row(description, inputs));
        } else {
            inputs.forEach(input -> rows.add(row(description, input)));
        }
        Fields options = description.options(given);
        sizes.check(ability.texts(rows, options));
        List<Object> answers = model.answer(ability, rows, options);
        return single && !description.answersInLists() ? answers.getFirst() : answers;
    }

    /** Returns the fields of the request beside its inputs. */
    private static SequencedMap<String, Object> given(JsonNode request) {
        SequencedMap<String, Object> given = Json.fields(request);
        given.remove(INPUTS);
        given.remove(PARAMETERS);
        given.remove(OPTIONS);
        readOptions(request.path(OPTIONS));
        JsonNode parameters = request.path(PARAMETERS);
        if (!Json.isAbsent(parameters)) {
            if (!parameters.isObject()) {
                throw ApiException.validation(PARAMETERS + " is not an object");
            }
            Json.fields(parameters).forEach((name, value) -> {
                if (given.put(name, value) != null) {
                    throw ApiException.validation(name + " stands in " + PARAMETERS + " and beside them: say it once");
                }
            });
        }
        return given;
    }

    /**
     * Reads the options of HuggingFace's own service. They have no effect: models are loaded already, and answers are
     * not stored.
     */
    private static void readOptions(JsonNode options) {
        if (Json.isAbsent(options)) {
            return;
        }
        if (!options.isObject()) {
            throw ApiException.validation(OPTIONS + " is not an object");
        }
        Json.requireKnown(options, OPTIONS, "wait_for_model", "use_cache");
        Json.flag(options, "wait_for_model", true);
        Json.flag(options, "use_cache", false);
    }

    /** Returns all names that a request uses. They decide which task is meant. */
    private static SequencedSet<String> names(JsonNode inputs, Map<String, Object> given) {
        SequencedSet<String> names = new LinkedHashSet<>(given.keySet());
        JsonNode row = inputs.isArray() ? inputs.path(0) : inputs;
        if (row.isObject()) {
            names.addAll(row.propertyNames());
        }
        return names;
    }

    /** Takes the inputs of one row out of the fields of a request, and leaves the parameters. */
    private static Map<String, Object> takeInputs(TextTask<?> task, Map<String, Object> given) {
        Map<String, Object> row = new LinkedHashMap<>(given);
        row.keySet().removeIf(name -> !task.isInput(name));
        given.keySet().removeIf(task::isInput);
        if (row.isEmpty()) {
            throw ApiException.validation("there is no field '" + INPUTS + "', which is " + inputs(task));
        }
        return row;
    }

    private static Fields row(TextTask<?> task, JsonNode input) {
        if (input.isObject()) {
            return task.row(Json.fields(input));
        }
        Optional<Field> text = task.soleText();
        if (input.isString() && text.isPresent()) {
            return task.row(Map.of(text.get().name(), Json.wellFormed(input.stringValue())));
        }
        throw ApiException.validation(INPUTS + " is not " + inputs(task) + ", or an array of such inputs");
    }

    /** Returns words for the inputs of a task, for messages. */
    private static String inputs(TextTask<?> task) {
        String fields =
                String.join(", ", task.inputs().stream().map(Field::name).toList());
        return task.soleText().isPresent()
                ? "a text or an object of " + fields
                : "an object of " + fields + ", as " + task.name() + " needs";
    }
}
