package detangle.backend.tornado.cublaslt;

import detangle.backend.BackendException;
import detangle.ir.InternalException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * Launches the kernels of {@link AttentionPtx}, which the driver compiles at their first launch. It is not safe for use
 * by several threads at once.
 */
final class FusedAttention implements AutoCloseable {
    /** {@code CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES} of {@code cuda.h}. */
    private static final int MAX_DYNAMIC_SHARED_BYTES = 8;

    /** The bytes that addresses of rows are multiples of, as so many are copied at the same time. */
    static final int ALIGNMENT = 16;

    private static final int ADDRESSES = 11;
    private static final int NUMBERS = 6;

    /** The addresses of rows: q, k, v, the tables, and the result. */
    private static final int[] ROWS = {0, 1, 2, 3, 4, 10};

    private static final double LOG2_E = 1 / Math.log(2);

    private record Kernel(long module, long function, int sharedBytes) {}

    private final CublasLt library;
    private final Map<AttentionPtx.Form, Kernel> kernels = new HashMap<>();
    private final MemorySegment values;
    private final MemorySegment parameters;

    /** @param arena the memory that parameters lie in; the driver has read them when a launch returns */
    FusedAttention(CublasLt library, Arena arena) {
        this.library = library;
        this.values = arena.allocate(ValueLayout.JAVA_LONG, ADDRESSES + NUMBERS);
        this.parameters = arena.allocate(ValueLayout.ADDRESS, ADDRESSES + NUMBERS);
        for (int i = 0; i < ADDRESSES + NUMBERS; i++) {
            parameters.setAtIndex(ValueLayout.ADDRESS, i, values.asSlice((long) i * Long.BYTES, Long.BYTES));
        }
    }

    /**
     * Puts attention into a stream.
     *
     * @param shape the sizes of the attention
     * @param options its precision, and the factor of its scores
     * @param addresses those on the device of q, k, v, both tables of positions, the segments of queries and of keys,
     *     their positions, the index into the tables, and the result; what there is not is not read
     * @throws BackendException if the driver refuses the kernel
     */
    void launch(long stream, FusedShape shape, ProductOptions options, long[] addresses) {
        if (shape.groups() == 0 || shape.heads() == 0) {
            return;
        }
        for (int i : ROWS) {
            if (addresses[i] % ALIGNMENT != 0) {
                throw new InternalException("rows of attention begin at " + addresses[i]
                        + ", which is not a multiple of " + ALIGNMENT + " bytes");
            }
        }
        Kernel kernel = kernels.computeIfAbsent(shape.form(options.precision()), this::compile);
        for (int i = 0; i < ADDRESSES; i++) {
            values.setAtIndex(ValueLayout.JAVA_LONG, i, addresses[i]);
        }
        number(0, shape.heads());
        number(1, shape.tiles());
        number(2, shape.tableRows());
        number(3, shape.centre());
        number(4, shape.distances() - 1);
        values.set(ValueLayout.JAVA_FLOAT, (long) (ADDRESSES + NUMBERS - 1) * Long.BYTES, (float)
                (options.factor() * LOG2_E));
        library.launchKernel(
                kernel.function,
                shape.groups(),
                shape.heads(),
                AttentionLayout.THREADS,
                kernel.sharedBytes,
                stream,
                parameters);
    }

    private void number(int index, int value) {
        values.set(ValueLayout.JAVA_INT, (long) (ADDRESSES + index) * Long.BYTES, value);
    }

    private Kernel compile(AttentionPtx.Form form) {
        try (Arena arena = Arena.ofConfined()) {
            long module = library.create("cuModuleLoadData", arena.allocateFrom(AttentionPtx.text(form)));
            try {
                long function = library.create("cuModuleGetFunction", module, arena.allocateFrom(AttentionPtx.ENTRY));
                int bytes = form.sharedBytes();
                library.call("cuFuncSetAttribute", function, MAX_DYNAMIC_SHARED_BYTES, bytes);
                return new Kernel(module, function, bytes);
            } catch (BackendException e) {
                library.call("cuModuleUnload", module);
                throw e;
            }
        }
    }

    /** Unloads the kernels. No stream may have one of them, and the context must be current. */
    @Override
    public void close() {
        kernels.values().forEach(kernel -> library.call("cuModuleUnload", kernel.module));
        kernels.clear();
    }
}
