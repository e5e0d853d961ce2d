package detangle.experiment.data;

import detangle.train.data.DataException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the lines of files in UTF-8. */
public final class TextLines {
    /**
     * The most characters of a line, far more than a line of any data set has. A file without ends of lines is refused
     * before it fills the memory.
     */
    private static final int MAX_CHARACTERS = 1 << 24;

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private TextLines() {}

    /** Takes a line. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes a line.
         *
         * @param number the number of the line, from 1
         * @param line the line without its end
         */
        void take(int number, String line);
    }

    /**
     * Passes the lines of a file one by one, without their ends. A byte order mark at the beginning is left out, and
     * lines without any character at the end of the file are passed over.
     *
     * @throws DataException if the file cannot be read, is not a regular file, as opening a pipe would wait for a writer,
     *     is not in UTF-8, or has a line that is too long
     */
    public static void read(Path file, Taker taker) {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new DataException(file + " is not a regular file: write its content to a file first");
        }
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            reader.mark(1);
            if (reader.read() != BYTE_ORDER_MARK) {
                reader.reset();
            }
            int number = 1;
            int taken = 0;
            for (Optional<String> line = next(reader, file, number);
                    line.isPresent();
                    line = next(reader, file, ++number)) {
                if (!line.get().isEmpty()) {
                    while (++taken < number) {
                        taker.take(taken, "");
                    }
                    taker.take(number, line.get());
                }
            }
        } catch (CharacterCodingException e) {
            throw new DataException(file + " is not in UTF-8: convert it", e);
        } catch (IOException e) {
            throw new DataException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Optional<String> next(BufferedReader reader, Path file, int number) throws IOException {
        StringBuilder line = new StringBuilder();
        int character = reader.read();
        if (character < 0) {
            return Optional.empty();
        }
        while (character >= 0 && character != '\n') {
            if (line.length() == MAX_CHARACTERS) {
                throw new DataException(file + ", line " + number + " has more than the " + MAX_CHARACTERS
                        + " characters that are read");
            }
            line.append((char) character);
            character = reader.read();
        }
        boolean windows = !line.isEmpty() && line.charAt(line.length() - 1) == '\r';
        return Optional.of(windows ? line.substring(0, line.length() - 1) : line.toString());
    }
}
