package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.adapter.AdapterWriter;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.files.WholeFiles;
import detangle.models.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder that a training writes to. It is checked before training begins.
 *
 * @param space what the command's options have between two words
 */
record OutputFolder(Path path, char space) {
    /** Makes the folder of {@code train}. */
    OutputFolder(Path path) {
        this(path, '-');
    }

    /** Makes the folder of {@code experiment}. */
    static OutputFolder ofExperiment(Path path) {
        return new OutputFolder(path, '_');
    }

    /** Returns the name of an option as the command has it. */
    private String option(String name) {
        return "--" + name.replace('_', space);
    }

    /** @param goesThere whether the folder may have a model already */
    void check(boolean goesThere) {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new CliException(option("output_dir") + " " + path + " is a file: name a folder");
        }
        if (!goesThere && hasModel()) {
            throw new CliException(path + " has a model or checkpoints already: name another " + option("output_dir")
                    + ", go on with " + option("resume_from_checkpoint") + ", or say "
                    + option("overwrite_output_dir"));
        }
    }

    /** Checks that the folder is there or can be made, and takes files, and leaves all as it is. */
    void checkWritable() {
        Path there = path.toAbsolutePath().normalize();
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there)) {
            throw new CliException(
                    path + " cannot be made: " + there + " is a file; name another " + option("output_dir"));
        }
        try {
            Files.delete(Files.createTempFile(there, ".", ".part"));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private CliException unwritable(IOException e) {
        return new CliException(
                path + " cannot be written: " + WholeFiles.reason(e) + "; name another " + option("output_dir"));
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

    /**
     * Deletes what a training before has left here and what does not belong to the model or adapter that has just been
     * written: the files of the other of the two, those of another tokenizer, and the results of an evaluation.
     *
     * @param model the writer of the model; empty if an adapter was written
     * @param reads the folders that training began with. Their files stay: an adapter may be written beside its model,
     *     and a model beside the tokenizer
     * @throws IOException if a file cannot be deleted
     */
    void deleteOthers(Optional<ModelFolderWriter> model, List<Path> reads) throws IOException {
        Set<String> others = new HashSet<>(Set.of("eval_results.json"));
        if (model.isPresent()) {
            others.addAll(AdapterWriter.FILES);
            if (!holds(reads)) {
                others.addAll(Tokenizers.FILES);
                others.removeAll(model.get().tokenizerFiles());
            }
        } else if (!holds(reads)) {
            others.add(ModelFolderWriter.WEIGHTS);
            others.addAll(Tokenizers.FILES);
        }
        for (String name : others) {
            Files.deleteIfExists(path.resolve(name));
        }
    }

    private boolean holds(List<Path> reads) throws IOException {
        for (Path read : reads) {
            if (Files.isSameFile(read, path)) {
                return true;
            }
        }
        return false;
    }

    /** Makes the folder, and checks that files can be written there. */
    void make() {
        try {
            Files.createDirectories(path);
            Files.delete(Files.createTempFile(path, ".", ".part"));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }
}
