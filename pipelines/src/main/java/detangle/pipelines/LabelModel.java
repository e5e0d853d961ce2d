package detangle.pipelines;

import detangle.hub.Hub;
import detangle.hub.HubException;
import detangle.hub.HubOptions;
import detangle.hub.HubProgress;
import detangle.models.files.ModelFiles;
import detangle.models.text.LabelModelFiles;
import java.nio.file.Path;

/** Finds the files of the model that an encoder of labels was made from. */
final class LabelModel {
    private LabelModel() {}

    /**
     * Returns the files that are near the bi-encoder, or those on the hub or in its cache.
     *
     * @param model a folder or an artifact
     * @param name the model that the encoder of labels was made from
     * @param field names it
     * @throws PipelineException if they cannot be had
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
