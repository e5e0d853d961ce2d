package detangle.models.weights;

import detangle.models.content.Substitute;
import detangle.models.sentence.SentenceModules;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Finds the files of a checkpoint, one or several shards, and reads each by its kind. */
final class WeightFiles {
    private static final String INDEX = ".index.json";

    /** The file of an adapter, which holds no weights of the model that it changes. */
    private static final String ADAPTER = "adapter_config.json";

    /**
     * The names of files in the order in which a folder is searched: a format that needs no interpretation comes first.
     */
    private static final List<String> NAMES = List.of("model.safetensors", "pytorch_model.bin");

    /**
     * The content of a file, which lives as long as the files that it was read with.
     *
     * @param artifact the file's other content, if it is an artifact
     */
    record Content(
            Map<String, StoredTensor> tensors, Map<String, String> metadata, Optional<Artifact.Opened> artifact) {
        /** Makes the content of a file that is not an artifact. */
        Content(Map<String, StoredTensor> tensors, Map<String, String> metadata) {
            this(tensors, metadata, Optional.empty());
        }
    }

    private WeightFiles() {}

    /** Returns whether a folder has any of the files that {@link #open} looks for. */
    static boolean existIn(Path folder) {
        return Artifact.is(folder) || find(SentenceModules.encoder(folder)).isPresent();
    }

    static Weights open(Path fileOrFolder) {
        Path file = Files.isDirectory(fileOrFolder) ? inFolder(fileOrFolder) : fileOrFolder;
        return weights(file, files -> file.toString().endsWith(INDEX) ? sharded(file, files) : single(file, files));
    }

    /**
     * Opens a file as {@link #open} does. The checksums of an artifact are looked at beside what its weights are read
     * for.
     */
    static Weights openAhead(Path fileOrFolder) {
        if (!Artifact.is(fileOrFolder)) {
            return open(fileOrFolder);
        }
        MappedFiles files = new MappedFiles();
        try {
            Artifact.Unchecked weights = files.reading(() -> Artifact.unchecked(fileOrFolder, files));
            files.checkBeside(weights.checks());
            return new Weights(fileOrFolder, weights.content(), files);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    /** Returns the tensors of a safetensors file that is a section of an artifact. */
    static Weights inArtifact(Path artifact, String section) {
        return weights(artifact.resolve(section), files -> Artifact.weights(artifact, section, files));
    }

    private static Weights weights(Path origin, Function<MappedFiles, Content> read) {
        MappedFiles files = new MappedFiles();
        try {
            Content content = files.reading(() -> read.apply(files));
            return new Weights(origin, content, files);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    private static Path inFolder(Path folder) {
        Path encoder = SentenceModules.encoder(folder);
        return find(encoder)
                .orElseThrow(() -> new WeightsException(
                        encoder,
                        "no weights: neither " + String.join(" nor ", NAMES) + " is there, nor their " + INDEX
                                + (Files.exists(encoder.resolve(ADAPTER))
                                        ? "; it is an adapter: name the model it was trained for, and it by --adapter"
                                        : "")));
    }

    private static Optional<Path> find(Path folder) {
        return NAMES.stream()
                .flatMap(name -> Stream.of(folder.resolve(name), folder.resolve(name + INDEX)))
                // A link that leads nowhere is what was meant, and not a reason to take another file.
                .filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                .findFirst();
    }

    private static Content sharded(Path index, MappedFiles files) {
        Map<Path, Content> shards = new HashMap<>();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        int[] held = {0};
        ShardIndex.read(index).forEach((name, file) -> {
            Content shard = shards.computeIfAbsent(file, f -> {
                Content content = single(f, files);
                held[0] += content.tensors().size();
                return content;
            });
            if (held[0] > HeaderReader.MAX_TENSORS) {
                throw new WeightsException(
                        index, "its shards hold more than " + HeaderReader.MAX_TENSORS + " tensors, which is the most");
            }
            StoredTensor tensor = shard.tensors().get(name);
            if (tensor == null) {
                throw new WeightsException(
                        file, "no tensor '" + name + "', which " + index.getFileName() + " says is there");
            }
            tensors.put(name, tensor);
        });
        return new Content(tensors, Map.of());
    }

    /** Told apart by their first bytes, as a name says little. */
    private static Content single(Path file, MappedFiles files) {
        byte[] start = start(file);
        Substitute.of(start, true).ifPresent(what -> {
            throw new WeightsException(file, what);
        });
        if (Artifact.is(file)) {
            return Artifact.weights(file, files);
        }
        if (isZip(start)) {
            return PyTorchReader.read(file, files, true);
        }
        if (isPickle(start)) {
            return PyTorchReader.read(file, files, false);
        }
        return SafetensorsReader.read(file, files.map(file));
    }

    static boolean isZip(byte[] start) {
        return start.length >= 4 && start[0] == 'P' && start[1] == 'K';
    }

    private static boolean isPickle(byte[] start) {
        return start.length >= 4 && (start[0] & 0xff) == Pickle.PROTO && start[1] >= 2 && start[1] <= 5;
    }

    /**
     * A safetensors file begins with the length of its header, of which no text has the last bytes, and an object of
     * JSON.
     */
    static boolean beginsAsWeights(byte[] start) {
        boolean isSafetensors = start.length > Long.BYTES && start[Long.BYTES - 1] == 0 && start[Long.BYTES] == '{';
        return isZip(start) || isPickle(start) || isSafetensors;
    }

    /** Returns the first bytes of a regular file. */
    static byte[] start(Path file) {
        MappedFiles.Version.of(file);
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(Substitute.HEAD_BYTES);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + MappedFiles.reason(e), e);
        }
    }

    /** Returns all of a regular file that has no more than so many bytes. */
    static byte[] content(Path file, int maxBytes) {
        long size = MappedFiles.Version.of(file).size();
        if (size > maxBytes) {
            throw new WeightsException(file, "has " + size + " bytes; the most is " + maxBytes);
        }
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(maxBytes);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + MappedFiles.reason(e), e);
        }
    }
}
