package detangle.hostile;

import java.nio.file.Path;
import java.util.List;

/**
 * One way in which strangers' files enter Detangle. Implementations have a constructor without parameters, as worker
 * processes make objects of their own by the name of the class.
 */
interface Reader {
    /** Short, unique, and fit for the name of a folder, as in {@code safetensors}. */
    String name();

    /**
     * Files that must be read. Mutants are made of them: the smaller they are, the more of a mutant is hostile. The
     * first is read again after each hostile file, so it should be one that takes little time.
     */
    List<Hostile> good();

    /** Files that were thought of by people. */
    List<Hostile> madeByHand();

    /**
     * Reads a folder's files as a user's program does, through public classes, and closes what it opens. It runs in a
     * worker process.
     *
     * @throws Exception where the files are refused
     */
    void read(Path folder) throws Exception;

    /**
     * How large a heap the good files need, in megabytes; hostile files may take {@link Worker#EXTRA_MEGABYTES} more.
     */
    default int megabytes() {
        return 24;
    }
}
