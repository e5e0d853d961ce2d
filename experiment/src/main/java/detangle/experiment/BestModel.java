package detangle.experiment;

import detangle.models.files.WholeFolder;
import detangle.train.TrainingCallback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Keeps a copy of the best model so far in the folder {@code best}. */
final class BestModel implements TrainingCallback {
    private static final Set<String> TRAINING_FILES = Set.of("optimizer.safetensors", "trainer_state.json");

    private final Path folder;
    private final Consumer<String> log;
    private boolean isBest;
    private String said = "";

    BestModel(Path folder, Consumer<String> log) {
        this.folder = folder;
        this.log = log;
    }

    @Override
    public void onEvaluate(Evaluation evaluation) {
        isBest = evaluation.isBest();
        if (isBest) {
            said = evaluation.metrics().get(ExperimentOptions.METRIC) + "@" + evaluation.done();
        }
        if (!said.isEmpty()) {
            log.accept("best metric: " + said);
        }
    }

    @Override
    public void onSave(Path checkpoint) {
        if (!isBest) {
            return;
        }
        try {
            Path best = folder.resolve("best");
            Path next = folder.resolve(".best");
            WholeFolder.delete(next); // A process that was killed may have left it.
            WholeFolder.write(next, part -> copy(checkpoint, part));
            WholeFolder.delete(best);
            Files.move(next, best);
        } catch (IOException e) {
            throw ResultFiles.fault(folder, e);
        }
    }

    private static void copy(Path checkpoint, Path part) throws IOException {
        try (Stream<Path> files = Files.walk(checkpoint)) {
            for (Path file : files.skip(1).toList()) {
                String name = checkpoint.relativize(file).toString();
                if (!TRAINING_FILES.contains(name)) {
                    Files.copy(file, part.resolve(name));
                }
            }
        }
    }
}
