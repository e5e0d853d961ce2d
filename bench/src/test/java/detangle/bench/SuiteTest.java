package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.RandomWeights;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The suite has a model of each version, and its configurations are those of the published models. */
class SuiteTest {
    @TempDir
    private Path folder;

    private DebertaConfig config(String name) {
        return DebertaConfig.read(PublishedConfig.write(name, folder));
    }

    @Test
    void eachConfigurationCanBeMade() {
        Set<String> used = new TreeSet<>();
        for (Suite.Part part : Suite.parts()) {
            for (String name : part.configs()) {
                used.add(name);
                Path config = PublishedConfig.write(name, folder);
                BenchModel model = BenchModel.of(config, Optional.of(part.head()), Optional.empty());
                assertTrue(!RandomWeights.types(model.config(), model.program()).isEmpty(), name);
            }
        }
        used.add("deberta-v2-xxlarge"); // It does not fit the memory that the suite needs.
        used.add("deberta-v3-large"); // The scripts for GPUs measure it.
        assertEquals(new TreeSet<>(PublishedConfig.NAMES), used);
    }

    @Test
    void allVersionsAreThere() {
        assertEquals(12, config("deberta-base").numHiddenLayers());
        assertEquals("deberta", config("deberta-base").modelType().text());
        assertEquals(1536, config("deberta-v2-xlarge").hiddenSize());
        assertEquals(3, config("deberta-v2-xlarge").convolution().orElseThrow().kernelSize());
        assertTrue(config("deberta-v3-base").convolution().isEmpty());
    }
}
