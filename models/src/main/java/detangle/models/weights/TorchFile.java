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

    /** The dictionary of v1 has 200 000. */
    private static final int MOST_VALUES = 1 << 20;

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
            if (new Plain().of(object, 0) instanceof Map<?, ?> map) {
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

    /**
     * A copy in plain containers. A pickle may hold one container in a thousand places, and containers of such containers: what would be
     * small there is written out here, so that it is counted.
     */
    private static final class Plain {
        private int values;

        Object of(Object value, int depth) {
            if (depth > MAX_DEPTH) {
                throw new PickleException("a pickle that is nested too deeply");
            }
            if (++values > MOST_VALUES) {
                throw new PickleException("a dictionary of more than " + MOST_VALUES + " values");
            }
            return switch (value) {
                case String s -> s;
                case Number n -> n;
                case Boolean b -> b;
                case Pickle.Tuple(List<Object> items) -> list(items, depth);
                case List<?> items -> list(items, depth);
                case Map<?, ?> map -> map(map, depth);
                default ->
                    throw new PickleException("a pickle with something that is neither text, number nor a container");
            };
        }

        private List<Object> list(List<?> items, int depth) {
            List<Object> copy = new ArrayList<>();
            items.forEach(item -> copy.add(of(item, depth + 1)));
            return copy;
        }

        private Map<Object, Object> map(Map<?, ?> map, int depth) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            map.forEach((key, value) -> copy.put(of(key, depth + 1), of(value, depth + 1)));
            return copy;
        }
    }
}
