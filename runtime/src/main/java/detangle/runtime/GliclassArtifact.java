package detangle.runtime;

import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliclass.GliclassModel;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Puts a GLiClass model into an artifact: its files and its tensors, from which programs are built when it is loaded.
 */
public final class GliclassArtifact {
    private GliclassArtifact() {}

    /**
     * Makes an artifact of a folder. The file appears whole or not at all; the same folder makes the same bytes.
     *
     * @param labelModel the files of the model that the encoder of labels was made from, if labels have one
     * @throws ConfigException if the model is of a kind that cannot be run, or {@code labelModel} is lacking
     * @throws detangle.models.weights.WeightsException if the weights are not those of the configuration
     */
    public static void write(Path folder, Optional<ModelFiles> labelModel, Path output, ModelArtifact.Options options) {
        GliclassConfig config = GliclassConfig.read(folder);
        options.adapter().ifPresent(adapter -> {
            throw new ConfigException(adapter, "adapters are not applied to GLiClass's models: leave it out");
        });
        config.labels().ifPresent(labels -> {
            if (labelModel.isEmpty()) {
                throw new ConfigException(
                        config.encoder().file(),
                        "label_model_name is " + labels.model()
                                + ", whose tokenizer is neither in the folder nor beside it: put it there");
            }
        });
        try (Weights weights = Weights.open(options.weights().orElse(folder))) {
            weights.reading(() -> GliclassModel.parameters(config, weights, options.ignoreUnused()));
            ModelArtifact.writeWithoutPrograms(
                    Map.of("model_type", "GLiClass"),
                    ArtifactFiles.sections(ArtifactFiles.of(folder), labelModel),
                    weights,
                    options.weightType(),
                    output);
        }
    }
}
