package detangle.models.weights;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.weights.Pickle.Tuple;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The few callables of torch's pickles that make tensors (torch/_utils.py), and nothing else. Tensors of types that no
 * parameter can have are known by their type alone; what they hold is not read.
 */
final class TorchObjects {
    private static final Map<String, StorageType> STORAGES = Stream.of(
                    StorageType.of("FloatStorage", DType.F32),
                    StorageType.of("DoubleStorage", DType.F64),
                    StorageType.of("HalfStorage", DType.F16),
                    StorageType.of("BFloat16Storage", DType.BF16),
                    StorageType.of("LongStorage", DType.I64),
                    StorageType.of("IntStorage", DType.I32),
                    StorageType.of("CharStorage", DType.I8),
                    StorageType.of("BoolStorage", DType.I1),
                    StorageType.other("ByteStorage", "uint8", 1),
                    StorageType.other("ShortStorage", "int16", 2),
                    StorageType.other("ComplexFloatStorage", "complex64", 8),
                    StorageType.other("ComplexDoubleStorage", "complex128", 16),
                    StorageType.other("QInt8Storage", "qint8", 1),
                    StorageType.other("QUInt8Storage", "quint8", 1),
                    StorageType.other("QInt32Storage", "qint32", 4),
                    StorageType.other("QUInt4x2Storage", "quint4x2", 1),
                    StorageType.other("QUInt2x4Storage", "quint2x4", 1),
                    StorageType.other("UntypedStorage", "untyped", 1))
            .collect(Collectors.toMap(StorageType::name, Function.identity()));

    /** The names of newer types, and of what says how elements of a quantised tensor are to be read. */
    private static final Pattern CONSTANTS = Pattern.compile(
            "torch\\.(u?int\\d+|bits\\w+|b?float\\w+|complex\\d+|bool|q\\w*int\\w+|per_\\w+|strided|sparse_\\w+)");

    /** PyTorch's own bound. */
    private static final int MAX_AXES = 64;

    private static final int TENSOR_BYTES = 200;

    /** A tensor of a type that no parameter can have. */
    record OtherTensor(String type) {}

    /** A type, or another word of torch's. */
    private record Constant(String name) {}

    /**
     * The type of elements.
     *
     * @param dtype empty for those that no parameter can have
     * @param bytes of an element
     */
    record StorageType(String name, String text, Optional<DType> dtype, int bytes) implements Pickle.Callable {
        static StorageType of(String name, DType dtype) {
            return new StorageType(name, dtype.text(), Optional.of(dtype), dtype.bytes());
        }

        static StorageType other(String name, String text, int bytes) {
            return new StorageType(name, text, Optional.empty(), bytes);
        }

        @Override
        public Object call(Tuple arguments) {
            throw new PickleException("a pickle that makes a storage of its own");
        }
    }

    /** A part of the file that tensors are views of. */
    record Storage(StorageType type, String key, long elements) {
        long bytes() {
            return Math.multiplyExact(elements, (long) type.bytes());
        }
    }

    /**
     * A tensor as a view of a storage, which it does not lead out of.
     *
     * @param offset of its first element, in elements
     * @param strides in elements
     */
    record StoredView(Storage storage, DType dtype, long offset, long[] shape, long[] strides) {}

    private final PickleBudget budget;
    private final Map<String, Storage> known = new LinkedHashMap<>();

    TorchObjects(PickleBudget budget) {
        this.budget = budget;
    }

    /** Returns the object of a pickle; its tensors are {@link StoredView} and {@link OtherTensor}. */
    Object read(ByteBuffer in) {
        return Pickle.read(in, budget, callables(), TorchObjects::constant, this::storage);
    }

    /** Returns the storages that it named, by key. */
    Map<String, Storage> storages() {
        return known;
    }

    private Map<String, Pickle.Callable> callables() {
        Map<String, Pickle.Callable> all = new HashMap<>();
        STORAGES.forEach((name, type) -> all.put("torch." + name, type));
        all.put("torch.storage.UntypedStorage", STORAGES.get("UntypedStorage"));
        all.put("collections.OrderedDict", this::dictionary);
        all.put("torch._utils._rebuild_tensor", this::tensor);
        all.put("torch._utils._rebuild_tensor_v2", this::tensor);
        all.put("torch._utils._rebuild_tensor_v3", TorchObjects::newerTensor);
        all.put("torch._utils._rebuild_qtensor", TorchObjects::quantisedTensor);
        all.put("torch._utils._rebuild_sparse_tensor", arguments -> new OtherTensor("sparse"));
        all.put("torch.serialization._get_layout", arguments -> new Constant((String) arguments.get(0)));
        all.put("torch._utils._rebuild_parameter", arguments -> arguments.get(0));
        all.put("torch.Size", arguments -> arguments.get(0));
        return all;
    }

    private Object dictionary(Tuple arguments) {
        if (!arguments.items().isEmpty()) {
            throw new PickleException("an OrderedDict that is made from another object");
        }
        budget.bytes(PickleBudget.CONTAINER_BYTES);
        return new Pickle.Dictionary();
    }

    /** {@code ("storage", type, key, device, elements)}, in streams with a view of another storage behind. */
    private Storage storage(Tuple id) {
        if (!"storage".equals(id.get(0)) || !(id.get(1) instanceof StorageType type)) {
            throw new PickleException("a reference to something that is not a storage of a known type");
        }
        if (id.items().size() > 5 && id.get(5) != Pickle.NONE) {
            throw new PickleException("a storage that is a view of another: save it again with a newer PyTorch");
        }
        String key = (String) id.get(2);
        long elements = (Long) id.get(4);
        if (elements < 0) {
            throw new PickleException("a storage of " + elements + " elements");
        }
        if (elements > Long.MAX_VALUE / type.bytes()) {
            throw new PickleException("a storage whose size overflows");
        }
        budget.bytes(TENSOR_BYTES);
        Storage found = known.computeIfAbsent(key, k -> new Storage(type, k, elements));
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
        budget.bytes(TENSOR_BYTES + 2L * Long.BYTES * (shape.length + strides.length));
        if (storage.type().dtype().isEmpty()) {
            return new OtherTensor(storage.type().text());
        }
        if (shape.length != strides.length) {
            throw new PickleException("a tensor with " + shape.length + " sizes and " + strides.length + " strides");
        }
        checkInside(storage, offset, shape, strides);
        return new StoredView(storage, storage.type().dtype().get(), offset, shape, strides);
    }

    private static void checkInside(Storage storage, long offset, long[] shape, long[] strides) {
        long elements;
        long last = offset;
        try {
            elements = Tensor.elements(shape);
            for (int i = 0; i < shape.length; i++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
            }
        } catch (ArithmeticException e) {
            throw new PickleException("a tensor whose size overflows");
        }
        // More elements than stored would be an expanded view: small on disk, of any size in memory.
        if (elements > 0 && (last >= storage.elements() || elements > storage.elements())) {
            throw new PickleException("a tensor that leads out of its storage");
        }
    }

    /**
     * {@code (storage, offset, size, stride, requires_grad, hooks, dtype, ...)}, of types that have no storage of their
     * own.
     */
    private static Object newerTensor(Tuple arguments) {
        return new OtherTensor(
                arguments.get(6) instanceof Constant(String name) ? name.replaceFirst("^torch\\.", "") : "unknown");
    }

    private static Object quantisedTensor(Tuple arguments) {
        return new OtherTensor(((Storage) arguments.get(0)).type().text());
    }

    /** Words of torch's that are data: nothing calls them. */
    private static Optional<Object> constant(String name) {
        return CONSTANTS.matcher(name).matches() ? Optional.of(new Constant(name)) : Optional.empty();
    }

    private static long[] longs(Object tuple) {
        Tuple sizes = (Tuple) tuple;
        if (sizes.items().size() > MAX_AXES) {
            throw new PickleException("a tensor of " + sizes.items().size() + " axes; the most is " + MAX_AXES);
        }
        long[] values = sizes.items().stream().mapToLong(v -> (Long) v).toArray();
        for (long value : values) {
            if (value < 0) {
                throw new PickleException("a tensor with the size or stride " + value);
            }
        }
        return values;
    }
}
