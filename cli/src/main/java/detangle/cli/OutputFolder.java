package detangle.cli;

import detangle.cli.Failures.CliException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The folder that a training writes to. It is checked before training begins. */
record OutputFolder(Path path) {
    /** @param goesThere whether the folder may have a model already */
    void check(boolean goesThere) {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new CliException("--output-dir " + path + " is a file: name a folder");
        }
        if (!goesThere && hasModel()) {
            throw new CliException(path + " has a model or checkpoints already: name another --output-dir, go on with"
                    + " --resume-from-checkpoint, or say --overwrite-output-dir");
        }
    }

    private boolean hasModel() {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> file.getFileName().toString())
                    .anyMatch(name -> name.equals("config.json") || name.startsWith("checkpoint-"));
        } catch (IOException e) {
            throw new CliException(path + " cannot be read: " + Failures.reason(e));
        }
    }

    /** Refuses to write the model over the checkpoint that training goes on from. */
    void checkIsNot(Path checkpoint) {
        if (path.toAbsolutePath().normalize().equals(checkpoint.toAbsolutePath().normalize())) {
            throw new CliException("--output-dir is the checkpoint that training goes on from, which the model would be"
                    + " written over: name the folder of " + path.getFileName() + ", or another one");
        }
    }

    /** Refuses to begin with a model in this folder, as checkpoints in it are deleted before training begins. */
    void checkKeeps(Path model) {
        Path here = path.toAbsolutePath().normalize();
        Path begins = model.toAbsolutePath().normalize();
        if (!begins.equals(here) && begins.startsWith(here)) {
            throw new CliException(
                    model + " lies in --output-dir, whose checkpoints --overwrite-output-dir deletes: name"
                            + " another --output-dir");
        }
    }

    /** Makes the folder, and checks that files can be written there. */
    void make() {
        try {
            Files.createDirectories(path);
            Files.delete(Files.createTempFile(path, ".", ".part"));
        } catch (IOException e) {
            String why = e instanceof AccessDeniedException ? "no permission to write there" : Failures.reason(e);
            throw new CliException(path + " cannot be written: " + why + "; name another --output-dir");
        }
    }
}
