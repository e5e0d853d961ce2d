package detangle.models.weights;

import detangle.ir.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * The named tensors of a checkpoint, in file order and in their stored type. They are views of the mapped files, read
 * from disk when they are touched, so whoever touches them later than {@link #get} does it inside of {@link #reading}.
 * None must be touched once the weights are closed.
 */
public final class Weights implements AutoCloseable {
    private final Path origin;
    private final SequencedMap<String, StoredTensor> tensors;
    private final Map<String, String> metadata;
    private final MappedFiles files;
    private final Optional<Artifact.Opened> artifact;
    private volatile boolean closed;

    /** The files are closed with the weights. */
    Weights(Path origin, WeightFiles.Content content, MappedFiles files) {
        this(origin, content.tensors(), content.metadata(), content.artifact(), files);
    }

    private Weights(
            Path origin,
            Map<String, StoredTensor> tensors,
            Map<String, String> metadata,
            Optional<Artifact.Opened> artifact,
            MappedFiles files) {
        this.origin = origin;
        this.artifact = artifact;
        this.tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
        this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        this.files = files;
    }

    /**
     * Returns the weights of a checkpoint: a safetensors file, a file of torch.save (zip, or the stream before PyTorch
     * 1.6), the {@code .index.json} of several, or a folder with {@code model.safetensors} or {@code pytorch_model.bin}
     * or the index of either. No code of a file is run: what is not a tensor, text, number or container of these is
     * refused.
     *
     * @throws WeightsException if there is no file of weights, or if it is not well formed
     */
    public static Weights open(Path fileOrFolder) {
        return WeightFiles.open(fileOrFolder);
    }

    /**
     * Opens weights as {@link #open} does, for whoever touches tensors inside of {@link #reading} alone. The checksums
     * of an artifact are looked at beside that, and what it returns counts once all of them are as they should be.
     *
     * @throws ArtifactException if the header of an artifact is damaged; {@link #reading} throws it for other damage
     */
    public static Weights openAhead(Path fileOrFolder) {
        return WeightFiles.openAhead(fileOrFolder);
    }

    /**
     * Returns the weights of a safetensors file that is a section of an artifact, as {@link #open}.
     *
     * @throws ArtifactException if the artifact is damaged or has no such section
     */
    public static Weights inArtifact(Path artifact, String section) {
        return WeightFiles.inArtifact(artifact, section);
    }

    /**
     * Returns these weights with some tensors changed, and with tensors of others in the place of theirs or beside
     * them. The result takes both over: its owner closes it alone.
     *
     * @param changes of tensors of these weights, by their names. A change keeps type and sizes; it is made each time
     *     that the tensor is asked for, so that what a device has packed is not held a second time
     * @param taken names of tensors of the others, by the names that they get here
     */
    public Weights with(Map<String, UnaryOperator<Tensor>> changes, Weights others, Map<String, String> taken) {
        SequencedMap<String, StoredTensor> all = new LinkedHashMap<>(tensors);
        changes.forEach((name, change) -> all.put(name, stored(name).changed(change)));
        taken.forEach((name, other) -> all.put(name, others.stored(other)));
        files.join(others.files);
        return new Weights(origin, all, metadata, Optional.empty(), files);
    }

    /**
     * Returns some of these weights' tensors under other names. The result takes these weights over: its owner closes
     * it alone.
     *
     * @param rename the name that a tensor gets, of the name that it has here; empty for one that is left out
     * @throws WeightsException if two tensors get one name; these weights are closed then
     */
    public Weights renamed(Function<String, Optional<String>> rename) {
        SequencedMap<String, StoredTensor> all = new LinkedHashMap<>();
        Map<String, String> origins = new HashMap<>();
        for (Map.Entry<String, StoredTensor> tensor : tensors.entrySet()) {
            String here = tensor.getKey();
            Optional<String> name = rename.apply(here);
            if (name.isEmpty()) {
                continue;
            }
            String other = origins.put(name.get(), here);
            if (other != null) {
                close();
                throw new WeightsException(
                        origin,
                        "holds " + other + " and " + here + ", which are both " + name.get() + ": keep one of them");
            }
            all.put(name.get(), tensor.getValue());
        }
        return new Weights(origin, all, metadata, Optional.empty(), files);
    }

    /**
     * Returns whether a file begins as one of weights does, of any format; a path of anything else than a file does
     * not.
     */
    public static boolean areIn(Path file) {
        return Files.isRegularFile(file) && WeightFiles.beginsAsWeights(WeightFiles.start(file));
    }

    /** Returns whether a folder has weights to open. */
    public static boolean existIn(Path folder) {
        return WeightFiles.existIn(folder);
    }

    /** Returns the file or folder that was opened. */
    public Path origin() {
        return origin;
    }

    public SequencedSet<String> names() {
        return tensors.sequencedKeySet();
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /** Returns the tensor of that name, if there is one; exceptions as those of {@link #get}. */
    public Optional<Tensor> find(String name) {
        return contains(name) ? Optional.of(get(name)) : Optional.empty();
    }

    /**
     * Returns whether the type of a tensor that is there is one that can be computed with; {@link #get} refuses others
     * by name.
     */
    public boolean isReadable(String name) {
        return stored(name).dtype().isPresent();
    }

    /** Returns the type of a tensor's elements, in the file's word: {@code F32}, {@code U8}. */
    public String type(String name) {
        return stored(name).type();
    }

    /** Returns the sizes of a tensor that can be read, none of whose elements is looked at for it. */
    public long[] shape(String name) {
        return stored(name).shape();
    }

    /** Returns whether the elements of a tensor that is there are floating-point numbers. */
    public boolean isFloat(String name) {
        return stored(name).isFloat();
    }

    /**
     * Returns the tensor of that name.
     *
     * @throws WeightsException that names it if it is absent, of a type that is not understood, or damaged, where its
     *     file says so
     */
    public Tensor get(String name) {
        return stored(name).read(name, files);
    }

    /** Returns the file that holds the tensor: the shard, where the checkpoint is sharded. */
    public Path source(String name) {
        return stored(name).file();
    }

    /**
     * Returns the text entries of {@code __metadata__}; those of the index where the checkpoint is sharded are left
     * out.
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * Returns what the artifact that was opened says of itself; empty if these are not the weights of an artifact as
     * they are in it.
     */
    public Optional<JsonNode> manifest() {
        return artifact.map(opened -> opened.header().manifest());
    }

    /**
     * Returns the bytes of a section of the artifact that was opened, if it has one of that name, and as {@link
     * #manifest}. Another file may have its name by now, or none. Whoever calls this does it inside of {@link
     * #reading}.
     *
     * @throws ArtifactException if the section is damaged or has more than 64 MiB
     */
    public Optional<byte[]> section(String name) {
        checkOpen();
        return artifact.flatMap(opened -> opened.section(name, Artifact.MAX_SECTION_BYTES));
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the weights of " + origin + " are closed");
        }
    }

    private StoredTensor stored(String name) {
        checkOpen();
        StoredTensor stored = tensors.get(name);
        if (stored == null) {
            throw new WeightsException(origin, "no tensor '" + name + "' among the " + tensors.size());
        }
        return stored;
    }

    /**
     * Does work that reads tensors of these weights. What it returns counts if the files are what they were when they
     * were opened: not longer, not shorter, and not written to. A file that another one has replaced by rename has not
     * changed, as whoever has opened it keeps it.
     *
     * @throws WeightsException if a file has changed, now or in earlier work
     * @throws ArtifactException if weights are damaged that were {@linkplain #openAhead opened ahead} of their
     *     checksums
     */
    public <T> T reading(Supplier<T> work) {
        checkOpen();
        return files.reading(work);
    }

    /**
     * Lets go of the physical memory of mapped files: what is touched again is read again, from the page cache mostly.
     * For when all that is needed at hand has been copied.
     */
    public void unload() {
        checkOpen();
        files.unload();
    }

    /**
     * Unmaps the files; closing again has no effect. Whatever needs them from then on ends in an {@link
     * IllegalStateException}.
     */
    @Override
    public void close() {
        closed = true;
        files.close();
    }

    @Override
    public String toString() {
        return "Weights of " + origin + ", " + tensors.size() + " tensors";
    }
}
