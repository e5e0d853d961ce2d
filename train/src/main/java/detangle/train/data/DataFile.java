package detangle.train.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Opens the files of text that only training reads. */
final class DataFile {
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private DataFile() {}

    /**
     * Opens a file in UTF-8 behind its byte order mark, if it has one.
     *
     * @throws DataException if it is not a regular file, as opening a pipe would wait for a writer
     */
    static BufferedReader open(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new DataException(file + " is not a regular file: write its content to a file first");
        }
        BufferedReader characters = Files.newBufferedReader(file);
        characters.mark(1);
        if (characters.read() != BYTE_ORDER_MARK) {
            characters.reset();
        }
        return characters;
    }

    /** Returns the exception that tells why a file cannot be read. */
    static DataException fault(Path file, IOException e) {
        return switch (e) {
            case CharacterCodingException other ->
                new DataException(file + " is not UTF-8: convert it to UTF-8", other);
            case NoSuchFileException missing -> new DataException(file + " does not exist", missing);
            default -> new DataException(file + " cannot be read: " + e.getMessage(), e);
        };
    }
}
