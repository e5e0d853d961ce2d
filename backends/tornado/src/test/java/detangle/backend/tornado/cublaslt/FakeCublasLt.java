package detangle.backend.tornado.cublaslt;

import detangle.backend.ComputePrecision;
import detangle.ir.DType;
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
 * Stands in for cuBLASLt and CUDA's driver where they are absent: Java methods with the names and signatures of their
 * functions, which native code can call. They record the calls, and compute products as BLAS defines them, on memory of
 * this process.
 */
@SuppressWarnings("restricted")
public final class FakeCublasLt {
    /** The status for a wrong argument: {@code CUBLAS_STATUS_INVALID_VALUE}. */
    private static final int INVALID = 7;

    // Attributes of cublasLt.h: of a product, of a matrix's layout, and of preferences.
    private static final int COMPUTE_TYPE = 0;
    private static final int SCALE_TYPE = 1;
    private static final int TRANSPOSE_A = 3;
    private static final int TRANSPOSE_B = 4;
    private static final int EPILOGUE = 7;
    private static final int BIAS_POINTER = 8;
    private static final long EPILOGUE_DEFAULT = 1;
    private static final long EPILOGUE_BIAS = 4;

    private static final int TYPE = 0;
    private static final int ROWS = 2;
    private static final int COLUMNS = 3;
    private static final int LEADING_DIMENSION = 4;
    private static final int BATCH_COUNT = 5;
    private static final int BATCH_OFFSET = 6;

    /** The types of matrices by their {@code cudaDataType}: {@code CUDA_R_32F, CUDA_R_16F, CUDA_R_16BF}. */
    private static final Map<Integer, DType> TYPES = Map.of(0, DType.F32, 2, DType.F16, 14, DType.BF16);

    private static final int WORKSPACE_BYTES = 1;
    private static final int ALIGNMENT_A = 5;
    private static final int ALIGNMENT_B = 6;
    private static final int ALIGNMENT_C = 7;
    private static final int ALIGNMENT_D = 8;

    /** The calls that were made, except those that make or free descriptions and set attributes. */
    public final List<String> calls = new ArrayList<>();

    /** The status that the next call of a function returns, by the function's name; without an entry it is 0. */
    public final Map<String, Integer> statuses = new HashMap<>();

    /** Whether the library finds algorithms. */
    public boolean hasAlgorithms = true;

    /** Whether the last warp of a group is the first to run. */
    public boolean backward;

    /** The generation of the device, see {@link CublasLt#generation}. */
    public int generation = 9;

    private final Arena arena = Arena.ofAuto();
    private final Map<Long, PtxEmulator> modules = new HashMap<>();
    private final Map<Long, Integer> sharedBytes = new HashMap<>();
    private final Map<Long, Map<Integer, Long>> attributes = new HashMap<>();
    private final Set<Long> allocated = new HashSet<>();
    private long handles;
    private long context;

    /** Returns a binding of these functions. */
    public CublasLt library() {
        return new CublasLt(lookup());
    }

    /** Returns the number of handles and blocks of memory that nobody has freed. */
    public int open() {
        return attributes.size() + allocated.size() + modules.size();
    }

    private SymbolLookup lookup() {
        return name -> Arrays.stream(getClass().getDeclaredMethods())
                .filter(m -> m.getName().equals(name))
                .findFirst()
                .map(this::nativeFunction);
    }

    private MemorySegment nativeFunction(Method method) {
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
        if (type == byte.class) {
            return ValueLayout.JAVA_BYTE;
        }
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
        make(
                description,
                Map.of(
                        COMPUTE_TYPE,
                        (long) compute,
                        SCALE_TYPE,
                        (long) scale,
                        TRANSPOSE_A,
                        0L,
                        TRANSPOSE_B,
                        0L,
                        EPILOGUE,
                        EPILOGUE_DEFAULT));
        return 0;
    }

    int cublasLtMatmulDescDestroy(long description) {
        return destroy(description);
    }

    int cublasLtMatmulDescSetAttribute(long description, int attribute, MemorySegment value, long bytes) {
        return set(
                description,
                attribute,
                value,
                bytes,
                Map.of(TRANSPOSE_A, 4, TRANSPOSE_B, 4, EPILOGUE, 4, BIAS_POINTER, 8));
    }

    int cublasLtMatrixLayoutCreate(MemorySegment layout, int type, long rows, long columns, long leading) {
        make(
                layout,
                Map.of(
                        TYPE,
                        (long) type,
                        ROWS,
                        rows,
                        COLUMNS,
                        columns,
                        LEADING_DIMENSION,
                        leading,
                        BATCH_COUNT,
                        1L,
                        BATCH_OFFSET,
                        0L));
        return rows < 1 || columns < 1 || leading < rows ? INVALID : 0;
    }

    int cublasLtMatrixLayoutDestroy(long layout) {
        return destroy(layout);
    }

    int cublasLtMatrixLayoutSetAttribute(long layout, int attribute, MemorySegment value, long bytes) {
        return set(layout, attribute, value, bytes, Map.of(BATCH_COUNT, 4, BATCH_OFFSET, 8));
    }

    int cublasLtMatmulPreferenceCreate(MemorySegment preference) {
        make(preference, Map.of());
        return 0;
    }

    int cublasLtMatmulPreferenceDestroy(long preference) {
        return destroy(preference);
    }

    int cublasLtMatmulPreferenceSetAttribute(long preference, int attribute, MemorySegment value, long bytes) {
        return set(
                preference,
                attribute,
                value,
                bytes,
                Map.of(WORKSPACE_BYTES, 8, ALIGNMENT_A, 4, ALIGNMENT_B, 4, ALIGNMENT_C, 4, ALIGNMENT_D, 4));
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
        calls.add("heuristic " + attributes.get(description).get(COMPUTE_TYPE));
        // The structure has 96 bytes; those that the caller must not read are not 0.
        MemorySegment result = results.reinterpret(96).fill((byte) 1);
        // The result names the alignments that the algorithm relies on, those of A, B, C and D, in place of an
        // algorithm.
        for (int i = 0; i < 4; i++) {
            result.setAtIndex(
                    ValueLayout.JAVA_LONG, i, attributes.get(preference).get(ALIGNMENT_A + i));
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
        boolean adds = beta.reinterpret(4).get(ValueLayout.JAVA_FLOAT, 0) != 0f;
        long[] promised = algorithm.reinterpret(64).toArray(ValueLayout.JAVA_LONG);
        boolean aligned = addressA % promised[0] == 0
                && addressB % promised[1] == 0
                && addressC % promised[2] == 0
                && addressD % promised[3] == 0;
        if (adds || !aligned || addressC != addressD || layoutC != layoutD || !allocated.contains(workspace)) {
            return INVALID;
        }
        try {
            MatmulReference.multiply(
                    matrices(addressA, layoutA),
                    product.get(TRANSPOSE_A) == 1,
                    matrices(addressB, layoutB),
                    product.get(TRANSPOSE_B) == 1,
                    matrices(addressC, layoutC),
                    product.get(EPILOGUE) == EPILOGUE_BIAS ? product.get(BIAS_POINTER) : 0,
                    alpha.reinterpret(4).get(ValueLayout.JAVA_FLOAT, 0),
                    Arrays.stream(ComputePrecision.values())
                            .filter(p -> new ProductOptions(p, false).computeType() == product.get(COMPUTE_TYPE))
                            .findFirst()
                            .orElseThrow());
        } catch (IllegalArgumentException e) {
            return INVALID;
        }
        return status("cublasLtMatmul");
    }

    private MatmulReference.Matrices matrices(long address, long layout) {
        Map<Integer, Long> values = attributes.get(layout);
        return new MatmulReference.Matrices(
                address,
                TYPES.get(values.get(TYPE).intValue()),
                values.get(ROWS),
                values.get(COLUMNS),
                values.get(LEADING_DIMENSION),
                values.get(BATCH_COUNT),
                values.get(BATCH_OFFSET));
    }

    int cuCtxSetCurrent(long value) {
        context = value;
        return 0;
    }

    int cuCtxSynchronize() {
        return status("cuCtxSynchronize");
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

    int cuDeviceGet(MemorySegment device, int number) {
        device.reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, number);
        return number == 0 ? 0 : INVALID;
    }

    int cuDeviceGetAttribute(MemorySegment value, int attribute, int device) {
        value.reinterpret(Integer.BYTES).set(ValueLayout.JAVA_INT, 0, generation);
        return attribute == 75 ? 0 : INVALID;
    }

    int cuModuleLoadData(MemorySegment module, MemorySegment image) {
        long handle = ++handles;
        modules.put(handle, new PtxEmulator(image.reinterpret(Long.MAX_VALUE).getString(0)));
        module.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, handle);
        return context == 0 ? INVALID : status("cuModuleLoadData");
    }

    int cuModuleUnload(long module) {
        return modules.remove(module) == null ? INVALID : 0;
    }

    /** The function of a module has its handle. */
    int cuModuleGetFunction(MemorySegment function, long module, MemorySegment name) {
        function.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, module);
        boolean isThere = modules.containsKey(module)
                && modules.get(module)
                        .entry()
                        .equals(name.reinterpret(Long.MAX_VALUE).getString(0));
        return isThere ? 0 : INVALID;
    }

    int cuFuncSetAttribute(long function, int attribute, int value) {
        sharedBytes.put(function, value);
        return attribute == 8 && value <= 99 * 1024 ? 0 : INVALID;
    }

    int cuLaunchKernel(
            long function,
            int x,
            int y,
            int z,
            int threadsX,
            int threadsY,
            int threadsZ,
            int bytes,
            long stream,
            MemorySegment parameters,
            MemorySegment extra) {
        calls.add("launch, stream " + stream);
        PtxEmulator kernel = modules.get(function);
        if (kernel == null
                || x < 1
                || y < 1
                || z != 1
                || threadsX != kernel.threads()
                || threadsY != 1
                || threadsZ != 1
                || bytes > sharedBytes.getOrDefault(function, 48 * 1024)) {
            return INVALID;
        }
        List<Integer> sizes = kernel.parameterBytes();
        long[] values = new long[sizes.size()];
        for (int i = 0; i < values.length; i++) {
            MemorySegment value = parameters
                    .reinterpret((long) values.length * Long.BYTES)
                    .getAtIndex(ValueLayout.ADDRESS, i)
                    .reinterpret(sizes.get(i));
            values[i] = sizes.get(i) == Long.BYTES
                    ? value.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)
                    : Integer.toUnsignedLong(value.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
        }
        kernel.run(x, y, values, bytes, backward);
        return status("cuLaunchKernel");
    }

    int cuMemsetD8Async(long address, byte value, long bytes, long stream) {
        calls.add("memset, stream " + stream);
        MemorySegment.ofAddress(address).reinterpret(bytes).fill(value);
        return 0;
    }
}
