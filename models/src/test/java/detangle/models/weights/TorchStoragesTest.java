package detangle.models.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import detangle.ir.DType;
import detangle.models.weights.TorchObjects.Storage;
import detangle.models.weights.TorchObjects.StorageType;
import detangle.models.weights.TorchObjects.StoredView;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Views of storages become tensors: dense ones without a copy, others by one copy, and no more than the file has. */
class TorchStoragesTest {
    private static final Path FILE = Path.of("pytorch_model.bin");
    private static final int ELEMENTS = 24;

    private final MappedFiles files = new MappedFiles();
    private final List<String> asked = new ArrayList<>();

    @AfterEach
    void close() {
        files.close();
    }

    private Supplier<MemorySegment> count(Storage storage) {
        asked.add(storage.key());
        float[] values = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            values[i] = i;
        }
        return () -> {
            asked.add("bytes of " + storage.key());
            return MemorySegment.ofArray(values);
        };
    }

    private TorchStorages storages(long fileBytes) {
        return new TorchStorages(FILE, files, fileBytes, this::count);
    }

    private static StoredView view(String key, long offset, long[] shape, long... strides) {
        return new StoredView(
                new Storage(StorageType.of("FloatStorage", DType.F32), key, ELEMENTS),
                DType.F32,
                offset,
                shape,
                strides);
    }

    private static long[] shape(long... sizes) {
        return sizes;
    }

    private float[] read(StoredTensor tensor) {
        return tensor.read("w", files).toFloats();
    }

    @Test
    void denseViewsTakeNoCopy() {
        TorchStorages none = storages(0);
        assertArrayEquals(new float[] {5, 6, 7, 8, 9, 10}, read(none.tensor(view("0", 5, shape(2, 3), 3, 1))));
        // The stride of an axis of one element says nothing.
        assertArrayEquals(new float[] {2, 3, 4}, read(none.tensor(view("0", 2, shape(1, 3, 1), 77, 1, 5))));
        assertArrayEquals(new float[] {23}, read(none.tensor(view("0", 23, shape()))));
        assertArrayEquals(new float[0], read(none.tensor(view("0", 99, shape(3, 0), 5, 9))));
    }

    @Test
    void transposedViewsAreCopied() {
        TorchStorages storages = storages(4 * 12);
        assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, read(storages.tensor(view("0", 1, shape(3, 2), 1, 3))));
        assertArrayEquals(new float[] {0, 2, 4, 1, 3, 5}, read(storages.tensor(view("0", 0, shape(2, 3), 1, 2))));
        StoredTensor three = storages(4 * 12).tensor(view("0", 0, shape(2, 3, 2), 1, 4, 2));
        assertArrayEquals(new long[] {2, 3, 2}, three.shape());
        assertArrayEquals(new float[] {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}, read(three));
        assertArrayEquals(new float[] {3, 3, 3}, read(storages(12).tensor(view("0", 3, shape(3), 0))));
    }

    /** The same view costs once; another offset, shape, stride or storage is another view. */
    @Test
    void copiesTakeNoMoreThanTheFile() {
        TorchStorages storages = storages(4 * 24);
        storages.tensor(view("0", 0, shape(3, 2), 1, 3));
        storages.tensor(view("0", 0, shape(3, 2), 1, 3));
        storages.tensor(view("0", 1, shape(3, 2), 1, 3));
        storages.tensor(view("0", 0, shape(3, 2), 2, 6));
        storages.tensor(view("1", 0, shape(3, 2), 1, 3));
        String message = "transposed tensors that take more than the 96 bytes of the file, which is the most; save them"
                + " with .contiguous()";
        PickleException refusal =
                assertThrows(PickleException.class, () -> storages.tensor(view("0", 0, shape(2, 1, 3), 1, 1, 2)));
        assertEquals(message, refusal.getMessage());
    }

    @Test
    void storagesAreLookedForOnceAndReadWhenTheyAreNeeded() {
        TorchStorages storages = storages(4 * 24);
        StoredTensor dense = storages.tensor(view("0", 0, shape(2), 1));
        StoredTensor other = storages.tensor(view("0", 0, shape(2), 3));
        StoredTensor same = storages.tensor(view("0", 0, shape(2), 3));
        assertEquals(List.of("0"), asked);
        read(dense);
        assertEquals(List.of("0", "bytes of 0"), asked);
        assertArrayEquals(new float[] {0, 3}, read(other));
        assertArrayEquals(new float[] {0, 3}, read(same));
        assertEquals(List.of("0", "bytes of 0", "bytes of 0"), asked);
    }

    @Test
    void onceIsOnce() {
        TorchStorages.Once once = new TorchStorages.Once(() -> {
            asked.add("once");
            return MemorySegment.NULL;
        });
        assertEquals(MemorySegment.NULL, once.get());
        assertEquals(MemorySegment.NULL, once.get());
        assertEquals(List.of("once"), asked);
        assertThrows(NullPointerException.class, () -> new TorchStorages.Once(null));
    }
}
