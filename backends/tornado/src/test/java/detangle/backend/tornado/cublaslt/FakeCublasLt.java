package detangle.backend.tornado.cublaslt;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Stands where cuBLASLt and CUDA's driver are not: functions with their names and signatures, which native code can call. They record calls, and compute
 * products as BLAS defines them; what is an address on a device elsewhere is one of this process.
 */
@SuppressWarnings("restricted")
public final class FakeCublasLt {
    /** What a wrong argument returns: {@code CUBLAS_STATUS_INVALID_VALUE}. */
    private static final int INVALID = 7;

    /** What was called, without what sets attributes and destroys. */
    public final List<String> calls = new ArrayList<>();

    /** What the next call of a function returns, by its name. */
    public final Map<String, Integer> statuses = new HashMap<>();

    /** Whether the library finds algorithms. */
    public boolean hasAlgorithms = true;

    private final Arena arena = Arena.ofAuto();
    private final Map<Long, Map<Integer, Long>> attributes = new HashMap<>();
    private final Set<Long> allocated = new HashSet<>();
    private long handles;
    private long context;

    /** The binding, with these functions. */
    public CublasLt library() {
        return new CublasLt(lookup());
    }

    /** Handles and memory that nobody has freed. */
    public int open() {
        return attributes.size() + allocated.size();
    }

    private SymbolLookup lookup() {
        return name -> Arrays.stream(getClass().getDeclaredMethods())
                .filter(m -> m.getName().equals(name))
                .findFirst()
                .map(this::stub);
    }

    private MemorySegment stub(Method method) {
        try {
            MethodHandle handle = MethodHandles.lookup().unreflect(method).bindTo(this);
            MethodType type = handle.type();
            MemoryLayout[] parameters =
                    type.parameterList().stream().map(FakeCublasLt::layout).toArray(MemoryLayout[]::new);
            return Linker.nativeLinker()
                    .upcallStub(handle, FunctionDescriptor.of(layout(type.returnType()), parameters), arena);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private static MemoryLayout layout(Class<?> type) {
        return type == int.class
                ? ValueLayout.JAVA_INT
                : type == long.class ? ValueLayout.JAVA_LONG : ValueLayout.ADDRESS;
    }

    private int status(String function) {
        return Optional.ofNullable(statuses.remove(function)).orElse(0);
    }

    private long make(MemorySegment to, Map<Integer, Long> values) {
        long handle = ++handles;
        attributes.put(handle, new HashMap<>(values));
        to.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, handle);
        return handle;
    }

    private int destroy(long handle) {
        return attributes.remove(handle) == null ? INVALID : 0;
    }

    private int set(long handle, int attribute, MemorySegment value, long bytes, Map<Integer, Integer> sizes) {
        if (!attributes.containsKey(handle) || sizes.getOrDefault(attribute, 0) != bytes) {
            return INVALID;
        }
        MemorySegment segment = value.reinterpret(bytes);
        attributes
                .get(handle)
                .put(
                        attribute,
                        bytes == Integer.BYTES
                                ? segment.get(ValueLayout.JAVA_INT, 0)
                                : segment.get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
        return 0;
    }

    long cublasLtGetVersion() {
        return 130201;
    }

    int cublasLtCreate(MemorySegment handle) {
        make(handle, Map.of());
        return context == 0 ? INVALID : status("cublasLtCreate");
    }

    int cublasLtDestroy(long handle) {
        return destroy(handle);
    }

    int cublasLtMatmulDescCreate(MemorySegment description, int compute, int scale) {
        make(description, Map.of(0, (long) compute, 1, (long) scale, 3, 0L, 4, 0L, 7, 1L));
        return 0;
    }

    int cublasLtMatmulDescDestroy(long description) {
        return destroy(description);
    }

    int cublasLtMatmulDescSetAttribute(long description, int attribute, MemorySegment value, long bytes) {
        return set(description, attribute, value, bytes, Map.of(3, 4, 4, 4, 7, 4, 8, 8));
    }

    int cublasLtMatrixLayoutCreate(MemorySegment layout, int type, long rows, long columns, long leading) {
        make(layout, Map.of(0, (long) type, 2, rows, 3, columns, 4, leading, 5, 1L, 6, 0L));
        return rows < 1 || columns < 1 || leading < rows ? INVALID : 0;
    }

    int cublasLtMatrixLayoutDestroy(long layout) {
        return destroy(layout);
    }

    int cublasLtMatrixLayoutSetAttribute(long layout, int attribute, MemorySegment value, long bytes) {
        return set(layout, attribute, value, bytes, Map.of(5, 4, 6, 8));
    }

    int cublasLtMatmulPreferenceCreate(MemorySegment preference) {
        make(preference, Map.of());
        return 0;
    }

    int cublasLtMatmulPreferenceDestroy(long preference) {
        return destroy(preference);
    }

    int cublasLtMatmulPreferenceSetAttribute(long preference, int attribute, MemorySegment value, long bytes) {
        return set(preference, attribute, value, bytes, Map.of(1, 8, 5, 4, 6, 4, 7, 4, 8, 4));
    }

    int cublasLtMatmulAlgoGetHeuristic(
            long handle,
            long description,
            long a,
            long b,
            long c,
            long d,
            long preference,
            int wanted,
            MemorySegment results,
            MemorySegment count) {
        calls.add("heuristic " + attributes.get(description).get(0));
        // The structure has 96 bytes; what the caller must not read is not 0.
        MemorySegment result = results.reinterpret(96).fill((byte) 1);
        // This algorithm is known by what it may rely on: the alignments of A, B, C and D.
        for (int i = 0; i < 4; i++) {
            result.setAtIndex(
                    ValueLayout.JAVA_LONG, i, attributes.get(preference).get(5 + i));
        }
        result.set(ValueLayout.JAVA_INT, 72, 0);
        count.reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, hasAlgorithms ? 1 : 0);
        return status("cublasLtMatmulAlgoGetHeuristic");
    }

    int cublasLtMatmul(
            long handle,
            long description,
            MemorySegment alpha,
            long addressA,
            long layoutA,
            long addressB,
            long layoutB,
            MemorySegment beta,
            long addressC,
            long layoutC,
            long addressD,
            long layoutD,
            MemorySegment algorithm,
            long workspace,
            long bytes,
            long stream) {
        Map<Integer, Long> product = attributes.get(description);
        calls.add("matmul, stream " + stream);
        boolean scaled = alpha.reinterpret(4).get(ValueLayout.JAVA_FLOAT, 0) != 1f
                || beta.reinterpret(4).get(ValueLayout.JAVA_FLOAT, 0) != 0f;
        long[] promised = algorithm.reinterpret(64).toArray(ValueLayout.JAVA_LONG);
        boolean aligned = addressA % promised[0] == 0
                && addressB % promised[1] == 0
                && addressC % promised[2] == 0
                && addressD % promised[3] == 0;
        if (scaled || !aligned || addressC != addressD || layoutC != layoutD || !allocated.contains(workspace)) {
            return INVALID;
        }
        Matrices a = new Matrices(addressA, attributes.get(layoutA), product.get(3) == 1);
        Matrices b = new Matrices(addressB, attributes.get(layoutB), product.get(4) == 1);
        Matrices c = new Matrices(addressC, attributes.get(layoutC), false);
        if (a.columns() != b.rows() || a.rows() != c.rows() || b.columns() != c.columns()) {
            return INVALID;
        }
        MemorySegment bias =
                product.get(7) == 4 ? MemorySegment.ofAddress(product.get(8)).reinterpret(4 * c.rows()) : null;
        for (long batch = 0; batch < c.layout.get(5); batch++) {
            for (long column = 0; column < c.columns(); column++) {
                for (long row = 0; row < c.rows(); row++) {
                    double sum = bias == null ? 0 : bias.getAtIndex(ValueLayout.JAVA_FLOAT, row);
                    for (long d = 0; d < a.columns(); d++) {
                        sum += (double) a.at(batch, row, d).get(ValueLayout.JAVA_FLOAT, 0)
                                * b.at(batch, d, column).get(ValueLayout.JAVA_FLOAT, 0);
                    }
                    c.at(batch, row, column).set(ValueLayout.JAVA_FLOAT, 0, (float) sum);
                }
            }
        }
        return status("cublasLtMatmul");
    }

    /** Matrices by columns, as a layout describes them. */
    private record Matrices(long address, Map<Integer, Long> layout, boolean transposed) {
        long rows() {
            return layout.get(transposed ? 3 : 2);
        }

        long columns() {
            return layout.get(transposed ? 2 : 3);
        }

        MemorySegment at(long batch, long row, long column) {
            long element =
                    batch * layout.get(6) + (transposed ? column + row * layout.get(4) : row + column * layout.get(4));
            return MemorySegment.ofAddress(address + Float.BYTES * element).reinterpret(Float.BYTES);
        }
    }

    int cuCtxSetCurrent(long value) {
        context = value;
        return 0;
    }

    int cuMemAlloc_v2(MemorySegment address, long bytes) {
        long at = 0x1000 + allocated.size();
        allocated.add(at);
        address.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, at);
        return 0;
    }

    int cuMemFree_v2(long address) {
        return allocated.remove(address) ? 0 : INVALID;
    }
}
