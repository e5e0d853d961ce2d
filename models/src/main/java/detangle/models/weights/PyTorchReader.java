package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads what torch.save has written (torch/serialization.py): a zip archive with a pickle and a file for each storage, or
 * before PyTorch 1.6 a stream of pickles with the storages behind them. Every fault is a {@link WeightsException}.
 */
final class PyTorchReader {
    private static final String PICKLE = "data.pkl";
    private static final int MAX_PICKLE_BYTES = 1 << 28;
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final Long PROTOCOL = 1001L;

    private PyTorchReader() {}

    /** The tensors of a zip archive, copied into the arena. */
    static WeightFiles.Content readZip(Path file, Arena arena) {
        return tensors(file, zipObject(file, arena));
    }

    /** The tensors of a stream, views of the mapped file. */
    static WeightFiles.Content readStream(Path file, Arena arena) {
        return tensors(file, streamObject(file, arena));
    }

    /** The object that a zip archive holds; see {@link Pickle} for what stands for Python's. */
    static Object zipObject(Path file, Arena arena) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry pickle = zip.stream()
                    .filter(e -> e.getName().endsWith("/" + PICKLE))
                    .findFirst()
                    .orElseThrow(
                            () -> new WeightsException(file, "a zip archive without " + PICKLE + ": no checkpoint"));
            String root = pickle.getName().substring(0, pickle.getName().length() - PICKLE.length());
            ZipEntry order = zip.getEntry(root + "byteorder");
            if (order != null && !new String(bytes(zip, order), StandardCharsets.UTF_8).equals("little")) {
                throw new WeightsException(file, "its numbers are big-endian; save it again on another machine");
            }
            return new TorchObjects((key, type, elements) -> {
                        if (type.dtype().isEmpty()) {
                            return MemorySegment.NULL;
                        }
                        ZipEntry entry = zip.getEntry(root + "data/" + key);
                        long size = Math.multiplyExact(elements, (long) type.bytes());
                        // torch.save compresses nothing: so nobody can claim more than the file is long.
                        if (entry == null || entry.getSize() != size || entry.getMethod() != ZipEntry.STORED) {
                            throw new PickleException("no storage '" + key + "' of " + size + " bytes");
                        }
                        return copy(zip, entry, arena);
                    })
                    .read(ByteBuffer.wrap(bytes(zip, pickle)));
        } catch (PickleException | ArithmeticException e) {
            throw new WeightsException(file, "damaged, or no checkpoint: " + e.getMessage(), e);
        } catch (ZipException e) {
            throw new WeightsException(
                    file, "a damaged zip archive, as a download that was cut off leaves it: download it again", e);
        } catch (IOException e) {
            throw new WeightsException(file, "cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(ZipFile zip, ZipEntry entry) throws IOException {
        if (entry.getSize() > MAX_PICKLE_BYTES) {
            throw new PickleException(entry.getName() + " of " + entry.getSize() + " bytes");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private static MemorySegment copy(ZipFile zip, ZipEntry entry, Arena arena) {
        MemorySegment to = arena.allocate(entry.getSize(), Long.BYTES);
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = zip.getInputStream(entry)) {
            long at = 0;
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (at + n > to.byteSize()) {
                    throw new PickleException("a storage that is longer than the archive says");
                }
                MemorySegment.copy(MemorySegment.ofArray(buffer), 0, to, at, n);
                at += n;
            }
            if (at < to.byteSize()) {
                throw new PickleException("a storage that ends too early");
            }
            return to;
        } catch (IOException e) {
            throw new PickleException("a storage that cannot be read: " + e.getMessage());
        }
    }

    /** The object that a stream holds: magic, protocol, system, object, storage keys, then each storage's bytes. */
    static Object streamObject(Path file, Arena arena) {
        MemorySegment bytes = SafetensorsReader.mapBytes(file, arena);
        // Storages stand behind the pickles, which name them: the first pass finds where, and the second reads.
        try {
            Map<String, MemorySegment> storages = new LinkedHashMap<>();
            ByteBuffer in = head(bytes);
            Map<String, Long> sizes = new LinkedHashMap<>();
            header(in);
            int object = in.position();
            new TorchObjects((key, type, elements) -> {
                        sizes.put(key, Math.multiplyExact(elements, (long) type.bytes()));
                        return MemorySegment.NULL;
                    })
                    .skip(in);
            long at = locate(in, sizes, bytes, storages);
            if (at > bytes.byteSize()) {
                throw new PickleException("storages that end too early");
            }
            return new TorchObjects((key, type, elements) -> storages.get(key)).read(in.position(object));
        } catch (PickleException | ArithmeticException e) {
            throw new WeightsException(file, "damaged, or no checkpoint: " + e.getMessage(), e);
        }
    }

    private static ByteBuffer head(MemorySegment bytes) {
        return bytes.asSlice(0, Math.min(bytes.byteSize(), Integer.MAX_VALUE - 8))
                .asByteBuffer();
    }

    private static void header(ByteBuffer in) {
        if (!MAGIC.equals(plain(in)) || !PROTOCOL.equals(plain(in))) {
            throw new PickleException("a pickle that torch.save did not write");
        }
        if (!(plain(in) instanceof Map<?, ?> system) || !Boolean.TRUE.equals(system.get("little_endian"))) {
            throw new PickleException("its numbers are big-endian; save it again on another machine");
        }
    }

    private static Object plain(ByteBuffer in) {
        return Pickle.read(in, Map.of(), name -> Optional.empty(), id -> {
            throw new PickleException("a reference where there is nothing to refer to");
        });
    }

    private static long locate(
            ByteBuffer in, Map<String, Long> sizes, MemorySegment bytes, Map<String, MemorySegment> storages) {
        if (!(plain(in) instanceof List<?> keys) || keys.size() != sizes.size()) {
            throw new PickleException("a list of storages that does not go with the tensors");
        }
        long at = in.position();
        for (Object item : keys) {
            String key = item instanceof String text ? text : "";
            Long size = sizes.get(key);
            // Each is preceded by the number of its elements, which the tensors have said already.
            at += Long.BYTES;
            if (size == null || at + size > bytes.byteSize()) {
                throw new PickleException("the storage '" + key + "' is missing or cut off");
            }
            storages.put(key, bytes.asSlice(at, size));
            at += size;
        }
        return at;
    }

    /** The tensors among the values of a dictionary; what else it holds, such as a step count, is left out. */
    private static WeightFiles.Content tensors(Path file, Object object) {
        if (!(object instanceof Map<?, ?> map)) {
            throw new WeightsException(file, "holds no dictionary of tensors");
        }
        Map<String, Weights.Entry> entries = new LinkedHashMap<>();
        map.forEach((name, value) -> {
            if (name instanceof String key && value instanceof Tensor tensor) {
                if (tensor.dtype() == DType.I1) {
                    SafetensorsReader.checkBooleans(file, key, tensor.data());
                }
                entries.put(key, Weights.Entry.of(tensor, file));
            } else if (name instanceof String key && value instanceof TorchObjects.OtherTensor(String type)) {
                entries.put(key, Weights.Entry.opaque(type, MemorySegment.NULL, file));
            }
        });
        if (entries.isEmpty()) {
            throw new WeightsException(file, "holds no tensors by name; if they are nested, save the state_dict alone");
        }
        return new WeightFiles.Content(entries, Map.of());
    }
}
