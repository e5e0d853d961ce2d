package detangle.pipelines;

import detangle.hub.Hub;
import detangle.hub.HubException;
import detangle.hub.HubOptions;
import detangle.hub.HubProgress;
import detangle.models.files.ModelFiles;
import detangle.models.text.LabelModelFiles;
import java.nio.file.Path;

/** Finds the files of the model from which an encoder of labels was made. */
final class LabelModel {
    private LabelModel() {}

    /**
     * Returns the files near the bi-encoder, or else those on the hub or in its cache.
     *
     * @param model a folder or an artifact
     * @param name the name of the model from which the encoder of labels was made
     * @param field the field that states the name, for messages
     * @throws PipelineException if the files are not found
     */
    static ModelFiles files(Path model, String name, String field) {
        return LabelModelFiles.near(model, name).orElseGet(() -> {
            try {
                return ModelFiles.of(
                        new Hub(HubOptions.fromEnvironment()).folderWithoutWeights(name, HubProgress.NONE));
            } catch (HubException e) {
                throw new PipelineException(
                        model + " needs the tokenizer and config.json of " + name + ", which its " + field
                                + " names: put them into a folder " + name.substring(name.lastIndexOf('/') + 1)
                                + " in it or beside it (" + e.getMessage() + ")",
                        e);
            }
        });
    }
}
