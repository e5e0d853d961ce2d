package detangle.models.sentence;

import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import java.nio.file.Path;

/** The weights of a module that stands behind the encoder. */
public final class ModuleWeights {
    /** The name of the file in an artifact, whatever file of the folder it came from. */
    public static final String FILE = "model.safetensors";

    private ModuleWeights() {}

    /**
     * Returns those in the module's folder, or in an artifact.
     *
     * @throws detangle.models.weights.WeightsException if there are none, or they are not well formed
     */
    public static Weights open(Path model, SentenceModules.Module module) {
        if (!Artifact.is(model)) {
            return Weights.open(model.resolve(module.path()));
        }
        return Weights.inArtifact(model, Artifact.FILES + module.file(FILE));
    }
}
