package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Inputs of the {@code run} command: named cases, each a batch of token ids with what goes with them. */
final class CaseFile {
    private static final List<String> LABELS = List.of("labels", "start_positions", "end_positions");

    /** One case; its inputs are complete, the mask of ones where the file has none. */
    record Case(String name, Map<String, Tensor> inputs, Map<String, Tensor> labels) {}

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
        try (Utf8Reader reader = new Utf8Reader(file.toString(), new FileInputStream(file.toFile()))) {
            root = JsonMapper.shared().readTree(reader);
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            throw new CliException(file + " is not valid JSON"
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        } catch (IOException e) {
            throw new CliException(file + " cannot be read: " + Failures.reason(e));
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
        Tensor ids = integers(name, "input_ids", node).orElseThrow(() -> fault(name, "input_ids are missing"));
        checkRange(name, "input_ids", ids, config.vocabSize());
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("input_ids", ids);
        inputs.put("attention_mask", attentionMask(name, node, ids));
        if (config.typeVocabSize() > 0) {
            Tensor types = integers(name, "token_type_ids", node).orElseGet(() -> filled(ids, 0));
            checkShape(name, "token_type_ids", types.shape(), ids.shape());
            checkRange(name, "token_type_ids", types, config.typeVocabSize());
            inputs.put("token_type_ids", types);
        }
        Map<String, Tensor> labels = new HashMap<>();
        for (String key : LABELS) {
            NestedNumbers.read(node.path(key), message -> fault(name, key + message))
                    .ifPresent(n -> labels.put(key, Tensor.of(n.values(), n.shape())));
        }
        return new Case(name, inputs, labels);
    }

    /** Of the ids' shape, or with one more axis that says what each position sees. */
    private Tensor attentionMask(String name, JsonNode node, Tensor ids) {
        Tensor mask = integers(name, "attention_mask", node).orElseGet(() -> filled(ids, 1));
        long[] expected = ids.shape();
        if (mask.rank() == ids.rank() + 1) {
            expected = Arrays.copyOf(expected, expected.length + 1);
            expected[expected.length - 1] = ids.dim(-1);
        }
        checkShape(name, "attention_mask", mask.shape(), expected);
        return mask;
    }

    private static Tensor filled(Tensor like, long value) {
        long[] values = new long[Math.toIntExact(like.elements())];
        Arrays.fill(values, value);
        return Tensor.of(values, like.shape());
    }

    private void checkShape(String name, String key, long[] shape, long[] expected) {
        if (!Arrays.equals(shape, expected)) {
            throw fault(
                    name,
                    key + " has shape " + Arrays.toString(shape) + ", but input_ids ask for "
                            + Arrays.toString(expected));
        }
    }

    private void checkRange(String name, String key, Tensor ids, int limit) {
        for (int i = 0; i < ids.elements(); i++) {
            if (ids.getLong(i) < 0 || ids.getLong(i) >= limit) {
                throw fault(name, key + ": id " + ids.getLong(i) + " is outside the vocabulary of " + limit + " rows");
            }
        }
    }

    private Optional<Tensor> integers(String name, String key, JsonNode node) {
        Optional<NestedNumbers> numbers = NestedNumbers.read(node.path(key), message -> fault(name, key + message));
        return numbers.map(n -> {
            if (n.shape().length < 2) {
                throw fault(name, key + " is no list of rows of numbers");
            }
            long[] values = new long[n.values().length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (long) n.values()[i];
                if (values[i] != n.values()[i]) {
                    throw fault(name, key + " holds '" + n.values()[i] + "', which is no whole number");
                }
            }
            return Tensor.of(values, n.shape());
        });
    }
}
