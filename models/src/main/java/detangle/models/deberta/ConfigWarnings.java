package detangle.models.deberta;

import detangle.ir.OneLine;
import detangle.models.deberta.Misspellings.Misspelling;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The warnings about settings of a config.json that do not change an answer here, though their author may believe so.
 * Each is one line, when the file is read.
 */
record ConfigWarnings(ConfigFields fields, DebertaConfig config) {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigWarnings.class);

    /** The file in which peft describes an adapter, which transformers applies to the model unasked. */
    private static final String ADAPTER = "adapter_config.json";

    /** A command reads a configuration several times, and warns once. */
    private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

    /** A process may read any number of configurations. */
    private static final int MAX_REMEMBERED = 1000;

    /** @param known every field that is read */
    static void log(ConfigFields fields, Set<String> known, DebertaConfig config) {
        for (String fault : new ConfigWarnings(fields, config).all(known)) {
            String warning = OneLine.of(fields.file() + ": " + fault);
            if (WARNED.size() > MAX_REMEMBERED) {
                WARNED.clear();
            }
            if (WARNED.add(warning)) {
                LOG.warn("{}", warning);
            }
        }
    }

    /** Returns each fault in words that follow the name of the file and a colon. */
    List<String> all(Set<String> known) {
        List<String> all = new ArrayList<>();
        for (Misspelling found : Misspellings.in(fields.names(), known)) {
            all.add("the field " + found.written() + " is not read, and stands one letter from " + found.meant()
                    + ": correct it if that is meant");
        }
        missingTerms(all);
        labels(all);
        if (fields.find("quantization_config").isPresent()) {
            all.add("quantization_config is ignored: weights are used as they are stored");
        }
        if (fields.find("auto_map").filter(map -> !map.isEmpty()).isPresent()) {
            all.add("auto_map names code of the model's own, which is not run: the model is taken for one of "
                    + config.modelType().text());
        }
        if (Files.exists(fields.file().resolveSibling(ADAPTER))) {
            all.add(ADAPTER + " stands beside it: an adapter is applied only where --adapter names its folder");
        }
        return all;
    }

    /** Every released model with shared keys has both terms, and a missing one leaves no trace in the checkpoint. */
    private void missingTerms(List<String> all) {
        for (PositionTerm term : PositionTerm.values()) {
            if (config.relativeAttention() && config.shareAttKey() && !config.has(term)) {
                all.add("pos_att_type does not name " + term.name().toLowerCase(Locale.ROOT)
                        + ", and with share_att_key the checkpoint does not show whether it should: add it if the model"
                        + " was trained with it");
            }
        }
    }

    /** Answers name labels by id2label alone. */
    private void labels(List<String> all) {
        List<String> names = config.labelNames().names();
        Optional<JsonNode> byId = fields.find("id2label");
        if (byId.isEmpty() || names.isEmpty()) {
            return;
        }
        Optional<JsonNode> count = fields.find("num_labels");
        if (count.isPresent() && ConfigFields.whole(count.get()).orElse(-1) != names.size()) {
            all.add("num_labels is " + count.get() + ", and id2label names " + names.size() + " labels, which counts");
        }
        Set<String> seen = new HashSet<>();
        names.stream()
                .filter(name -> !seen.add(name))
                .findFirst()
                .ifPresent(name -> all.add(
                        "id2label names '" + name + "' twice, so that answers do not tell the two labels apart"));
        JsonNode byName = fields.root().path("label2id");
        for (int i = 0; byName.isObject() && i < names.size(); i++) {
            JsonNode id = byName.path(names.get(i));
            if (!id.isMissingNode() && !names(id, i) && seen.size() == names.size()) {
                all.add("label2id says " + id + " of '" + names.get(i) + "', and id2label says " + i
                        + ", which counts");
                return;
            }
        }
    }

    /** Returns whether a value of label2id is the id, as a number or, as some write it, as text. */
    private static boolean names(JsonNode value, int id) {
        return value.isString()
                ? value.stringValue().equals(Integer.toString(id))
                : ConfigFields.whole(value).equals(OptionalInt.of(id));
    }
}
