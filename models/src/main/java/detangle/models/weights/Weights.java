package detangle.models.weights;

import detangle.ir.Tensor;
import detangle.models.files.ModelFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
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

    /**
     * A tensor and the file that holds it.
     *
     * @param tensor empty if its elements are of a type that no parameter can have
     * @param type of the elements, in the file's word
     * @param data the bytes; none where they were not read
     */
    record Entry(Optional<Tensor> tensor, String type, MemorySegment data, Path file) {
        static Entry of(Tensor tensor, Path file) {
            return new Entry(Optional.of(tensor), StoredType.of(tensor.dtype()).name(), tensor.data(), file);
        }

        static Entry opaque(String type, MemorySegment data, Path file) {
            return new Entry(Optional.empty(), type, data, file);
        }

        /** Whole numbers and truths are what code keeps beside its parameters. */
        boolean isFloat() {
            return tensor.map(t -> t.dtype().isFloat())
                    .orElseGet(() -> !type.toLowerCase(Locale.ROOT).matches("u?int\\d+|[iu]\\d+|bool"));
        }
    }

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

    /** The weights of a safetensors file that is in memory, as {@link #open}. */
    public static Weights of(ModelFile file) {
        return WeightFiles.inMemory(file);
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

    /** The tensor of that name, if there is one; a {@link WeightsException} if its type is none that can be computed with. */
    public Optional<Tensor> find(String name) {
        return contains(name) ? Optional.of(get(name)) : Optional.empty();
    }

    /** Whether the type of a tensor that is there is one that can be computed with; {@link #get} refuses others by name. */
    public boolean isReadable(String name) {
        return entry(name).tensor().isPresent();
    }

    /** The type of a tensor's elements, in the file's word: {@code F32}, {@code U8}. */
    public String type(String name) {
        return entry(name).type();
    }

    /** Whether the elements of a tensor that is there are floating-point numbers. */
    public boolean isFloat(String name) {
        return entry(name).isFloat();
    }

    /** The tensor of that name; a {@link WeightsException} that names it if it is absent, or of a type that is not understood. */
    public Tensor get(String name) {
        Entry entry = entry(name);
        return entry.tensor()
                .orElseThrow(() -> new WeightsException(
                        entry.file(),
                        "tensor '" + name + "' has dtype " + entry.type() + "; supported are " + StoredType.words()));
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
            if (entry.data().isMapped()) {
                entry.data().unload();
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
