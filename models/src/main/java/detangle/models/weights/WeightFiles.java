package detangle.models.weights;

import detangle.models.content.Substitute;
import detangle.models.files.ModelFile;
import detangle.models.sentence.SentenceModules;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the files of a checkpoint, one or several shards, and reads each by its kind. */
final class WeightFiles {
    private static final String INDEX = ".index.json";

    /** In the order in which a folder is searched: a format that needs no interpretation comes first. */
    private static final List<String> NAMES = List.of("model.safetensors", "pytorch_model.bin");

    /** What a file holds; the tensors live as long as the arena that it was read with. */
    record Content(Map<String, Weights.Entry> entries, Map<String, String> metadata) {}

    private WeightFiles() {}

    /** Whether a folder has any of the files that {@link #open} looks for. */
    static boolean existIn(Path folder) {
        return Artifact.is(folder) || find(SentenceModules.encoder(folder)).isPresent();
    }

    static Weights open(Path fileOrFolder) {
        Path file = Files.isDirectory(fileOrFolder) ? inFolder(fileOrFolder) : fileOrFolder;
        Arena arena = Arena.ofShared();
        try {
            Content content = file.toString().endsWith(INDEX) ? sharded(file, arena) : single(file, arena);
            return new Weights(file, content.entries(), content.metadata(), arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static Path inFolder(Path folder) {
        Path encoder = SentenceModules.encoder(folder);
        return find(encoder)
                .orElseThrow(() -> new WeightsException(
                        encoder,
                        "no weights: neither " + String.join(" nor ", NAMES) + " is there, nor their " + INDEX));
    }

    private static Optional<Path> find(Path folder) {
        return NAMES.stream()
                .flatMap(name -> Stream.of(folder.resolve(name), folder.resolve(name + INDEX)))
                .filter(Files::exists)
                .findFirst();
    }

    /** The tensors of a safetensors file that is in memory. */
    static Weights inMemory(ModelFile file) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment bytes =
                    arena.allocate(file.content().length, Long.BYTES).copyFrom(MemorySegment.ofArray(file.content()));
            SafetensorsHeader header = SafetensorsReader.header(file.path(), bytes);
            return new Weights(
                    file.path(), SafetensorsReader.entries(file.path(), bytes, header), header.metadata(), arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private static Content sharded(Path index, Arena arena) {
        Map<Path, Content> shards = new LinkedHashMap<>();
        Map<String, Weights.Entry> entries = new LinkedHashMap<>();
        ShardIndex.read(index).forEach((name, file) -> {
            Weights.Entry entry = shards.computeIfAbsent(file, f -> single(f, arena))
                    .entries()
                    .get(name);
            if (entry == null) {
                throw new WeightsException(
                        file, "no tensor '" + name + "', which " + index.getFileName() + " says is there");
            }
            entries.put(name, entry);
        });
        return new Content(entries, Map.of());
    }

    /** Told apart by their first bytes, as a name says little. */
    private static Content single(Path file, Arena arena) {
        if (!Files.isRegularFile(file)) {
            throw new WeightsException(file, Files.exists(file) ? "not a file" : "no such file");
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(Substitute.HEAD);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + e.getMessage(), e);
        }
        Substitute.of(start, true).ifPresent(what -> {
            throw new WeightsException(file, what);
        });
        if (Artifact.is(file)) {
            return Artifact.weights(file, arena);
        }
        if (start.length >= 4 && start[0] == 'P' && start[1] == 'K') {
            return PyTorchReader.readZip(file, arena);
        }
        if (start.length >= 4 && (start[0] & 0xff) == Pickle.PROTO && start[1] >= 2 && start[1] <= 5) {
            return PyTorchReader.readStream(file, arena);
        }
        return SafetensorsReader.read(file, arena);
    }
}
