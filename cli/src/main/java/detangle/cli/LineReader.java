package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The lines of a stream of UTF-8. Only a line feed ends a line: other separators are a part of the text. */
final class LineReader implements AutoCloseable {
    private final String name;
    private final BufferedReader reader;
    private int number;

    LineReader(String name, InputStream stream) {
        this.name = name;
        // A decoder that refuses what is not UTF-8, as the reader's own would replace it.
        this.reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8.newDecoder()));
    }

    /** The next line, without its end. */
    Optional<String> next() {
        StringBuilder line = new StringBuilder();
        try {
            int c = reader.read();
            if (c < 0) {
                return Optional.empty();
            }
            for (; c >= 0 && c != '\n'; c = reader.read()) {
                line.append((char) c);
            }
        } catch (CharacterCodingException e) {
            throw new CliException(name + " is not UTF-8: convert it");
        } catch (IOException e) {
            throw new CliException(name + " cannot be read: " + e.getMessage());
        }
        number++;
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        return Optional.of(line.toString());
    }

    /** Whether the next line can be read without waiting for who writes it. */
    boolean ready() {
        try {
            return reader.ready();
        } catch (IOException e) {
            return true; // Reading will tell.
        }
    }

    /** Where the last line was, for messages. */
    String where() {
        return name + ", line " + number;
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new CliException(name + " cannot be closed: " + e.getMessage());
        }
    }
}
