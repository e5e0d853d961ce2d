package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The small models of {@code golden.json}, whose weights follow from a formula; see {@code make_golden.py}. */
public final class TinyGliner {
    private TinyGliner() {}

    /** What GLiNER's own code found. */
    static JsonNode golden() {
        try (InputStream in = TinyGliner.class.getResourceAsStream("/gliner/golden.json")) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first of the golden models, in a published model's layout. */
    public static Path write(Path folder) throws IOException {
        return write(folder, golden().get("cases").get(0));
    }

    static Path write(Path folder, JsonNode golden) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("gliner_config.json"), golden.get("config").toString());
        ObjectNode tokenizer = (ObjectNode)
                JsonMapper.shared().readTree(Files.readString(TinyModel.SHIPPED.resolve("tokenizer.json")));
        int id = 4001;
        for (String token : List.of("[FLERT]", "<<ENT>>", "<<SEP>>")) {
            ((ArrayNode) tokenizer.get("added_tokens"))
                    .addObject()
                    .put("id", id++)
                    .put("content", token)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights(golden.get("parameters")), Map.of());
        return folder;
    }

    private static SequencedMap<String, Tensor> weights(JsonNode shapes) {
        TreeMap<String, Tensor> weights = new TreeMap<>();
        List<String> names = new ArrayList<>(shapes.propertyNames());
        names.sort(null);
        for (int k = 0; k < names.size(); k++) {
            String name = names.get(k);
            List<Long> sizes = new ArrayList<>();
            shapes.get(name).forEach(size -> sizes.add(size.longValue()));
            long[] shape = sizes.stream().mapToLong(Long::longValue).toArray();
            float[] values = new float[Math.toIntExact(sizes.stream().reduce(1L, (a, b) -> a * b))];
            double scale = name.contains("span") || name.contains("prompt") ? 1.2 : 0.8;
            for (int i = 0; i < values.length; i++) {
                double w = weight(k, i);
                values[i] = (float) (name.contains("LayerNorm.weight") ? 1 + 0.2 * w : scale * w);
            }
            weights.put(name, Tensor.of(values, shape));
        }
        return weights;
    }

    private static double weight(long k, long i) {
        long mask = 0xffffffffL;
        long x = i * 2654435761L + k * 40503 + 12345 & mask;
        x ^= x >> 15;
        x = x * 2246822519L & mask;
        x ^= x >> 13;
        return x / 4294967296.0 - 0.5;
    }
}
