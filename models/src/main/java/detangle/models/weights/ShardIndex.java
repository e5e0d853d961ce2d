package detangle.models.weights;

import detangle.models.content.Substitute;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads {@code model.safetensors.index.json}: which shard, a file beside the index, holds each tensor. */
final class ShardIndex {
    /** Far above any released model; a line for each tensor takes some 100 bytes. */
    private static final int MAX_BYTES = 16 << 20;

    private static final int MAX_SHARDS = 1024;

    private ShardIndex() {}

    /** Tensor name to shard, in the index's order; a {@link WeightsException} says what is wrong. */
    static Map<String, Path> read(Path index) {
        Map<String, Path> shards = new HashMap<>();
        Map<String, Path> shardOf = new LinkedHashMap<>();
        names(index).forEach((name, shard) -> {
            Path file = shards.computeIfAbsent(shard, s -> file(index, name, s));
            if (shards.size() > MAX_SHARDS) {
                throw new WeightsException(index, "names more than " + MAX_SHARDS + " shards, which is the most");
            }
            shardOf.put(name, file);
        });
        return shardOf;
    }

    /** A shard name comes from a stranger's file: nothing that could lead out of the folder passes, on any system. */
    private static Path file(Path index, String name, String shard) {
        if (!isFileName(shard)) {
            throw new WeightsException(
                    index, "maps '" + name + "' to '" + shard + "': a shard must be a file beside the index");
        }
        Path file;
        try {
            file = index.resolveSibling(shard);
        } catch (InvalidPathException e) {
            throw new WeightsException(
                    index, "maps '" + name + "' to '" + shard + "', which cannot be the name of a file", e);
        }
        if (!Files.exists(file)) {
            throw new WeightsException(index, "the shard " + shard + ", which holds '" + name + "', is missing");
        }
        return file;
    }

    private static boolean isFileName(String shard) {
        return !shard.isBlank()
                && !shard.equals(".")
                && !shard.equals("..")
                && shard.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
    }

    /** Returns the entries of the index in its order. Of two values of one name the last counts, as in Python. */
    private static Map<String, String> names(Path index) {
        byte[] content = WeightFiles.content(index, MAX_BYTES);
        Substitute.of(content, false).ifPresent(what -> {
            throw new WeightsException(index, what);
        });
        Map<String, String> names = new LinkedHashMap<>();
        try {
            PythonJson.read(content, json -> {
                boolean isObject = json.currentToken() == JsonToken.START_OBJECT;
                while (isObject && json.nextToken() == JsonToken.PROPERTY_NAME) {
                    boolean isMap = json.currentName().equals("weight_map");
                    json.nextToken();
                    if (isMap) {
                        names.clear();
                        readMap(index, json, names);
                    } else {
                        json.skipChildren();
                    }
                }
                if (!isObject) {
                    json.skipChildren();
                }
                return names;
            });
        } catch (StrictJson.InvalidJson e) {
            throw new WeightsException(index, e.getMessage(), e);
        }
        if (names.isEmpty()) {
            throw new WeightsException(index, "has no weight_map");
        }
        return names;
    }

    private static void readMap(Path index, JsonParser json, Map<String, String> names) {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            json.skipChildren();
            return;
        }
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw new WeightsException(index, "maps '" + name + "' to something that is not a file name");
            }
            names.put(name, json.getString());
            if (names.size() > HeaderReader.MAX_TENSORS) {
                throw new WeightsException(
                        index, "names more than " + HeaderReader.MAX_TENSORS + " tensors, which is the most");
            }
        }
    }
}
