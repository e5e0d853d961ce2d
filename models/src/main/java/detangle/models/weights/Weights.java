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
 * The named tensors of a checkpoint, in file order and in their stored type. Those of safetensors files are views of the
 * mapped file, read from disk when touched. None must be touched once the weights are closed.
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
     * The weights of a checkpoint: a safetensors file, a file of torch.save (zip, or the stream before PyTorch 1.6), the
     * {@code .index.json} of several, or a folder with {@code model.safetensors} or {@code pytorch_model.bin} or the
     * index of either. No code of a file is run: what is no tensor, text, number or container of these is refused. A
     * {@link WeightsException} if there is none or it is not well formed.
     */
    public static Weights open(Path fileOrFolder) {
        return WeightFiles.open(fileOrFolder);
    }

    /** Whether a folder has weights to open. */
    public static boolean existIn(Path folder) {
        return WeightFiles.existIn(folder);
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

    /** Whether the elements of a tensor that is there are floating-point numbers. */
    public boolean isFloat(String name) {
        return entry(name).tensor().dtype().isFloat();
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

    /**
     * Lets go of the physical memory of mapped files: what is touched again is read again, from the page cache mostly. For
     * when all that is needed at hand has been copied.
     */
    public void unload() {
        for (Entry entry : entries.values()) {
            if (entry.tensor().data().isMapped()) {
                entry.tensor().data().unload();
            }
        }
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
