package detangle.bench;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** A model folder with the sizes of a configuration and random weights. */
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
        DebertaConfig read = DebertaConfig.read(config);
        Path file = Files.isDirectory(config) ? config.resolve("config.json") : config;
        Path source = file.toAbsolutePath().getParent();
        Architecture architecture = head.flatMap(Architecture::named).orElse(read.architecture());
        Program program = DebertaModel.build(read, architecture, ModelOptions.DEFAULT.withHiddenStates(false));
        try {
            Path folder = Files.createDirectories(into.resolve(source.getFileName()));
            Files.copy(file, folder.resolve("config.json"));
            LinkedHashMap<String, Tensor> weights = new LinkedHashMap<>(RandomWeights.of(program));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), weights, Map.of());
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
