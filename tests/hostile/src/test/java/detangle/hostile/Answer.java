package detangle.hostile;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a worker process says of a folder.
 *
 * @param outcome what became of it
 * @param type the class of the exception; empty where the folder was read
 * @param message of the exception; empty where the folder was read
 * @param place the line of code that threw; empty where the folder was read
 * @param printed what was logged, or written to standard output or standard error
 * @param processorTime what all threads of the process took meanwhile
 */
record Answer(Outcome outcome, String type, String message, String place, String printed, Duration processorTime) {
    private static final int FIELDS = 6;

    enum Outcome {
        READ,
        /** By an exception of Detangle that blames the files. */
        REFUSED,
        /** By any other exception or error. */
        FAILED
    }

    /** One line of ASCII. */
    String line() {
        return String.join(
                "\t",
                outcome.name(),
                Escapes.escaped(type),
                Escapes.escaped(message),
                Escapes.escaped(place),
                Escapes.escaped(printed),
                Long.toString(processorTime.toNanos()));
    }

    /** What {@link #line} wrote; empty for a line that is something else. */
    static Optional<Answer> parse(String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length != FIELDS
                || Arrays.stream(Outcome.values()).noneMatch(o -> o.name().equals(fields[0]))) {
            return Optional.empty();
        }
        return Optional.of(new Answer(
                Outcome.valueOf(fields[0]),
                Escapes.unescaped(fields[1]),
                Escapes.unescaped(fields[2]),
                Escapes.unescaped(fields[3]),
                Escapes.unescaped(fields[4]),
                Duration.ofNanos(Long.parseLong(fields[5]))));
    }
}
