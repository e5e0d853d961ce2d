package detangle.runtime;

import detangle.ir.DType;
import detangle.models.deberta.ConfigException;
import detangle.models.files.ModelFiles;
import detangle.models.gliner.GlinerCheckpoint;
import detangle.models.gliner.GlinerConfig;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes artifacts of GLiNER models: one file with the tensors, the configuration and the tokenizer. Its programs are
 * built when it is loaded, as their sizes are those of the configuration.
 */
public final class GlinerArtifact {
    private static final String CONFIG = "config.json";

    private GlinerArtifact() {}

    /**
     * Makes an artifact of a folder. The file appears whole or not at all; the same folder makes the same bytes.
     *
     * @param labelModel the files of {@link GlinerConfig#neededLabelsModel}, if there is one
     * @param weightType what matrices and tables are rounded to; they stay as they are stored if empty
     * @throws ConfigException if the model is of a kind that cannot be run, or {@code labelModel} is lacking
     */
    public static void write(Path folder, Optional<ModelFiles> labelModel, Path output, Optional<DType> weightType) {
        GlinerConfig.check(folder);
        GlinerConfig.neededLabelsModel(folder).ifPresent(name -> {
            if (labelModel.isEmpty()) {
                throw new ConfigException(
                        ModelFiles.of(folder).path(GlinerConfig.FILE),
                        "labels_encoder is " + name
                                + ", whose tokenizer is neither in the folder nor beside it: put it there");
            }
        });
        List<String> names = new ArrayList<>(List.of(GlinerConfig.FILE, CONFIG));
        names.addAll(Tokenizers.fileNames());
        try (Weights weights = GlinerCheckpoint.open(folder)) {
            ModelArtifact.writeWithoutPrograms(
                    Map.of("model_type", "gliner", "kind", GlinerConfig.kind(folder)),
                    ArtifactFiles.sections(ArtifactFiles.named(ModelFiles.of(folder), names), labelModel),
                    weights,
                    weightType,
                    output);
        }
    }
}
