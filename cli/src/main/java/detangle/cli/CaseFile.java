package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/** Inputs of the {@code run} command: named cases, each a batch of token ids with what goes with them. */
final class CaseFile {
    private static final List<String> LABELS =
            List.of(InputNames.LABELS, InputNames.START_POSITIONS, InputNames.END_POSITIONS);

    /** A case; its inputs are complete, the mask of ones where the file has none. */
    record Case(String name, Map<String, Tensor> inputs, Map<String, Tensor> labels) {}

    private static final List<String> INPUTS = List.of(InputNames.IDS, InputNames.MASK, InputNames.TOKEN_TYPES);

    /** Bytes that a file of cases may have. */
    private static final long MAX_BYTES = 64L << 20;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path file;
    private final DebertaConfig config;
    private final JsonParser parser;

    private CaseFile(Path file, DebertaConfig config, JsonParser parser) {
        this.file = file;
        this.config = config;
        this.parser = parser;
    }

    static List<Case> read(Path file, DebertaConfig config) {
        if (!Files.isRegularFile(file)) {
            throw new CliException(file + " does not exist or is not a file");
        }
        try (Utf8Reader reader = new Utf8Reader(file.toString(), new FileInputStream(file.toFile()))) {
            if (Files.size(file) > MAX_BYTES) {
                throw new CliException(file + " has " + Files.size(file) + " bytes, and at most " + MAX_BYTES
                        + " are read: divide its cases between several files");
            }
            try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), reader)) {
                return new CaseFile(file, config, parser).cases();
            }
        } catch (StreamConstraintsException e) {
            throw new CliException(
                    file + " is not a file of cases: it is nested too deeply, or a value in it is too long" + where(e));
        } catch (JacksonIOException e) {
            throw new CliException(file + " cannot be read: " + Failures.reason(e.getCause()));
        } catch (JacksonException e) {
            throw new CliException(file + " is not valid JSON" + where(e));
        } catch (IOException e) {
            throw new CliException(file + " cannot be read: " + Failures.reason(e));
        }
    }

    private static String where(JacksonException e) {
        TokenStreamLocation at = e.getLocation();
        return at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    }

    /** Reads the list of cases; other fields beside it are passed over. */
    private List<Case> cases() {
        Optional<List<Case>> cases = Optional.empty();
        if (parser.nextToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean isCases = parser.currentName().equals("cases");
                if (parser.nextToken() == JsonToken.START_ARRAY && isCases) {
                    cases = Optional.of(list());
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new CliException(file + " is not valid JSON: something follows its end");
            }
        }
        return cases.orElseThrow(() -> new CliException(file + " has no list \"cases\""));
    }

    private List<Case> list() {
        List<Case> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
                throw new CliException(file + ": case " + (all.size() + 1) + " is not an object");
            }
            Case read = read(all.size() + 1);
            if (!names.add(read.name())) {
                throw fault(read.name(), "two cases have this name, and results are called by it");
            }
            all.add(read);
        }
        return all;
    }

    private CliException fault(String name, String message) {
        return new CliException(file + ": case " + name + ": " + message);
    }

    private Case read(int number) {
        String name = "";
        Map<String, NestedNumbers> numbers = new HashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = parser.currentName();
            String shown = name.isEmpty() ? Integer.toString(number) : name;
            parser.nextToken();
            if (key.equals("name")) {
                name = parser.currentToken() == JsonToken.VALUE_STRING ? parser.getString() : "";
                if (name.isEmpty()) {
                    throw new CliException(file + ": the name of case " + number + " is not a text");
                }
            } else if (INPUTS.contains(key) || LABELS.contains(key)) {
                NestedNumbers.read(parser, message -> fault(shown, key + message))
                        .ifPresent(n -> numbers.put(key, n));
            } else {
                throw fault(
                        shown,
                        "there is no '" + key + "' in a case; its fields are name, " + String.join(", ", INPUTS) + ", "
                                + String.join(", ", LABELS));
            }
        }
        if (name.isEmpty()) {
            throw new CliException(file + ": case " + number + " has no name");
        }
        return complete(name, numbers);
    }

    private Case complete(String name, Map<String, NestedNumbers> numbers) {
        Tensor ids = integers(name, InputNames.IDS, numbers).orElseThrow(() -> fault(name, "input_ids are missing"));
        checkRange(name, InputNames.IDS, ids, config.vocabSize());
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(InputNames.IDS, ids);
        inputs.put(InputNames.MASK, attentionMask(name, numbers, ids));
        if (config.typeVocabSize() > 0) {
            Tensor types = integers(name, InputNames.TOKEN_TYPES, numbers).orElseGet(() -> filled(ids, 0));
            checkShape(name, InputNames.TOKEN_TYPES, types.shape(), ids.shape());
            checkRange(name, InputNames.TOKEN_TYPES, types, config.typeVocabSize());
            inputs.put(InputNames.TOKEN_TYPES, types);
        }
        Map<String, Tensor> labels = new HashMap<>();
        for (String key : LABELS) {
            Optional.ofNullable(numbers.get(key)).ifPresent(n -> labels.put(key, Tensor.of(n.values(), n.shape())));
        }
        return new Case(name, inputs, labels);
    }

    /** Returns the mask, of the ids' shape or with one more axis that says what each position sees. */
    private Tensor attentionMask(String name, Map<String, NestedNumbers> numbers, Tensor ids) {
        Tensor mask = integers(name, InputNames.MASK, numbers).orElseGet(() -> filled(ids, 1));
        long[] expected = ids.shape();
        if (mask.rank() == ids.rank() + 1) {
            expected = Arrays.copyOf(expected, expected.length + 1);
            expected[expected.length - 1] = ids.dim(-1);
        }
        checkShape(name, InputNames.MASK, mask.shape(), expected);
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

    private Optional<Tensor> integers(String name, String key, Map<String, NestedNumbers> numbers) {
        return Optional.ofNullable(numbers.get(key)).map(n -> {
            if (n.shape().length < 2) {
                throw fault(name, key + " is not a list of rows of numbers");
            }
            long[] values = new long[n.values().length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (long) n.values()[i];
                if (values[i] != n.values()[i]) {
                    throw fault(name, key + " holds '" + n.values()[i] + "', which is not a whole number");
                }
            }
            return Tensor.of(values, n.shape());
        });
    }
}
