package detangle.models.bert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InnerEncoderTest {
    private static final String LAYER = "labels.encoder.layer.0.attention.self.";

    @TempDir
    private Path folder;

    private Weights weights(String... names) {
        SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : names) {
            tensors.put(name, Tensor.of(new float[] {tensors.size()}, 1));
        }
        Path file = folder.resolve("model.safetensors");
        SafetensorsWriter.write(file, tensors, Map.of());
        return Weights.open(file);
    }

    @Test
    void bertsProjectionsHaveTheNamesOfDebertas() {
        try (Weights inner =
                InnerEncoder.weights(weights("other.x", LAYER + "key.bias", "labels.pooler.bias"), "labels.")) {
            assertEquals(
                    List.of("encoder.layer.0.attention.self.key_proj.bias", "pooler.bias"), List.copyOf(inner.names()));
            assertArrayEquals(
                    new float[] {1},
                    inner.get("encoder.layer.0.attention.self.key_proj.bias").toFloats());
        }
    }

    @Test
    void aProjectionWithTwoNamesIsRefused() {
        Weights weights = weights(LAYER + "key.bias", LAYER + "key_proj.bias");
        WeightsException e = assertThrows(WeightsException.class, () -> InnerEncoder.weights(weights, "labels."));
        assertTrue(
                e.getMessage()
                        .endsWith("holds " + LAYER + "key.bias and " + LAYER
                                + "key_proj.bias, which are both encoder.layer.0.attention.self.key_proj.bias: keep one of"
                                + " them"),
                e.getMessage());
    }
}
