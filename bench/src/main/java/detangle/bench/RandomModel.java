package detangle.bench;

import detangle.ir.TensorType;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A model folder with the sizes of a configuration and random weights, which are made one after the other: a large
 * model is never in memory.
 */
public final class RandomModel {
    private RandomModel() {}

    /**
     * Writes the folder.
     *
     * @param config a config.json, or the folder that holds it
     * @param head that the weights are for; config.json's where it is empty
     * @param into where the folder is made, under the configuration's name
     */
    public static Path write(Path config, Optional<String> head, Path into) {
        Path file = Files.isDirectory(config) ? config.resolve("config.json") : config;
        Path source = file.toAbsolutePath().getParent();
        BenchModel model = BenchModel.of(config, head, Optional.empty());
        SequencedMap<String, TensorType> types = RandomWeights.types(model.config(), model.program());
        try {
            Path folder = Files.createDirectories(into.resolve(source.getFileName()));
            Files.copy(file, folder.resolve("config.json"), StandardCopyOption.REPLACE_EXISTING);
            SafetensorsWriter.writeEach(
                    folder.resolve("model.safetensors"), types, name -> RandomWeights.of(name, types.get(name)));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
