package detangle.backend.tornado.cublaslt;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Multiplies matrices on a device, one product at a time, and keeps the algorithm that the library chose for each
 * shape. It is not safe for use by several threads at once.
 */
public final class CublasLtSession implements AutoCloseable {
    /** The number of sizes that describe the operands of a product, see {@link Matmul#of}. */
    public static final int SIZES = 7 + 3 * 3;

    /** The bytes of workspace that the library may use; NVIDIA recommends 32 MiB for Hopper. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    /** The function of a library task that computes one product. */
    public static final String PRODUCT = "product";

    // The places of a task's arguments, in the order in which {@code LibraryProduct} adds them.
    private static final int SIZES_ARRAY = 0;
    private static final int OWN = 1;
    private static final int LEFT = 2;
    private static final int RIGHT = 3;
    private static final int BIAS = 4;
    private static final int RESULT = 5;

    private final CublasLt library;
    private final long context;
    private final long handle;
    private final long workspace;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f);
    private final MemorySegment zero = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0f);
    private final MemorySegment biasPointer = arena.allocate(ValueLayout.JAVA_LONG);
    private final Map<Key, CublasLtPlan> plans = new HashMap<>();

    private record Key(Matmul.Shape shape, ProductOptions options, CublasLtPlan.Alignment alignment) {}

    /**
     * Makes a handle of the library and its workspace.
     *
     * @param library the library
     * @param context the {@code CUcontext} of the device
     * @throws BackendException if the library or the driver refuses
     */
    public CublasLtSession(CublasLt library, long context) {
        this.library = library;
        this.context = context;
        library.setContext(context);
        this.handle = library.create("cublasLtCreate");
        this.workspace = library.create("cuMemAlloc_v2", WORKSPACE_BYTES);
    }

    /** The arguments of a library task at a launch. */
    public interface Arguments {
        /** Returns the array on the host, as it was when the launch's graph was started. */
        Object onHost(int place);

        /** Returns the address of the array's first element on the device. */
        long onDevice(int place);
    }

    /**
     * Puts what a library task computes into a stream. The sizes and their place are read from the arrays on the host,
     * where they were written before they were copied to the device.
     *
     * @param function the name of what the task computes: {@link #PRODUCT}
     * @throws BackendException as {@link #multiply} does
     */
    public void launch(String function, Arguments arguments, ProductOptions options, long stream) {
        if (!function.equals(PRODUCT)) {
            throw new IllegalArgumentException("the library has no function " + function);
        }
        IntArray sizes = (IntArray) arguments.onHost(SIZES_ARRAY);
        int first = ((IntArray) arguments.onHost(OWN)).get(0);
        int[] product = new int[SIZES];
        for (int i = 0; i < product.length; i++) {
            product[i] = sizes.get(first + i);
        }
        multiply(
                stream,
                product,
                options,
                arguments.onDevice(LEFT),
                arguments.onDevice(RIGHT),
                arguments.onDevice(BIAS),
                arguments.onDevice(RESULT));
    }

    /**
     * Puts the product {@code out = a b}, or {@code out = a b + bias}, into a stream. All streams share one workspace,
     * so one stream must be empty before another is used.
     *
     * @param stream a {@code CUstream} of the context
     * @param sizes the shape and the strides of the product, see {@link Matmul#of}
     * @param options the precision, and whether there is a bias
     * @param a the address of the first operand on the device
     * @param b the address of the second operand
     * @param bias the address of a vector with an element for each column of the result; not read if the options say
     *     that there is no bias
     * @param out the address of the result, whose elements lie row by row
     * @throws BackendException if the library has no algorithm for the product, or a call fails
     */
    public void multiply(long stream, int[] sizes, ProductOptions options, long a, long b, long bias, long out) {
        library.setContext(context);
        for (Matmul call : Matmul.of(sizes)) {
            long first = b + Float.BYTES * call.startA();
            long second = a + Float.BYTES * call.startB();
            long result = out + Float.BYTES * call.startC();
            CublasLtPlan.Alignment alignment = CublasLtPlan.Alignment.of(first, second, result);
            CublasLtPlan plan = plans.computeIfAbsent(
                    new Key(call.shape(), options, alignment),
                    key -> CublasLtPlan.make(
                            library,
                            handle,
                            call.shape(),
                            options.precision(),
                            alignment,
                            options.bias() ? bias : 0,
                            WORKSPACE_BYTES,
                            arena));
            if (options.bias()) {
                biasPointer.set(ValueLayout.JAVA_LONG, 0, bias);
                library.setAttribute(plan.product(), CublasLtPlan.BIAS_POINTER, biasPointer);
            }
            library.matmul(handle, plan, one, first, second, zero, result, workspace, WORKSPACE_BYTES, stream);
        }
    }

    /** Frees the handle, the workspace and the algorithms. The streams must be empty. */
    @Override
    public void close() {
        library.setContext(context);
        plans.values().forEach(plan -> plan.free(library));
        library.call("cuMemFree_v2", workspace);
        library.call("cublasLtDestroy", handle);
        arena.close();
    }
}
