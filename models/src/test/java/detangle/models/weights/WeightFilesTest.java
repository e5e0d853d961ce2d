package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightFilesTest {
    @TempDir
    Path folder;

    /**
     * A file that is there is not taken in the place of a link that leads nowhere: they may be of different versions.
     */
    @ParameterizedTest
    @CsvSource({
        "model.safetensors, nothing, pytorch_model.bin",
        "model.safetensors, model.safetensors, pytorch_model.bin",
        "model.safetensors.index.json, nothing, pytorch_model.bin",
        "model.safetensors, nothing, model.safetensors.index.json",
        "pytorch_model.bin, nothing, ",
    })
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links take a right of their own there")
    void linksThatLeadNowhere(String link, String target, String other) throws IOException {
        if (other != null) {
            SafetensorsWriter.write(
                    folder.resolve(other), new LinkedHashMap<>(Map.of("w", Tensor.of(new float[1], 1))), Map.of());
        }
        Path file = Files.createSymbolicLink(folder.resolve(link), Path.of(target));
        assertTrue(Weights.existIn(folder));
        WeightsException refusal = assertThrows(WeightsException.class, () -> Weights.open(folder));
        assertEquals(
                file + ": is a link that leads to no file: download the file itself, or mend the link",
                refusal.getMessage());
    }
}
