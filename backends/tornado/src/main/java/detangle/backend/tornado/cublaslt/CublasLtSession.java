package detangle.backend.tornado.cublaslt;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** Products on a device, one after the other. What the library chose for a shape is kept. */
public final class CublasLtSession implements AutoCloseable {
    /** Numbers that say where the operands of a product lie, see {@link Matmul#of}. */
    public static final int SIZES = 7 + 3 * 3;

    /** How much the library may use besides; NVIDIA recommends as much for Hopper. */
    private static final long WORKSPACE_BYTES = 32L << 20;

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

    /** @param context a {@code CUcontext} */
    public CublasLtSession(CublasLt library, long context) {
        this.library = library;
        this.context = context;
        library.setContext(context);
        this.handle = library.create("cublasLtCreate");
        this.workspace = library.create("cuMemAlloc_v2", WORKSPACE_BYTES);
    }

    /**
     * Puts a product into a stream. All streams share what the library works with, so one has to be empty before another is used.
     *
     * @param stream a {@code CUstream} of the context
     * @param sizes see {@link Matmul#of}
     * @param a where the first operand is on the device
     * @param bias of no meaning without one
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

    /** Frees what the library holds. All streams are empty then. */
    @Override
    public void close() {
        library.setContext(context);
        plans.values().forEach(plan -> plan.free(library));
        library.call("cuMemFree_v2", workspace);
        library.call("cublasLtDestroy", handle);
        arena.close();
    }
}
