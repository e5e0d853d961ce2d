package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads safetensors checkpoints, one file or sharded, by mapping them. Every fault is a {@link WeightsException}. */
final class SafetensorsReader {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String PYTORCH = "pytorch_model.bin";

    private SafetensorsReader() {}

    static Weights open(Path fileOrFolder) {
        if (!Files.isDirectory(fileOrFolder)) {
            return fileOrFolder.toString().endsWith(".index.json") ? sharded(fileOrFolder) : single(fileOrFolder);
        }
        Path single = fileOrFolder.resolve(SINGLE);
        Path index = fileOrFolder.resolve(INDEX);
        if (Files.exists(single)) {
            return single(single);
        }
        if (Files.exists(index)) {
            return sharded(index);
        }
        String remedy = Files.exists(fileOrFolder.resolve(PYTORCH)) ? "; convert " + PYTORCH + " to safetensors" : "";
        throw new WeightsException(
                fileOrFolder, "no weights: neither " + SINGLE + " nor " + INDEX + " is there" + remedy);
    }

    private static Weights single(Path file) {
        Arena arena = Arena.ofShared();
        try {
            Mapped mapped = map(file, arena);
            return new Weights(file, mapped.entries(), mapped.header().metadata(), arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static Weights sharded(Path index) {
        Map<String, Path> shardOf = ShardIndex.read(index);
        Arena arena = Arena.ofShared();
        try {
            Map<Path, Mapped> shards = new LinkedHashMap<>();
            Map<String, Weights.Entry> entries = new LinkedHashMap<>();
            shardOf.forEach((name, file) -> {
                Mapped shard = shards.computeIfAbsent(file, f -> map(f, arena));
                Weights.Entry entry = shard.entries().get(name);
                if (entry == null) {
                    throw new WeightsException(
                            file, "no tensor '" + name + "', which " + index.getFileName() + " says is there");
                }
                entries.put(name, entry);
            });
            return new Weights(index, entries, Map.of(), arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private record Mapped(SafetensorsHeader header, Map<String, Weights.Entry> entries) {}

    private static Mapped map(Path file, Arena arena) {
        MemorySegment bytes = mapBytes(file, arena);
        if (bytes.byteSize() < LENGTH.byteSize()) {
            throw new WeightsException(file, "too short for a safetensors file: " + bytes.byteSize() + " bytes");
        }
        long headerBytes = bytes.get(LENGTH, 0);
        long afterLength = bytes.byteSize() - LENGTH.byteSize();
        if (headerBytes < 0 || headerBytes > afterLength) {
            throw new WeightsException(
                    file,
                    "its header should take " + Long.toUnsignedString(headerBytes) + " bytes, but " + afterLength
                            + " are left: truncated, or not a safetensors file");
        }
        if (headerBytes > SafetensorsHeader.MAX_HEADER_BYTES) {
            throw new WeightsException(
                    file,
                    "its header takes " + headerBytes + " bytes; the most is " + SafetensorsHeader.MAX_HEADER_BYTES);
        }
        MemorySegment data = bytes.asSlice(LENGTH.byteSize() + headerBytes);
        SafetensorsHeader header = SafetensorsHeader.parse(
                file, bytes.asSlice(LENGTH.byteSize(), headerBytes).asByteBuffer(), data.byteSize());
        Map<String, Weights.Entry> entries = new LinkedHashMap<>();
        for (SafetensorsHeader.Entry entry : header.entries()) {
            MemorySegment slice = data.asSlice(entry.begin(), entry.end() - entry.begin());
            if (entry.dtype() == DType.I1) {
                checkBooleans(file, entry.name(), slice);
            }
            Tensor tensor = new Tensor(entry.dtype(), entry.shape(), slice);
            entries.put(entry.name(), new Weights.Entry(tensor, file));
        }
        return new Mapped(header, entries);
    }

    private static MemorySegment mapBytes(Path file, Arena arena) {
        if (!Files.isRegularFile(file)) {
            throw new WeightsException(file, Files.exists(file) ? "not a file" : "no such file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    /** The IR's i1 is 0 or 1; a kernel may add or multiply it. */
    private static void checkBooleans(Path file, String name, MemorySegment bytes) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            byte value = bytes.get(ValueLayout.JAVA_BYTE, i);
            if (value != 0 && value != 1) {
                throw new WeightsException(file, "tensor '" + name + "' of type BOOL holds " + value);
            }
        }
    }
}
