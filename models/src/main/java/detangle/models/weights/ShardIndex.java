package detangle.models.weights;

import detangle.models.content.Substitute;
import detangle.models.json.PythonJson;
import detangle.models.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads {@code model.safetensors.index.json}: which shard, a file beside the index, holds each tensor. */
final class ShardIndex {
    private ShardIndex() {}

    /** Tensor name to shard, in the index's order; a {@link WeightsException} says what is wrong. */
    static Map<String, Path> read(Path index) {
        JsonNode map = parse(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw new WeightsException(index, "has no weight_map");
        }
        Map<String, Path> shardOf = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> property : map.properties()) {
            String name = property.getKey();
            if (!property.getValue().isString()) {
                throw new WeightsException(index, "maps '" + name + "' to something that is no file name");
            }
            String shard = property.getValue().stringValue();
            if (!isFileName(shard)) {
                throw new WeightsException(
                        index, "maps '" + name + "' to '" + shard + "': a shard must be a file beside the index");
            }
            Path file = index.resolveSibling(shard);
            if (!Files.exists(file)) {
                throw new WeightsException(index, "the shard " + shard + ", which holds '" + name + "', is missing");
            }
            shardOf.put(name, file);
        }
        return shardOf;
    }

    private static JsonNode parse(Path index) {
        if (!Files.isRegularFile(index)) {
            throw new WeightsException(index, "no such file");
        }
        try {
            byte[] content = Files.readAllBytes(index);
            Substitute.of(content, false).ifPresent(what -> {
                throw new WeightsException(index, what);
            });
            return PythonJson.parse(content);
        } catch (IOException e) {
            throw new WeightsException(index, "cannot be read: " + e.getMessage(), e);
        } catch (StrictJson.InvalidJson e) {
            throw new WeightsException(index, e.getMessage(), e);
        }
    }

    /** A shard name comes from a stranger's file: nothing that could lead out of the folder passes, on any system. */
    private static boolean isFileName(String shard) {
        return !shard.isBlank()
                && !shard.equals(".")
                && !shard.equals("..")
                && shard.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
    }
}
