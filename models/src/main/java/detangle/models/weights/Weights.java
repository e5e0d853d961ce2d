package detangle.models.weights;

import detangle.ir.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;

/**
 * The named tensors of a checkpoint, in file order. Tensors of files are views of the mapped file in their stored type:
 * they are read from disk when touched, and must not be touched once the weights are closed.
 */
public final class Weights implements AutoCloseable {
    private final Path origin;
    private final SequencedMap<String, Entry> entries;
    private final Map<String, String> metadata;
    private final Arena arena;

    /** A tensor and the file that holds it. */
    record Entry(Tensor tensor, Path file) {}

    /** The arena is closed with the weights. */
    Weights(Path origin, Map<String, Entry> entries, Map<String, String> metadata, Arena arena) {
        this.origin = origin;
        this.entries = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(entries));
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        this.arena = arena;
    }

    /**
     * The weights of a checkpoint: a {@code .safetensors} file, a {@code .safetensors.index.json} file, or a folder with
     * {@code model.safetensors} or {@code model.safetensors.index.json}. A {@link WeightsException} if there is none or
     * it is not well formed.
     */
    public static Weights open(Path fileOrFolder) {
        return SafetensorsReader.open(fileOrFolder);
    }

    /** The file or folder that was opened. */
    public Path origin() {
        return origin;
    }

    public SequencedSet<String> names() {
        return entries.sequencedKeySet();
    }

    public boolean contains(String name) {
        return entries.containsKey(name);
    }

    public Optional<Tensor> find(String name) {
        return Optional.ofNullable(entries.get(name)).map(Entry::tensor);
    }

    /** The tensor of that name; a {@link WeightsException} that names it if it is absent. */
    public Tensor get(String name) {
        return entry(name).tensor();
    }

    /** The file that holds the tensor: the shard, where the checkpoint is sharded. */
    public Path source(String name) {
        return entry(name).file();
    }

    /** The text entries of {@code __metadata__}; those of the index where the checkpoint is sharded are left out. */
    public Map<String, String> metadata() {
        return metadata;
    }

    private Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new WeightsException(origin, "no tensor '" + name + "' among the " + entries.size());
        }
        return entry;
    }

    /** Unmaps the files. */
    @Override
    public void close() {
        arena.close();
    }

    @Override
    public String toString() {
        return "Weights of " + origin + ", " + entries.size() + " tensors";
    }
}
