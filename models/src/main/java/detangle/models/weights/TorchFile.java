package detangle.models.weights;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What torch.save has written that is not tensors alone. */
public final class TorchFile {
    private static final int MAX_DEPTH = 8;

    private TorchFile() {}

    /**
     * The dictionary in a file of torch.save: texts, {@link Long}, {@link Double}, {@link Boolean}, lists (also for
     * tuples) and maps. A {@link WeightsException} if it is damaged or holds anything else; nothing of it is run.
     */
    public static Map<?, ?> dictionary(Path file) {
        try (Arena arena = Arena.ofConfined();
                InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(2);
            boolean zip = start.length == 2 && start[0] == 'P' && start[1] == 'K';
            Object object = zip ? PyTorchReader.zipObject(file, arena) : PyTorchReader.streamObject(file, arena);
            if (plain(object, 0) instanceof Map<?, ?> map) {
                return map;
            }
            throw new WeightsException(file, "holds no dictionary");
        } catch (PickleException e) {
            throw new WeightsException(file, e.getMessage(), e);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    /** As {@link #dictionary(Path)}, of a file whose content is at hand; it may lie inside another. */
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
            throw new WeightsException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static Object plain(Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new PickleException("a pickle that is nested too deeply");
        }
        return switch (value) {
            case String s -> s;
            case Number n -> n;
            case Boolean b -> b;
            case Pickle.Tuple(List<Object> items) -> list(items, depth);
            case List<?> items -> list(items, depth);
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((k, v) -> copy.put(k, plain(v, depth + 1)));
                yield copy;
            }
            default ->
                throw new PickleException("a pickle with something that is neither text, number nor a container");
        };
    }

    private static List<Object> list(List<?> items, int depth) {
        List<Object> copy = new ArrayList<>();
        items.forEach(item -> copy.add(plain(item, depth + 1)));
        return copy;
    }
}
