package detangle.models.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what torch.save has written that is not tensors alone. */
public final class TorchFile {
    private static final int MAX_DEPTH = 8;

    private TorchFile() {}

    /**
     * Returns the dictionary in a file of torch.save: texts, {@link Long}, {@link Double}, {@link Boolean}, lists (also
     * for tuples) and maps. No code of the file is run.
     *
     * @throws WeightsException if the file is damaged or holds anything else
     */
    public static Map<?, ?> dictionary(Path file) {
        try (MappedFiles files = new MappedFiles()) {
            return files.reading(() -> {
                PyTorchReader.Saved saved = PyTorchReader.open(file, files, WeightFiles.isZip(WeightFiles.start(file)));
                if (plain(saved.object(), saved.budget(), 0) instanceof Map<?, ?> map) {
                    return map;
                }
                throw new WeightsException(file, "holds no dictionary");
            });
        } catch (PickleException e) {
            throw new WeightsException(file, "damaged, or no file of torch.save: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a dictionary as {@link #dictionary(Path)} does, of a file whose content is at hand; it may lie inside
     * another.
     *
     * @throws WeightsException as {@link #dictionary(Path)}
     */
    public static Map<?, ?> dictionary(Path file, byte[] content) {
        if (Files.isRegularFile(file)) {
            return dictionary(file);
        }
        try {
            // Archives are read by place, which takes a file.
            Path copy = Files.createTempFile("detangle", ".bin");
            try {
                Files.write(copy, content);
                return dictionary(copy);
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + MappedFiles.reason(e), e);
        }
    }

    /** A copy, in which what a pickle holds once and refers to often is there as often: so it has its cost again. */
    static Object plain(Object value, PickleBudget budget, int depth) {
        if (depth > MAX_DEPTH) {
            throw new PickleException("a pickle that is nested more than " + MAX_DEPTH + " deep, which is the most");
        }
        budget.step();
        return switch (value) {
            case String s -> s;
            case Number n -> n;
            case Boolean b -> b;
            case Pickle.Tuple(List<Object> items) -> list(items, budget, depth);
            case List<?> items -> list(items, budget, depth);
            case Map<?, ?> map -> {
                budget.bytes(PickleBudget.CONTAINER_BYTES + (long) PickleBudget.MAP_ENTRY * map.size());
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((k, v) -> copy.put(k, plain(v, budget, depth + 1)));
                yield copy;
            }
            default ->
                throw new PickleException("a pickle with something that is neither text, number nor a container");
        };
    }

    private static List<Object> list(List<?> items, PickleBudget budget, int depth) {
        budget.bytes(PickleBudget.CONTAINER_BYTES + (long) PickleBudget.REFERENCE_BYTES * items.size());
        List<Object> copy = new ArrayList<>(items.size());
        items.forEach(item -> copy.add(plain(item, budget, depth + 1)));
        return copy;
    }
}
