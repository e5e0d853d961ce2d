package detangle.models.weights;

import detangle.ir.Tensor;
import detangle.models.weights.TorchObjects.Storage;
import detangle.models.weights.TorchObjects.StoredView;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Turns views of storages into tensors. A dense view is read where the file is mapped; of a transposed one a copy is
 * made when it is first asked for. All copies together take no more than the file itself.
 */
final class TorchStorages {
    private final Path file;
    private final MappedFiles files;
    private final long fileBytes;
    private final Function<Storage, Supplier<MemorySegment>> find;
    private final Map<String, Supplier<MemorySegment>> storages = new HashMap<>();
    private final Map<View, Supplier<MemorySegment>> copies = new HashMap<>();
    private long copiedBytes;

    /** The key by which two views are the same. */
    private record View(String storage, long offset, String shape, String strides) {}

    /**
     * Reads the storages of a file.
     *
     * @param files what copies live as long as
     * @param find the bytes of a storage, which are read and checked when they are asked for
     */
    TorchStorages(Path file, MappedFiles files, long fileBytes, Function<Storage, Supplier<MemorySegment>> find) {
        this.file = file;
        this.files = files;
        this.fileBytes = fileBytes;
        this.find = find;
    }

    /** Throws a {@link PickleException} if the storage is not there, or copies take too much. */
    StoredTensor tensor(StoredView view) {
        Storage storage = view.storage();
        Supplier<MemorySegment> bytes = storages.computeIfAbsent(storage.key(), key -> find.apply(storage));
        return StoredTensor.computed(
                file, view.dtype(), view.shape(), isDense(view) ? dense(view, bytes) : copy(view, bytes));
    }

    private static Supplier<MemorySegment> dense(StoredView view, Supplier<MemorySegment> storage) {
        int width = view.dtype().bytes();
        long elements = Tensor.elements(view.shape());
        return () -> storage.get().asSlice(elements == 0 ? 0 : view.offset() * width, elements * width);
    }

    private Supplier<MemorySegment> copy(StoredView view, Supplier<MemorySegment> storage) {
        View same = new View(
                view.storage().key(), view.offset(), Arrays.toString(view.shape()), Arrays.toString(view.strides()));
        return copies.computeIfAbsent(same, key -> {
            copiedBytes += Tensor.elements(view.shape()) * view.dtype().bytes();
            if (copiedBytes > fileBytes) {
                throw new PickleException("transposed tensors that take more than the " + fileBytes
                        + " bytes of the file, which is the most; save them with .contiguous()");
            }
            return new Once(() -> gathered(view, storage.get()));
        });
    }

    private static boolean isDense(StoredView view) {
        long[] shape = view.shape();
        if (Tensor.elements(shape) == 0) {
            return true;
        }
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] != 1 && view.strides()[i] != expected) {
                return false;
            }
            expected *= shape[i];
        }
        return true;
    }

    /** Returns a copy in row-major order: transposed weights are stored as views. */
    private MemorySegment gathered(StoredView view, MemorySegment from) {
        int width = view.dtype().bytes();
        long[] shape = view.shape();
        long elements = Tensor.elements(shape);
        MemorySegment dense = files.allocate(file, elements * width);
        long[] index = new long[shape.length];
        long at = view.offset();
        for (long to = 0; to < elements; to++) {
            MemorySegment.copy(from, at * width, dense, to * width, width);
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                at += view.strides()[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                at -= view.strides()[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return dense;
    }

    /** Computes a segment when it is first asked for. */
    static final class Once implements Supplier<MemorySegment> {
        private Supplier<MemorySegment> compute;
        private MemorySegment value;

        Once(Supplier<MemorySegment> compute) {
            this.compute = Objects.requireNonNull(compute);
        }

        @Override
        public synchronized MemorySegment get() {
            if (value == null) {
                value = compute.get();
                compute = null;
            }
            return value;
        }
    }
}
