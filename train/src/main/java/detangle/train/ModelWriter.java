package detangle.train;

import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a model's files: its weights, and whatever else makes the folder one that can be loaded, such as
 * {@code ModelFolderWriter::writeInto}.
 */
@FunctionalInterface
public interface ModelWriter {
    /**
     * Writes into a folder.
     *
     * @param folder an empty folder, which becomes a checkpoint once all of its files are there
     * @param parameters of the model, by name, as they are now
     */
    void write(Path folder, Map<String, Tensor> parameters) throws IOException;
}
