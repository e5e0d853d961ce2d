package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.function.Consumer;

/**
 * Shows the user the lines of an experiment's log, and keeps them in {@code training_TASK.log} of the output folder.
 */
final class ExperimentLogFile implements Consumer<String> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    private final PrintWriter file;
    private final Consumer<String> told;

    ExperimentLogFile(PrintWriter file, Consumer<String> told) {
        this.file = file;
        this.told = told;
    }

    /** Opens the file; a later experiment in the same folder adds to it. */
    static PrintWriter open(Path folder, String task) {
        Path path = folder.resolve("training_" + task + ".log");
        try {
            return new PrintWriter(
                    Files.newBufferedWriter(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND), true);
        } catch (IOException e) {
            throw new CliException(path + " cannot be written: " + Failures.reason(e));
        }
    }

    @Override
    public void accept(String line) {
        told.accept(line);
        write(line);
    }

    /** Keeps a line that is shown to the user in another form. */
    void write(String line) {
        file.println(LocalDateTime.now().format(TIME) + " " + line);
    }
}
