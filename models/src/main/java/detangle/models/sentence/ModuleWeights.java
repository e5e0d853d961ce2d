package detangle.models.sentence;

import detangle.models.files.ModelFile;
import detangle.models.files.ModelFiles;
import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Path;

/** The weights of a module that stands behind the encoder. */
public final class ModuleWeights {
    /** Where they are in an artifact, whatever file of the folder they came from. */
    public static final String FILE = "model.safetensors";

    private ModuleWeights() {}

    /**
     * Those in the module's folder, or in an artifact.
     *
     * @throws WeightsException if there are none, or they are not well formed
     */
    public static Weights open(Path model, SentenceModules.Module module) {
        if (!Artifact.is(model)) {
            return Weights.open(model.resolve(module.path()));
        }
        ModelFiles files = ModelFiles.root(model);
        String name = module.file(FILE);
        try {
            return Weights.of(files.find(name).orElseGet(() -> new ModelFile(files.path(name), new byte[0])));
        } catch (IOException e) {
            throw new WeightsException(files.path(name), "cannot be read: " + e.getMessage(), e);
        }
    }
}
