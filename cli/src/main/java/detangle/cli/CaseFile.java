package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Inputs of the {@code run} command: named cases, each a batch of token ids with what goes with them. */
final class CaseFile {
    /** One case; its inputs are complete, the mask of ones where the file has none. */
    record Case(String name, Map<String, Tensor> inputs, Optional<Tensor> labels) {}

    private final Path file;
    private final DebertaConfig config;

    private CaseFile(Path file, DebertaConfig config) {
        this.file = file;
        this.config = config;
    }

    static List<Case> read(Path file, DebertaConfig config) {
        if (!Files.isRegularFile(file)) {
            throw new CliException(file + " does not exist or is no file");
        }
        JsonNode root;
        try {
            root = new JsonMapper().readTree(file.toFile());
        } catch (JacksonException e) {
            throw new CliException(file + " is no JSON: " + e.getOriginalMessage());
        }
        JsonNode cases = root.path("cases");
        if (!cases.isArray()) {
            throw new CliException(file + " has no list \"cases\"");
        }
        CaseFile reader = new CaseFile(file, config);
        List<Case> all = new ArrayList<>();
        for (JsonNode node : cases) {
            all.add(reader.read(node));
        }
        return all;
    }

    private CliException fault(String name, String message) {
        return new CliException(file + ": case " + name + ": " + message);
    }

    private Case read(JsonNode node) {
        String name = node.path("name").asString("");
        if (name.isEmpty()) {
            throw new CliException(file + ": a case has no name");
        }
        Tensor ids = matrix(name, "input_ids", node.path("input_ids"))
                .orElseThrow(() -> fault(name, "input_ids are missing"));
        for (int i = 0; i < ids.elements(); i++) {
            if (ids.getLong(i) < 0 || ids.getLong(i) >= config.vocabSize()) {
                throw fault(
                        name, "id " + ids.getLong(i) + " is outside the vocabulary of " + config.vocabSize() + " rows");
            }
        }
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("input_ids", ids);
        inputs.put("attention_mask", sameShape(name, "attention_mask", node, ids, 1));
        if (config.typeVocabSize() > 0) {
            inputs.put("token_type_ids", sameShape(name, "token_type_ids", node, ids, 0));
        }
        return new Case(name, inputs, labels(name, node.path("labels")));
    }

    /** An input of the shape of the ids, all of one value where the file has none. */
    private Tensor sameShape(String name, String key, JsonNode node, Tensor ids, long missing) {
        Optional<Tensor> given = matrix(name, key, node.path(key));
        if (given.isEmpty()) {
            long[] values = new long[Math.toIntExact(ids.elements())];
            Arrays.fill(values, missing);
            return Tensor.of(values, ids.shape());
        }
        if (!Arrays.equals(given.get().shape(), ids.shape())) {
            throw fault(
                    name,
                    key + " has shape " + Arrays.toString(given.get().shape()) + ", but input_ids "
                            + Arrays.toString(ids.shape()));
        }
        return given.get();
    }

    private Optional<Tensor> matrix(String name, String key, JsonNode rows) {
        if (rows.isMissingNode() || rows.isNull()) {
            return Optional.empty();
        }
        int width = rows.path(0).size();
        if (!rows.isArray() || rows.isEmpty() || width == 0) {
            throw fault(name, key + " is no list of rows of numbers");
        }
        long[] values = new long[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.get(i).isArray() || rows.get(i).size() != width) {
                throw fault(name, "rows of " + key + " differ in length: pad them");
            }
            for (int j = 0; j < width; j++) {
                JsonNode value = rows.get(i).get(j);
                if (!value.isIntegralNumber() || !value.canConvertToLong()) {
                    throw fault(name, key + " holds '" + value + "', which is no whole number");
                }
                values[i * width + j] = value.asLong();
            }
        }
        return Optional.of(Tensor.of(values, rows.size(), width));
    }

    private Optional<Tensor> labels(String name, JsonNode labels) {
        if (labels.isMissingNode() || labels.isNull()) {
            return Optional.empty();
        }
        List<Double> values = new ArrayList<>();
        boolean rows = labels.path(0).isArray();
        for (JsonNode label : labels) {
            for (JsonNode value : rows ? label : List.of(label)) {
                if (!value.isNumber()) {
                    throw fault(name, "labels hold '" + value + "', which is no number");
                }
                values.add(value.asDouble());
            }
        }
        double[] flat = values.stream().mapToDouble(v -> v).toArray();
        if (rows && flat.length % labels.size() != 0) {
            throw fault(name, "rows of labels differ in length");
        }
        return Optional.of(
                rows ? Tensor.of(flat, labels.size(), flat.length / labels.size()) : Tensor.of(flat, flat.length));
    }
}
