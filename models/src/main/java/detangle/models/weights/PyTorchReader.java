package detangle.models.weights;

import detangle.models.weights.TorchObjects.Storage;
import detangle.models.weights.TorchObjects.StoredView;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what torch.save has written (torch/serialization.py): a zip archive with a pickle and a file for each storage,
 * or before PyTorch 1.6 a stream of pickles with the storages behind them. Storages are read where the file is mapped.
 * Every fault is a {@link WeightsException}.
 */
final class PyTorchReader {
    private static final String PICKLE = "data.pkl";
    private static final String LITTLE_ENDIAN = "little";
    private static final String BIG_ENDIAN_FAULT = "its numbers are big-endian; save it again on another machine";
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final Long PROTOCOL = 1001L;

    /** The number of elements in front of each storage of a stream. */
    private static final ValueLayout.OfLong COUNT = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private PyTorchReader() {}

    /**
     * The object that torch.save was given, and the means to read its tensors.
     *
     * @param object see {@link Pickle} for what stands for Python's
     * @param budget what is left of it may be spent on the object
     */
    record Saved(Object object, PickleBudget budget, TorchStorages storages) {}

    /**
     * Returns the tensors among the values of the dictionary that a file holds; what else it holds, such as a step
     * count, is left out.
     */
    static WeightFiles.Content read(Path file, MappedFiles files, boolean zip) {
        try {
            Saved saved = open(file, files, zip);
            if (!(saved.object() instanceof Map<?, ?> map)) {
                throw new WeightsException(file, "holds no dictionary of tensors");
            }
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            map.forEach((name, value) -> {
                if (tensors.size() == HeaderReader.MAX_TENSORS) {
                    throw new WeightsException(
                            file, "holds more than " + HeaderReader.MAX_TENSORS + " tensors, which is the most");
                }
                if (name instanceof String key && value instanceof StoredView view) {
                    tensors.put(key, saved.storages().tensor(view));
                } else if (name instanceof String key && value instanceof TorchObjects.OtherTensor(String type)) {
                    tensors.put(key, StoredTensor.opaque(file, type));
                }
            });
            if (tensors.isEmpty()) {
                throw new WeightsException(
                        file, "holds no tensors by name; if they are nested, save the state_dict alone");
            }
            return new WeightFiles.Content(tensors, Map.of());
        } catch (PickleException e) {
            throw new WeightsException(file, "damaged, or no checkpoint: " + e.getMessage(), e);
        }
    }

    /**
     * Returns what a file holds.
     *
     * @throws PickleException if a pickle of the file is not well formed
     * @throws WeightsException if the file is not well formed
     */
    static Saved open(Path file, MappedFiles files, boolean zip) {
        MemorySegment bytes = files.map(file);
        return zip ? zip(file, files, bytes) : stream(file, files, bytes);
    }

    private static Saved zip(Path file, MappedFiles files, MemorySegment bytes) {
        ZipArchive zip = ZipArchive.of(file, bytes);
        String pickle = zip.names().stream()
                .filter(name -> name.endsWith("/" + PICKLE))
                .findFirst()
                .orElseThrow(() -> new WeightsException(file, "a zip archive without " + PICKLE + ": no checkpoint"));
        String root = pickle.substring(0, pickle.length() - PICKLE.length());
        zip.find(root + "byteorder").ifPresent(order -> {
            if (!Arrays.equals(zip.copy(order), LITTLE_ENDIAN.getBytes(StandardCharsets.UTF_8))) {
                throw new WeightsException(file, BIG_ENDIAN_FAULT);
            }
        });
        PickleBudget budget = new PickleBudget();
        Object object = new TorchObjects(budget)
                .read(ByteBuffer.wrap(zip.copy(zip.find(pickle).orElseThrow())));
        TorchStorages storages = new TorchStorages(file, files, bytes.byteSize(), storage -> {
            ZipArchive.Entry entry = zip.find(root + "data/" + storage.key())
                    .filter(e -> e.size() == storage.bytes())
                    .orElseThrow(() ->
                            new PickleException("no storage '" + storage.key() + "' of " + storage.bytes() + " bytes"));
            MemorySegment stored = zip.stored(entry);
            return new TorchStorages.Once(() -> zip.checked(entry, stored));
        });
        return new Saved(object, budget, storages);
    }

    /** Magic, protocol, system, object, storage keys, then each storage's bytes. */
    private static Saved stream(Path file, MappedFiles files, MemorySegment bytes) {
        PickleBudget budget = new PickleBudget();
        ByteBuffer in = head(bytes);
        header(in, budget);
        TorchObjects objects = new TorchObjects(budget);
        Object object = objects.read(in);
        Map<String, MemorySegment> found = located(in, budget, objects.storages(), bytes);
        TorchStorages storages =
                new TorchStorages(file, files, bytes.byteSize(), storage -> () -> found.get(storage.key()));
        return new Saved(object, budget, storages);
    }

    private static ByteBuffer head(MemorySegment bytes) {
        return bytes.asSlice(0, Math.min(bytes.byteSize(), Integer.MAX_VALUE - 8))
                .asByteBuffer();
    }

    private static void header(ByteBuffer in, PickleBudget budget) {
        if (!MAGIC.equals(plain(in, budget)) || !PROTOCOL.equals(plain(in, budget))) {
            throw new PickleException("a pickle that torch.save did not write");
        }
        if (!(plain(in, budget) instanceof Map<?, ?> system) || !Boolean.TRUE.equals(system.get("little_endian"))) {
            throw new PickleException(BIG_ENDIAN_FAULT);
        }
    }

    private static Object plain(ByteBuffer in, PickleBudget budget) {
        return Pickle.read(in, budget, Map.of(), name -> Optional.empty(), id -> {
            throw new PickleException("a reference where there is nothing to refer to");
        });
    }

    /**
     * Returns the bytes of the storages, which stand behind the pickles in the order of a list of keys, to the end of
     * the file.
     */
    private static Map<String, MemorySegment> located(
            ByteBuffer in, PickleBudget budget, Map<String, Storage> storages, MemorySegment bytes) {
        if (!(plain(in, budget) instanceof List<?> keys) || keys.size() != storages.size()) {
            throw new PickleException("a list of storages that does not go with the tensors");
        }
        Map<String, MemorySegment> found = new HashMap<>();
        long at = in.position();
        for (Object item : keys) {
            String key = item instanceof String text ? text : "";
            Storage storage = storages.get(key);
            if (storage == null || found.containsKey(key)) {
                throw new PickleException("a list of storages with '" + key + "', which is not due there");
            }
            long left = bytes.byteSize() - at - COUNT.byteSize();
            if (left < 0 || storage.bytes() > left) {
                throw new PickleException("the storage '" + key + "' is cut off");
            }
            long count = bytes.get(COUNT, at);
            if (count != storage.elements()) {
                throw new PickleException("the storage '" + key + "' has " + count + " elements, and its tensors say "
                        + storage.elements());
            }
            at += COUNT.byteSize();
            found.put(key, bytes.asSlice(at, storage.bytes()));
            at += storage.bytes();
        }
        return found;
    }
}
