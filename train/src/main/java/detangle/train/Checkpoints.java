package detangle.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The checkpoints of a training, in its output folder. */
final class Checkpoints {
    private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})");

    /** The name of an unfinished checkpoint, which a process that was killed leaves. */
    private static final Pattern PART = Pattern.compile("\\.checkpoint-\\d+\\..*\\.part");

    private final Path outputDir;

    Checkpoints(Path outputDir) {
        this.outputDir = outputDir;
    }

    /** Returns the folder of the checkpoint after a number of updates. */
    Path folder(long step) {
        return outputDir.resolve("checkpoint-" + step);
    }

    /** Returns the number of updates of a checkpoint in this folder. */
    long step(Path checkpoint) {
        return all().entrySet().stream()
                .filter(entry -> entry.getValue().equals(checkpoint))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    /** Returns the checkpoints that exist, by the number of updates. */
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

    /** Returns the checkpoint after the most updates. */
    Optional<Path> newest() {
        return Optional.ofNullable(all().lastEntry()).map(Map.Entry::getValue);
    }

    /** Returns the checkpoint that a training goes on from. */
    Optional<Path> start(SavingOptions saving) {
        Optional<Path> newest = saving.resume() ? newest() : Optional.empty();
        return newest.or(saving::resumesFrom);
    }

    /**
     * Deletes the checkpoints that a training does not go on with, or refuses them. These are all of them, or those
     * after the one that training goes on from.
     *
     * @param from the checkpoint that training goes on from, which may be in another folder; empty if training begins
     *     anew
     * @param deletes whether they are deleted; otherwise they are refused
     * @throws TrainingException if there are such checkpoints and they are not to be deleted
     */
    void clear(Optional<Path> from, boolean deletes) {
        TreeMap<Long, Path> all = all();
        long kept = all.keySet().stream()
                .filter(step -> from.filter(path -> isSame(path, all.get(step))).isPresent())
                .findFirst()
                .orElse(-1L);
        SortedMap<Long, Path> others = all.tailMap(kept, false);
        if (!deletes && !others.isEmpty()) {
            throw new TrainingException(others.get(others.lastKey())
                    + " is there: choose another output_dir, remove the checkpoints that training does not go on from,"
                    + " or set resume_from_checkpoint to go on from the newest");
        }
        others.values().forEach(Checkpoints::delete);
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            throw new TrainingException(one + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Deletes unfinished checkpoints. */
    void deleteParts() {
        files().stream()
                .filter(path -> PART.matcher(path.getFileName().toString()).matches())
                .forEach(Checkpoints::delete);
    }

    /**
     * Deletes the oldest checkpoints beyond a limit, but neither the newest nor the best.
     *
     * @param limit the most checkpoints that are kept; 0 for no limit
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
