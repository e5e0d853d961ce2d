package detangle.models.weights;

import detangle.models.json.JsonStream;
import detangle.models.json.StrictJson.InvalidJson;
import detangle.models.weights.SafetensorsHeader.Entry;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads and checks the header of a safetensors file, as a stream of tokens: nothing of it is kept but tensors and
 * metadata, and of these no more than the bounds below, which are far above any released model. As in the format's
 * reference implementation, the tensors must cover the data exactly, without holes and overlaps. Every fault is a
 * {@link WeightsException}.
 */
final class HeaderReader {
    /** The reference implementation's limit; it keeps a hostile length from taking the time. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    /** The most tensors, also of a checkpoint of several files. */
    static final int MAX_TENSORS = 1 << 16;

    /**
     * The most characters in the names of tensors and in the metadata together. An artifact's metadata have 80 for
     * each tensor and section.
     */
    private static final int MAX_CHARACTERS = 8 << 20;

    private static final int MAX_AXES = 32;

    private final Path file;
    private final JsonParser json;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** The words for types, once each. */
    private final Map<String, String> types = new HashMap<>();

    private int characters;

    private HeaderReader(Path file, JsonParser json) {
        this.file = file;
        this.json = json;
    }

    /** Returns the header of a file whose data take so many bytes. */
    static SafetensorsHeader read(Path file, MemorySegment header, long dataBytes) {
        if (header.byteSize() > MAX_HEADER_BYTES) {
            throw new WeightsException(
                    file, "its header takes " + header.byteSize() + " bytes; the most is " + MAX_HEADER_BYTES);
        }
        try {
            return JsonStream.read(header, json -> {
                HeaderReader reader = new HeaderReader(file, json);
                reader.root();
                reader.checkCover(dataBytes);
                return new SafetensorsHeader(reader.entries, reader.metadata);
            });
        } catch (InvalidJson e) {
            throw new WeightsException(file, "the header is " + e.getMessage(), e);
        }
    }

    private void root() {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new WeightsException(file, "the header is not a JSON object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            count(name);
            if (!names.add(name)) {
                throw new WeightsException(file, "the header is not valid JSON: Duplicate name \"" + name + "\"");
            }
            json.nextToken();
            if (name.equals(SafetensorsHeader.METADATA)) {
                metadata();
            } else {
                if (entries.size() == MAX_TENSORS) {
                    throw new WeightsException(
                            file, "its header describes more than " + MAX_TENSORS + " tensors, which is the most");
                }
                entries.add(entry(name));
            }
        }
    }

    private void count(String text) {
        characters += text.length();
        if (characters > MAX_CHARACTERS) {
            throw new WeightsException(
                    file,
                    "names and metadata in its header have more than " + MAX_CHARACTERS
                            + " characters, which is the most");
        }
    }

    private void metadata() {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw new WeightsException(file, SafetensorsHeader.METADATA + " is not a JSON object");
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            count(name);
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw new WeightsException(file, SafetensorsHeader.METADATA + "." + name + " is not a string");
            }
            String value = json.getString();
            count(value);
            if (metadata.size() == MAX_TENSORS) {
                throw new WeightsException(
                        file,
                        SafetensorsHeader.METADATA + " has more than " + MAX_TENSORS + " entries, which is the most");
            }
            if (metadata.put(name, value) != null) {
                throw new WeightsException(
                        file,
                        "the header is not valid JSON: Duplicate name \"" + name + "\" in "
                                + SafetensorsHeader.METADATA);
            }
        }
    }

    private Entry entry(String name) {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren(); // To its end, so that a header that is not JSON is refused as such.
            throw fault(name, "is not described by a JSON object");
        }
        String type = null;
        long[] shape = null;
        long[] range = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "dtype" -> {
                    once(name, field, type);
                    type = type(name);
                }
                case "shape" -> {
                    once(name, field, shape);
                    shape = longs(name, field);
                }
                case "data_offsets" -> {
                    once(name, field, range);
                    range = longs(name, field);
                }
                default -> json.skipChildren(); // What a later version of the format may say.
            }
        }
        if (type == null) {
            throw fault(name, "has no dtype");
        }
        if (shape == null) {
            throw fault(name, "shape is not an array");
        }
        if (range == null || range.length != 2 || range[0] > range[1]) {
            throw fault(name, "data_offsets is not [begin, end]");
        }
        Optional<Integer> bits = bits(type);
        if (bits.isPresent()) {
            long bytes = bytes(name, bits.get(), shape);
            if (range[1] - range[0] != bytes) {
                throw fault(name, "has " + (range[1] - range[0]) + " bytes; its type and shape take " + bytes);
            }
        }
        return new Entry(name, type, shape, range[0], range[1]);
    }

    private void once(String name, String field, Object before) {
        if (before != null) {
            throw fault(name, "is described by JSON that is not valid: Duplicate name \"" + field + "\"");
        }
    }

    private String type(String name) {
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw fault(name, "has no dtype");
        }
        String word = json.getString();
        String known = types.get(word);
        if (known == null) {
            count(word);
            types.put(word, word);
            known = word;
        }
        return known;
    }

    /** Returns how many bits an element takes; empty for a type that a later version of the format has. */
    private static Optional<Integer> bits(String word) {
        return StoredType.of(word)
                .map(known -> known.dtype().bytes() * Byte.SIZE)
                .or(() -> Optional.ofNullable(StoredType.OTHERS.get(word)));
    }

    private long[] longs(String name, String field) {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw fault(name, field + " is not an array");
        }
        long[] values = new long[MAX_AXES];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (count == MAX_AXES) {
                throw fault(name, "has a " + field + " of more than " + MAX_AXES + " numbers, which is the most");
            }
            values[count++] = size(name, field);
        }
        return Arrays.copyOf(values, count);
    }

    private long size(String name, String field) {
        boolean fits = json.currentToken() == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                && json.getLongValue() >= 0;
        if (!fits) {
            String what = json.currentToken().isScalarValue() ? json.getString() : "an array or object";
            throw fault(name, field + " holds " + what + ", which is not a size");
        }
        return json.getLongValue();
    }

    private long bytes(String name, int bits, long[] shape) {
        try {
            long all = bits;
            // Left to right and without a shortcut for zero, since the tensor's own count would overflow likewise.
            for (long size : shape) {
                all = Math.multiplyExact(all, size);
            }
            return Math.ceilDiv(all, Byte.SIZE);
        } catch (ArithmeticException e) {
            throw new WeightsException(file, "tensor '" + name + "' has a shape whose size overflows", e);
        }
    }

    private void checkCover(long dataBytes) {
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long covered = 0;
        for (Entry entry : entries) {
            if (entry.end() > dataBytes) {
                throw fault(
                        entry.name(),
                        "ends at byte " + entry.end() + " of " + dataBytes + " bytes of data; the"
                                + " file is truncated or its header is wrong");
            }
            if (entry.begin() != covered) {
                throw fault(
                        entry.name(),
                        "begins at byte " + entry.begin() + " of the data, where " + covered
                                + " was due: the data have " + (entry.begin() < covered ? "overlaps" : "holes"));
            }
            covered = entry.end();
        }
        if (covered != dataBytes) {
            throw new WeightsException(
                    file, "holds " + dataBytes + " bytes of data, of which its header describes " + covered);
        }
    }

    private WeightsException fault(String name, String fault) {
        return new WeightsException(file, "tensor '" + name + "' " + fault);
    }
}
