package detangle.backend.tornado.cublaslt;

import detangle.backend.BackendException;
import detangle.ir.InternalException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Binds the functions of NVIDIA's cuBLASLt that multiply matrices, and those of CUDA's driver that they and kernels in
 * PTX need, by {@code java.lang.foreign}. Names and numbers are those of {@code cublasLt.h} and {@code cuda.h}. Handles
 * and addresses on the device are {@code long} here; memory segments are on the host.
 */
public final class CublasLt {
    /** The name of the library in TornadoVM's library tasks. */
    public static final String NAME = "detangle/cublaslt";

    private static final List<String> LIBRARIES = List.of("libcublasLt.so.13", "libcublasLt.so.12");
    private static final String DRIVER = "libcuda.so.1";

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout HOST = ValueLayout.ADDRESS;

    /** The functions that load and launch kernels. */
    private static final Set<String> OF_KERNELS =
            Set.of("cuModuleLoadData", "cuModuleGetFunction", "cuFuncSetAttribute", "cuLaunchKernel");

    /** {@code CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR} of {@code cuda.h}. */
    private static final int COMPUTE_CAPABILITY_MAJOR = 75;

    /** The functions by name. Each returns a status, which is 0 when the call succeeds. */
    private static final Map<String, FunctionDescriptor> FUNCTIONS = Map.ofEntries(
            returningStatus("cublasLtCreate", HOST),
            returningStatus("cublasLtDestroy", LONG),
            returningStatus("cublasLtMatmulDescCreate", HOST, INT, INT),
            returningStatus("cublasLtMatmulDescDestroy", LONG),
            returningStatus("cublasLtMatmulDescSetAttribute", LONG, INT, HOST, LONG),
            returningStatus("cublasLtMatrixLayoutCreate", HOST, INT, LONG, LONG, LONG),
            returningStatus("cublasLtMatrixLayoutDestroy", LONG),
            returningStatus("cublasLtMatrixLayoutSetAttribute", LONG, INT, HOST, LONG),
            returningStatus("cublasLtMatmulPreferenceCreate", HOST),
            returningStatus("cublasLtMatmulPreferenceDestroy", LONG),
            returningStatus("cublasLtMatmulPreferenceSetAttribute", LONG, INT, HOST, LONG),
            returningStatus(
                    "cublasLtMatmulAlgoGetHeuristic", LONG, LONG, LONG, LONG, LONG, LONG, LONG, INT, HOST, HOST),
            returningStatus(
                    "cublasLtMatmul",
                    LONG,
                    LONG,
                    HOST,
                    LONG,
                    LONG,
                    LONG,
                    LONG,
                    HOST,
                    LONG,
                    LONG,
                    LONG,
                    LONG,
                    HOST,
                    LONG,
                    LONG,
                    LONG),
            returningStatus("cuCtxSetCurrent", LONG),
            returningStatus("cuCtxSynchronize"),
            returningStatus("cuMemAlloc_v2", HOST, LONG),
            returningStatus("cuMemFree_v2", LONG),
            returningStatus("cuMemsetD8Async", LONG, ValueLayout.JAVA_BYTE, LONG, LONG),
            returningStatus("cuDeviceGet", HOST, INT),
            returningStatus("cuDeviceGetAttribute", HOST, INT, INT),
            returningStatus("cuModuleLoadData", HOST, HOST),
            returningStatus("cuModuleUnload", LONG),
            returningStatus("cuModuleGetFunction", HOST, LONG, HOST),
            returningStatus("cuFuncSetAttribute", LONG, INT, INT),
            returningStatus("cuLaunchKernel", LONG, INT, INT, INT, INT, INT, INT, INT, LONG, HOST, HOST));

    private static Map.Entry<String, FunctionDescriptor> returningStatus(String name, MemoryLayout... parameters) {
        return Map.entry(name, FunctionDescriptor.of(INT, parameters));
    }

    private final Map<String, MethodHandle> functions = new HashMap<>();
    private final MethodHandle setContext;
    private final MethodHandle setAttribute;
    private final MethodHandle matmul;
    private final MethodHandle launchKernel;
    private final String version;

    /** Holds the library, which is searched for once, at the first call of {@link #find}. */
    private static final class Found {
        private static final Optional<CublasLt> LIBRARY = search();
    }

    /**
     * Binds the functions.
     *
     * @param symbols the symbols of cuBLASLt and of the driver
     * @throws IllegalArgumentException if a function is missing
     */
    @SuppressWarnings("restricted")
    CublasLt(SymbolLookup symbols) {
        Linker linker = Linker.nativeLinker();
        FUNCTIONS.forEach((name, type) -> functions.put(name, linker.downcallHandle(symbol(symbols, name), type)));
        setContext = functions.get("cuCtxSetCurrent");
        setAttribute = functions.get("cublasLtMatmulDescSetAttribute");
        matmul = functions.get("cublasLtMatmul");
        launchKernel = functions.get("cuLaunchKernel");
        try {
            long number =
                    (long) linker.downcallHandle(symbol(symbols, "cublasLtGetVersion"), FunctionDescriptor.of(LONG))
                            .invokeExact();
            version = number / 10000 + "." + number / 100 % 100 + "." + number % 100;
        } catch (Throwable e) {
            throw new InternalException("cublasLtGetVersion cannot be called", e);
        }
    }

    private static MemorySegment symbol(SymbolLookup symbols, String name) {
        return symbols.find(name)
                .orElseThrow(() -> new IllegalArgumentException("the function " + name + " is missing"));
    }

    /**
     * Returns the library of this machine, or nothing where cuBLASLt or CUDA's driver is missing. It is searched for
     * where the system's loader looks, for example in the folders of LD_LIBRARY_PATH, and in the folder {@code lib64}
     * of CUDA_PATH or of /usr/local/cuda.
     */
    public static Optional<CublasLt> find() {
        return Found.LIBRARY;
    }

    /** Returns the words for a message where {@link #find} is empty: the file that was not found. */
    public static String missing() {
        return LIBRARIES.getFirst() + " is not found";
    }

    private static Optional<CublasLt> search() {
        String toolkit = System.getenv().getOrDefault("CUDA_PATH", "/usr/local/cuda");
        Optional<SymbolLookup> driver = open(DRIVER);
        return LIBRARIES.stream()
                .flatMap(name -> Stream.of(name, Path.of(toolkit, "lib64", name).toString()))
                .flatMap(name -> open(name).stream())
                .findFirst()
                .flatMap(library -> driver.map(library::or))
                .map(CublasLt::new);
    }

    @SuppressWarnings("restricted")
    private static Optional<SymbolLookup> open(String name) {
        try {
            return Optional.of(SymbolLookup.libraryLookup(name, Arena.global()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Returns the library's version, such as 13.1.1. */
    public String version() {
        return version;
    }

    /**
     * Returns the generation of a device, the major number of its compute capability: 8 for Ampere, 9 for Hopper.
     *
     * @param number that of the device in the driver's order
     * @throws BackendException if the driver does not know the device
     */
    public int generation(int number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(INT);
            call("cuDeviceGet", result, number);
            call("cuDeviceGetAttribute", result, COMPUTE_CAPABILITY_MAJOR, result.get(INT, 0));
            return result.get(INT, 0);
        }
    }

    /**
     * Calls a function.
     *
     * @throws BackendException if its status is not 0
     */
    void call(String name, Object... arguments) {
        try {
            check(name, (int) functions.get(name).invokeWithArguments(arguments));
        } catch (BackendException e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException(name + " cannot be called", e);
        }
    }

    /**
     * Makes a handle by a function whose first parameter is a pointer to it.
     *
     * @param others the arguments after the pointer
     */
    long create(String name, Object... others) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(LONG);
            Object[] arguments = new Object[others.length + 1];
            arguments[0] = handle;
            System.arraycopy(others, 0, arguments, 1, others.length);
            call(name, arguments);
            return handle.get(LONG, 0);
        }
    }

    /**
     * Sets an attribute of four bytes.
     *
     * @param name the function that sets attributes of this kind of object
     */
    void set(String name, long object, int attribute, int value) {
        try (Arena arena = Arena.ofConfined()) {
            call(name, object, attribute, arena.allocateFrom(INT, value), INT.byteSize());
        }
    }

    /**
     * Sets an attribute of eight bytes.
     *
     * @param name the function that sets attributes of this kind of object
     */
    void set(String name, long object, int attribute, long value) {
        try (Arena arena = Arena.ofConfined()) {
            call(name, object, attribute, arena.allocateFrom(LONG, value), LONG.byteSize());
        }
    }

    void setContext(long context) {
        try {
            check("cuCtxSetCurrent", (int) setContext.invokeExact(context));
        } catch (BackendException e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("cuCtxSetCurrent cannot be called", e);
        }
    }

    /** Sets an attribute of a product to the value in a segment. */
    void setAttribute(long product, int attribute, MemorySegment value) {
        try {
            check("cublasLtMatmulDescSetAttribute", (int)
                    setAttribute.invokeExact(product, attribute, value, value.byteSize()));
        } catch (BackendException e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("cublasLtMatmulDescSetAttribute cannot be called", e);
        }
    }

    /** Puts a product into a stream. The result is written over {@code c}, which is not read, as beta is 0. */
    void matmul(
            long handle,
            CublasLtPlan plan,
            MemorySegment alpha,
            long a,
            long b,
            MemorySegment beta,
            long c,
            long workspace,
            long bytes,
            long stream) {
        try {
            check("cublasLtMatmul", (int) matmul.invokeExact(
                    handle,
                    plan.product(),
                    alpha,
                    a,
                    plan.a(),
                    b,
                    plan.b(),
                    beta,
                    c,
                    plan.c(),
                    c,
                    plan.c(),
                    plan.algorithm(),
                    workspace,
                    bytes,
                    stream));
        } catch (BackendException e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("cublasLtMatmul cannot be called", e);
        }
    }

    /**
     * Puts a kernel into a stream.
     *
     * @param x the groups of threads along the first axis, and {@code y} along the second one
     * @param parameters the addresses on the host of the kernel's parameters
     */
    void launchKernel(
            long function, int x, int y, int threads, int sharedBytes, long stream, MemorySegment parameters) {
        try {
            check("cuLaunchKernel", (int) launchKernel.invokeExact(
                    function, x, y, 1, threads, 1, 1, sharedBytes, stream, parameters, MemorySegment.NULL));
        } catch (BackendException e) {
            throw e;
        } catch (Throwable e) {
            throw new InternalException("cuLaunchKernel cannot be called", e);
        }
    }

    private static void check(String name, int status) {
        if (status != 0) {
            throw new BackendException(name + " failed with status " + status + ": "
                    + (OF_KERNELS.contains(name)
                            ? "-Ddetangle.tornado.attention=products computes attention without a kernel in PTX"
                            : "-Ddetangle.tornado.products=java computes products without cuBLASLt"));
        }
    }
}
