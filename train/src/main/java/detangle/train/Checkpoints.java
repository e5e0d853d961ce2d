package detangle.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The checkpoints of a training, in its output folder. */
final class Checkpoints {
    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})");

    /** What a process that was killed has left of a checkpoint that was not whole yet. */
    private static final Pattern PART = Pattern.compile("\\.checkpoint-\\d+\\..*\\.part");

    private final Path outputDir;

    Checkpoints(Path outputDir) {
        this.outputDir = outputDir;
    }

    /** The folder for a number of updates. */
    Path folder(long step) {
        return outputDir.resolve("checkpoint-" + step);
    }

    /** Those that are there, by the number of updates. */
    private TreeMap<Long, Path> all() {
        TreeMap<Long, Path> all = new TreeMap<>();
        for (Path path : files()) {
            Matcher matcher = NAME.matcher(path.getFileName().toString());
            if (matcher.matches() && TrainingCheckpoint.is(path)) {
                all.put(Long.parseLong(matcher.group(1)), path);
            }
        }
        return all;
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.list(outputDir)) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new TrainingException(outputDir + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The one after the most updates. */
    Optional<Path> newest() {
        return Optional.ofNullable(all().lastEntry()).map(Map.Entry::getValue);
    }

    /** Refuses a folder that holds checkpoints of a training that is not gone on with. */
    void refuseOthers() {
        newest().ifPresent(path -> {
            throw new TrainingException(path + " is there: choose another output_dir, remove the checkpoints, or set"
                    + " resume_from_checkpoint to go on from the newest");
        });
    }

    /** Deletes the checkpoints of another training. */
    void deleteAll() {
        all().values().forEach(Checkpoints::delete);
    }

    /** Deletes what is not whole. */
    void deleteParts() {
        files().stream()
                .filter(path -> PART.matcher(path.getFileName().toString()).matches())
                .forEach(Checkpoints::delete);
    }

    /**
     * Deletes the oldest of more than a limit, neither the newest nor the best.
     *
     * @param limit 0 for none
     */
    void rotate(int limit, Optional<Long> best) {
        TreeMap<Long, Path> all = all();
        for (Long step : List.copyOf(all.keySet())) {
            boolean isNeeded =
                    step.equals(all.lastKey()) || best.filter(step::equals).isPresent();
            if (limit > 0 && all.size() > limit && !isNeeded) {
                delete(all.remove(step));
            }
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new TrainingException(folder + " cannot be deleted: " + e.getMessage(), e);
        }
    }
}
