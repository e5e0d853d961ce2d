package detangle.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Keeps the last lines of a process's standard error, which a thread of its own reads so that the process never waits.
 * Indented lines are left out: they are the places of a stack trace, whose first line says what has happened.
 */
final class LastWords {
    /** Characters that are kept of a line. */
    private static final int MAX_LINE_LENGTH = 500;

    /** The longest wait, in milliseconds, for lines that are still on their way once the process has ended. */
    private static final long MAX_WAIT_MILLIS = 2000;

    private final Thread reader;
    private volatile String line = "";

    LastWords(InputStream errors) {
        this.reader = Thread.ofPlatform().daemon().name("last-words").start(() -> read(errors));
    }

    private void read(InputStream errors) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(errors, StandardCharsets.UTF_8))) {
            StringBuilder current = new StringBuilder();
            for (int c = in.read(); c >= 0; c = in.read()) {
                if (c == '\n' || c == '\r') {
                    keep(current.toString());
                    current.setLength(0);
                } else if (current.length() < MAX_LINE_LENGTH) {
                    current.append((char) c);
                }
            }
            keep(current.toString());
        } catch (IOException e) {
            // The process is gone, and so is the rest of what it said.
        }
    }

    private void keep(String said) {
        if (!said.isBlank() && !Character.isWhitespace(said.charAt(0))) {
            line = said.strip();
        }
    }

    /** Returns the line, of a process that has ended; empty if it said nothing. */
    Optional<String> of() {
        try {
            reader.join(MAX_WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return line.isEmpty() ? Optional.empty() : Optional.of(line);
    }
}
