package detangle.models.text;

import detangle.models.files.ModelFiles;
import detangle.models.weights.Artifact;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of the model that an encoder of labels was made from: its tokenizer and its configuration. Published
 * bi-encoders name that model and have its weights, and not these files.
 */
public final class LabelModelFiles {
    /** The folder of these files in an artifact. */
    public static final String FOLDER = "label_model";

    /** The configuration's name. */
    public static final String CONFIG = "config.json";

    private LabelModelFiles() {}

    /** Returns the names of all files that count. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(List.of(CONFIG));
        names.addAll(Tokenizers.fileNames());
        return names;
    }

    /**
     * Returns the files in an artifact, or in a folder that is called as the model without its organisation: inside of
     * the folder of the bi-encoder, or beside it.
     *
     * @param model a folder or an artifact
     * @param name the model that the encoder of labels was made from, as it is called on the hub
     */
    public static Optional<ModelFiles> near(Path model, String name) {
        if (Artifact.is(model)) {
            return Optional.of(ModelFiles.of(model).inside(FOLDER));
        }
        String last = name.substring(name.lastIndexOf('/') + 1);
        if (!last.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
            return Optional.empty(); // It could lead out of the folder.
        }
        return Stream.of(model.resolve(last), model.toAbsolutePath().resolveSibling(last))
                .filter(Tokenizers::exists)
                .findFirst()
                .map(ModelFiles::of);
    }
}
