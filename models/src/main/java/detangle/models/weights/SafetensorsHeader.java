package detangle.models.weights;

import detangle.ir.DType;
import detangle.models.json.StrictJson;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The checked header of a safetensors file: {@code u64 n (little-endian), n bytes of JSON, data}. As in the format's
 * reference implementation, the tensors must cover the data exactly, without holes and overlaps.
 *
 * @param entries sorted by place in the data
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
    /** The reference implementation's limit; it keeps a hostile length from taking the memory. */
    static final long MAX_HEADER_BYTES = 100_000_000;

    static final String METADATA = "__metadata__";

    private static final int MAX_RANK = 32;

    /**
     * A tensor's type, sizes and byte range, relative to the start of the data.
     *
     * @param type the file's word, which may be one that no parameter can have
     */
    record Entry(String name, String type, long[] shape, long begin, long end) {
        /** The type in the IR, which has not all of them. */
        Optional<DType> dtype() {
            return StoredType.of(type).map(StoredType::dtype);
        }
    }

    /** Checks the header of {@code file}, whose data take {@code dataBytes}; a {@link WeightsException} says the fault. */
    static SafetensorsHeader parse(Path file, ByteBuffer json, long dataBytes) {
        JsonNode root;
        try {
            root = StrictJson.parse(json);
        } catch (StrictJson.InvalidJson e) {
            throw new WeightsException(file, "the header is " + e.getMessage(), e);
        }
        if (!root.isObject()) {
            throw new WeightsException(file, "the header is not a JSON object");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            if (property.getKey().equals(METADATA)) {
                metadata.putAll(metadata(file, property.getValue()));
            } else {
                entries.add(entry(file, property.getKey(), property.getValue()));
            }
        }
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long covered = 0;
        for (Entry entry : entries) {
            if (entry.end > dataBytes) {
                throw fault(
                        file,
                        entry.name,
                        "ends at byte " + entry.end + " of " + dataBytes + " bytes of data; the"
                                + " file is truncated or its header is wrong");
            }
            if (entry.begin != covered) {
                throw fault(
                        file,
                        entry.name,
                        "begins at byte " + entry.begin + " of the data, where " + covered + " was due: the data have "
                                + (entry.begin < covered ? "overlaps" : "holes"));
            }
            covered = entry.end;
        }
        if (covered != dataBytes) {
            throw new WeightsException(
                    file, "holds " + dataBytes + " bytes of data, of which its header describes " + covered);
        }
        return new SafetensorsHeader(entries, metadata);
    }

    private static Map<String, String> metadata(Path file, JsonNode node) {
        if (!node.isObject()) {
            throw new WeightsException(file, METADATA + " is not a JSON object");
        }
        Map<String, String> metadata = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : node.properties()) {
            if (!property.getValue().isString()) {
                throw new WeightsException(file, METADATA + "." + property.getKey() + " is not a string");
            }
            metadata.put(property.getKey(), property.getValue().stringValue());
        }
        return metadata;
    }

    private static Entry entry(Path file, String name, JsonNode node) {
        if (!node.isObject()) {
            throw fault(file, name, "is not described by a JSON object");
        }
        JsonNode type = node.path("dtype");
        if (!type.isString()) {
            throw fault(file, name, "has no dtype");
        }
        long[] shape = longs(file, name, "shape", node.path("shape"));
        long[] range = longs(file, name, "data_offsets", node.path("data_offsets"));
        if (shape.length > MAX_RANK) {
            throw fault(file, name, "has " + shape.length + " axes; the most is " + MAX_RANK);
        }
        if (range.length != 2 || range[0] > range[1]) {
            throw fault(file, name, "data_offsets is not [begin, end]");
        }
        Optional<Integer> bits = bits(type.stringValue());
        if (bits.isPresent()) {
            long bytes = bytes(file, name, bits.get(), shape);
            if (range[1] - range[0] != bytes) {
                throw fault(file, name, "has " + (range[1] - range[0]) + " bytes; its type and shape take " + bytes);
            }
        }
        return new Entry(name, type.stringValue(), shape, range[0], range[1]);
    }

    /** How many bits an element takes; empty for a type that a later version of the format has. */
    private static Optional<Integer> bits(String word) {
        return StoredType.of(word)
                .map(known -> known.dtype().bytes() * Byte.SIZE)
                .or(() -> Optional.ofNullable(StoredType.OTHERS.get(word)));
    }

    private static long[] longs(Path file, String name, String field, JsonNode node) {
        if (!node.isArray()) {
            throw fault(file, name, field + " is not an array");
        }
        long[] values = new long[node.size()];
        for (int i = 0; i < values.length; i++) {
            JsonNode value = node.get(i);
            if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
                throw fault(file, name, field + " holds " + value + ", which is no size");
            }
            values[i] = value.longValue();
        }
        return values;
    }

    private static long bytes(Path file, String name, int bits, long[] shape) {
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

    private static WeightsException fault(Path file, String name, String fault) {
        return new WeightsException(file, "tensor '" + name + "' " + fault);
    }
}
