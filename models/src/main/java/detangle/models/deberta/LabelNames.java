package detangle.models.deberta;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * The labels of a model, from {@code id2label} or {@code num_labels}. Many a configuration of a model without labels
 * has something else there, so a fault is told by whoever needs the labels, and not by reading.
 *
 * @param names by class index; empty if there is a fault
 * @param stated whether the file says anything of labels
 * @param fault the field at fault and what is wrong with it, if the labels cannot be understood
 */
public record LabelNames(List<String> names, boolean stated, Optional<String> fault) {
    private static final String ID2LABEL = "id2label";
    private static final String NUM_LABELS = "num_labels";

    /** HuggingFace's default. */
    private static final int DEFAULT_LABELS = 2;

    /** Far more labels than any model has. */
    public static final int MAX_LABELS = 1 << 17;

    /** Keeps a copy of the names. */
    public LabelNames {
        names = List.copyOf(names);
    }

    /** Returns what the fields of a file say. */
    public static LabelNames of(ConfigFields fields) {
        Optional<JsonNode> byId = fields.find(ID2LABEL);
        if (byId.isPresent()) {
            return named(byId.get());
        }
        Optional<JsonNode> stated = fields.find(NUM_LABELS);
        if (stated.isEmpty()) {
            return numbered(DEFAULT_LABELS, false);
        }
        OptionalInt count = ConfigFields.whole(stated.get());
        return count.isPresent() && count.getAsInt() >= 1 && count.getAsInt() <= MAX_LABELS
                ? numbered(count.getAsInt(), true)
                : faulty(NUM_LABELS + " is " + stated.get() + "; it must be a number of labels, from 1 to "
                        + MAX_LABELS);
    }

    /** {@code LABEL_0} and so on, as transformers names them. */
    public static LabelNames numbered(int count, boolean stated) {
        return new LabelNames(
                IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList(), stated, Optional.empty());
    }

    private static LabelNames faulty(String fault) {
        return new LabelNames(List.of(), true, Optional.of(fault));
    }

    /** Returns an object from class index to label, whose keys must be 0, 1, ...; or a list. */
    private static LabelNames named(JsonNode byId) {
        if (!byId.isContainer() || byId.isEmpty()) {
            return faulty(ID2LABEL + " is not an object from class index to label");
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < byId.size(); i++) {
            JsonNode label = byId.isArray() ? byId.get(i) : byId.path(Integer.toString(i));
            if (label.isMissingNode()) {
                return faulty(ID2LABEL + " has no label \"" + i + "\" among its " + byId.size());
            }
            if (!label.isString() && !label.isNumber() && !label.isBoolean()) {
                return faulty(ID2LABEL + " has a label \"" + i + "\" that is neither a text nor a number: " + label);
            }
            names.add(label.asString());
        }
        return new LabelNames(names, true, Optional.empty());
    }
}
