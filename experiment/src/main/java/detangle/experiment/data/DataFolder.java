package detangle.experiment.data;

import detangle.train.data.DataException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder with the files of a task.
 *
 * @param path the folder ({@code --data_dir})
 * @param task the name of the task, for messages
 * @param origin where its files come from, for messages
 */
public record DataFolder(Path path, String task, String origin) {
    /**
     * Returns a file of the folder.
     *
     * @throws DataException if it is missing or is not a file; the message names what to download and where it should
     *     lie
     */
    public Path file(String name) {
        Path file = path.resolve(name);
        if (!Files.isRegularFile(file)) {
            String fault = Files.isDirectory(file)
                    ? "is a folder and not a file"
                    : Files.exists(file) ? "is not a regular file" : "does not exist";
            throw new DataException(
                    "the task " + task + " reads " + file + ", which " + fault + ": download the data of " + task + " ("
                            + origin + ") and put " + name + " there, or name its folder by --data_dir");
        }
        return file;
    }

    /** Returns whether a file is there that the task can do without. */
    public boolean has(String name) {
        return Files.isRegularFile(path.resolve(name));
    }

    /** Returns a folder inside or beside this one, for the same task. */
    public DataFolder resolve(String name) {
        return new DataFolder(path.resolve(name).normalize(), task, origin);
    }
}
