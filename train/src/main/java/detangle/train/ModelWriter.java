package detangle.train;

import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes a model's files: its weights and the other files that make a folder loadable.
 * {@code ModelFolderWriter::writeInto} is one.
 */
@FunctionalInterface
public interface ModelWriter {
    /**
     * Writes into a folder.
     *
     * @param folder an empty folder, which becomes a checkpoint once all of its files are there
     * @param parameters the present parameters of the model, by name
     */
    void write(Path folder, Map<String, Tensor> parameters) throws IOException;

    /**
     * Refuses a checkpoint whose parameters would mean something else in the files that this writer writes.
     *
     * @param checkpoint the folder that training is to go on from
     * @throws TrainingException if that is so
     */
    default void checkGoesOn(Path checkpoint) {}
}
