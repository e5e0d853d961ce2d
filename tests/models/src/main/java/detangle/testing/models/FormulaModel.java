package detangle.testing.models;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The models of the goldens, whose weights follow from a formula; see {@code golden/formula.py}. */
public final class FormulaModel {
    private FormulaModel() {}

    /** Returns what the original code says. */
    public static JsonNode golden(String file) {
        try (InputStream in = FormulaModel.class.getResourceAsStream("/golden/" + file)) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the configuration of a golden under a name, and the weights. */
    public static Path write(Path folder, JsonNode golden, String config) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(config), golden.get("config").toString());
        TreeMap<String, Tensor> weights = new TreeMap<>();
        double scale = golden.get("scale").doubleValue();
        golden.get("parameters")
                .properties()
                .forEach(p -> weights.put(p.getKey(), tensor(p.getKey(), p.getValue(), scale)));
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
        return folder;
    }

    /** @param numbers that of the formula, and the shape */
    private static Tensor tensor(String name, JsonNode numbers, double scale) {
        long[] shape = new long[numbers.size() - 1];
        int count = 1;
        for (int i = 0; i < shape.length; i++) {
            shape[i] = numbers.get(i + 1).longValue();
            count *= Math.toIntExact(shape[i]);
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            double w = weight(numbers.get(0).longValue(), i);
            values[i] = (float) (name.contains("LayerNorm.weight") ? 1 + 0.2 * w : w * scale);
        }
        return Tensor.of(values, shape);
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
