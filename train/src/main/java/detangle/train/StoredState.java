package detangle.train;

import detangle.models.files.ModelFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.DoublePredicate;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * An object of a checkpoint's JSON, whose fields are looked at before training believes them.
 *
 * @param file the file, for messages
 * @param json the object
 */
record StoredState(Path file, JsonNode json) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /**
     * The most values of a file: those of a {@code log_history} of some 170 000 entries. As objects so many take about
     * 80 MB.
     */
    private static final int MAX_VALUES = 1 << 20;

    /**
     * Reads a file.
     *
     * @throws TrainingException if it cannot be read, is not a JSON object, or has more values than are read
     */
    static StoredState read(Path file) {
        byte[] content;
        try {
            content = ModelFile.read(file).content();
        } catch (IOException e) {
            throw new TrainingException(file + " cannot be read: " + e.getMessage(), e);
        }
        try {
            checkCount(file, content);
            JsonNode json = JSON.readTree(content);
            if (!json.isObject()) {
                throw new TrainingException(file + " cannot be read: it is not a JSON object");
            }
            return new StoredState(file, json);
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String where = at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
            throw new TrainingException(file + " cannot be read: it is not valid JSON" + where, e);
        }
    }

    /** Reads the tokens up to the end of the file, which must come behind one value. */
    private static void checkCount(Path file, byte[] content) {
        int values = 0;
        int depth = 0;
        try (JsonParser parser = JSON.createParser(content)) {
            while (parser.nextToken() != null) {
                if (parser.currentToken().isStructEnd()) {
                    depth--;
                    continue;
                }
                values += parser.currentToken().isScalarValue()
                                || parser.currentToken().isStructStart()
                        ? 1
                        : 0;
                if (depth == 0 && values > 1) {
                    throw new TrainingException(file + " cannot be read: it is not valid JSON: something follows its"
                            + " end (line " + parser.currentTokenLocation().getLineNr() + ")");
                }
                if (values > MAX_VALUES) {
                    throw new TrainingException(file + " cannot be read: it has more than " + MAX_VALUES
                            + " JSON values: remove the oldest entries of its log_history");
                }
                depth += parser.currentToken().isStructStart() ? 1 : 0;
            }
        }
    }

    /** Returns whether there is a field. */
    boolean has(String field) {
        return json.has(field);
    }

    /**
     * Returns an object inside this one.
     *
     * @throws TrainingException if the field is not an object
     */
    StoredState object(String field) {
        JsonNode inner = json.path(field);
        if (!inner.isObject()) {
            throw fault(field, "an object");
        }
        return new StoredState(file, inner);
    }

    /**
     * Returns an object of a list.
     *
     * @throws TrainingException if the field is not a list, or does not have an object at this place
     */
    StoredState object(String field, int place) {
        JsonNode inner = json.path(field).path(place);
        if (!inner.isObject()) {
            throw fault(field + "[" + place + "]", inner, "an object");
        }
        return new StoredState(file, inner);
    }

    /**
     * Returns a whole number, or 0 if there is no such field.
     *
     * @param most the largest number that the field may have
     * @throws TrainingException if it is something else, or is not between 0 and {@code most}
     */
    long count(String field, long most) {
        JsonNode value = json.path(field);
        if (value instanceof MissingNode) {
            return 0;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0 || value.asLong() > most) {
            throw fault(field, "a whole number " + (most == Long.MAX_VALUE ? "of at least 0" : "from 0 to " + most));
        }
        return value.asLong();
    }

    /**
     * Returns a number that is stored as text, with all its bits.
     *
     * @param allowed whether the field may have a number
     * @param what the numbers that it may have, for the message
     * @throws TrainingException if it is something else, or not allowed
     */
    double number(String field, DoublePredicate allowed, String what) {
        try {
            JsonNode value = json.path(field);
            double number = value.isString() ? Double.parseDouble(value.asString()) : Double.NaN;
            if (!value.isString() || !allowed.test(number)) {
                throw fault(field, what + ", as text");
            }
            return number;
        } catch (NumberFormatException e) {
            throw fault(field, what + ", as text");
        }
    }

    private TrainingException fault(String field, String wanted) {
        return fault(field, json.path(field), wanted);
    }

    private TrainingException fault(String field, JsonNode value, String wanted) {
        String found = value instanceof MissingNode ? "missing" : value.isContainer() ? "a list or object" : value + "";
        return new TrainingException(file + " is damaged: " + field + " is " + found + "; it must be " + wanted
                + ": go on from another checkpoint");
    }
}
