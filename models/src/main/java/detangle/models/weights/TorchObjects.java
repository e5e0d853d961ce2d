package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.weights.Pickle.Tuple;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The few callables of torch's pickles that make tensors (torch/_utils.py), and nothing else. */
final class TorchObjects {
    private static final Map<String, DType> STORAGES = Map.of(
            "FloatStorage", DType.F32,
            "DoubleStorage", DType.F64,
            "HalfStorage", DType.F16,
            "BFloat16Storage", DType.BF16,
            "LongStorage", DType.I64,
            "IntStorage", DType.I32,
            "CharStorage", DType.I8,
            "BoolStorage", DType.I1);

    /** Where the elements of a storage are. */
    @FunctionalInterface
    interface Storages {
        MemorySegment find(String key, DType type, long elements);
    }

    private record StorageType(DType type) implements Pickle.Callable {
        @Override
        public Object call(Tuple arguments) {
            throw new PickleException("a pickle that makes a storage of its own");
        }
    }

    private record Storage(DType type, long elements, MemorySegment data) {}

    private final Storages storages;
    private final Map<String, Storage> known = new HashMap<>();
    private boolean skipping;

    TorchObjects(Storages storages) {
        this.storages = storages;
    }

    /** The object of a pickle. */
    Object read(ByteBuffer in) {
        return Pickle.read(in, callables(), this::storage);
    }

    /** Reads a pickle for the storages that it names. */
    void skip(ByteBuffer in) {
        skipping = true;
        read(in);
    }

    private Map<String, Pickle.Callable> callables() {
        Map<String, Pickle.Callable> all = new HashMap<>();
        STORAGES.forEach((name, type) -> all.put("torch." + name, new StorageType(type)));
        all.put("collections.OrderedDict", TorchObjects::dictionary);
        all.put("torch._utils._rebuild_tensor", this::tensor);
        all.put("torch._utils._rebuild_tensor_v2", this::tensor);
        all.put("torch._utils._rebuild_parameter", arguments -> arguments.get(0));
        all.put("torch.Size", arguments -> arguments.get(0));
        return all;
    }

    private static Object dictionary(Tuple arguments) {
        if (!arguments.items().isEmpty()) {
            throw new PickleException("an OrderedDict that is made from another object");
        }
        return new LinkedHashMap<>();
    }

    /** {@code ("storage", type, key, device, elements)}, in streams with a view of another storage behind. */
    private Storage storage(Tuple id) {
        if (!"storage".equals(id.get(0)) || !(id.get(1) instanceof StorageType(DType type))) {
            throw new PickleException("a reference to something that is no storage of a known type");
        }
        if (id.items().size() > 5 && id.get(5) != Pickle.NONE) {
            throw new PickleException("a storage that is a view of another: save it again with a newer PyTorch");
        }
        String key = (String) id.get(2);
        long elements = (Long) id.get(4);
        if (elements < 0) {
            throw new PickleException("a storage of " + elements + " elements");
        }
        Storage found = known.computeIfAbsent(key, k -> new Storage(type, elements, storages.find(k, type, elements)));
        if (found.type() != type || found.elements() != elements) {
            throw new PickleException("the storage '" + key + "' with two types or sizes");
        }
        return found;
    }

    /** {@code (storage, offset, size, stride, ...)}; offset and stride count elements. */
    private Object tensor(Tuple arguments) {
        Storage storage = (Storage) arguments.get(0);
        long offset = (Long) arguments.get(1);
        if (offset < 0) {
            throw new PickleException("a tensor with the offset " + offset);
        }
        long[] shape = longs(arguments.get(2));
        long[] strides = longs(arguments.get(3));
        if (skipping) {
            return Pickle.NONE;
        }
        if (shape.length != strides.length) {
            throw new PickleException("a tensor with " + shape.length + " sizes and " + strides.length + " strides");
        }
        long elements = Tensor.elements(shape);
        long last = offset;
        for (int i = 0; i < shape.length; i++) {
            last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
        }
        // More elements than stored would be an expanded view: small on disk, of any size in memory.
        if (elements > 0 && (last >= storage.elements() || elements > storage.elements())) {
            throw new PickleException("a tensor that leads out of its storage");
        }
        int bytes = storage.type().bytes();
        return new Tensor(
                storage.type(),
                shape,
                elements == 0 || isDense(shape, strides)
                        ? storage.data().asSlice(elements == 0 ? 0 : offset * bytes, elements * bytes)
                        : gathered(storage, offset, shape, strides, elements));
    }

    private static long[] longs(Object tuple) {
        long[] values =
                ((Tuple) tuple).items().stream().mapToLong(v -> (Long) v).toArray();
        for (long value : values) {
            if (value < 0) {
                throw new PickleException("a tensor with the size or stride " + value);
            }
        }
        return values;
    }

    private static boolean isDense(long[] shape, long[] strides) {
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] != 1 && strides[i] != expected) {
                return false;
            }
            expected *= shape[i];
        }
        return true;
    }

    /** A copy in row-major order: transposed weights are stored as views. */
    private static MemorySegment gathered(Storage storage, long offset, long[] shape, long[] strides, long elements) {
        int bytes = storage.type().bytes();
        MemorySegment dense =
                MemorySegment.ofArray(new byte[Math.toIntExact(Math.multiplyExact(elements, (long) bytes))]);
        long[] index = new long[shape.length];
        long from = offset;
        for (long to = 0; to < elements; to++) {
            MemorySegment.copy(storage.data(), from * bytes, dense, to * bytes, bytes);
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                from += strides[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                from -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return dense;
    }
}
