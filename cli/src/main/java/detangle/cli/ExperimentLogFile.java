package detangle.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Shows the user the lines of an experiment's log, and keeps them in {@code training_TASK.log} of the output folder.
 * Lines wait until the folder is there, so that an experiment that is refused makes none; a later experiment adds to
 * the file.
 */
final class ExperimentLogFile implements Consumer<String>, AutoCloseable {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    private final Path path;
    private final Consumer<String> told;
    private final List<String> waiting = new ArrayList<>();
    private Optional<PrintWriter> file = Optional.empty();

    ExperimentLogFile(Path folder, String task, Consumer<String> told) {
        this.path = folder.resolve("training_" + task + ".log");
        this.told = told;
    }

    @Override
    public void accept(String line) {
        told.accept(line);
        write(line);
    }

    /** Keeps a line that is shown to the user in another form. */
    void write(String line) {
        waiting.add(LocalDateTime.now().format(TIME) + " " + line);
        if (Files.isDirectory(path.toAbsolutePath().getParent())) {
            PrintWriter opened = file.orElseGet(this::open);
            file = Optional.of(opened);
            waiting.forEach(opened::println);
            opened.flush();
            waiting.clear();
        }
    }

    private PrintWriter open() {
        try {
            return CheckedWriter.printer(
                    path.toString(), Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw new OutputException(path.toString(), e);
        }
    }

    @Override
    public void close() {
        file.ifPresent(PrintWriter::close);
    }
}
