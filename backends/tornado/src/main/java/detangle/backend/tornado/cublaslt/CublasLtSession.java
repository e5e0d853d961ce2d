package detangle.backend.tornado.cublaslt;

import detangle.backend.ComputePrecision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Multiplies matrices and computes attention on a device, one call at a time. It keeps the algorithm that the library
 * chose for each shape, and the kernels of attention. It is not safe for use by several threads at once.
 */
public final class CublasLtSession implements AutoCloseable {
    /** The number of sizes that describe the operands of a product, see {@link Matmul#of}. */
    public static final int SIZES = 7 + 3 * 3;

    /** The bytes of workspace that the library may use; NVIDIA recommends 32 MiB for Hopper. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    /**
     * The shapes whose algorithms are kept. Attention over sequences of many lengths has a shape for each length beside
     * each longest one, which are hundreds of thousands in a server that runs for days.
     */
    private static final int MAX_PLANS = 4096;

    /** The function of a library task that computes one product. */
    public static final String PRODUCT = "product";

    /** The function of a library task that computes several products, one after another. */
    public static final String SEQUENCE = "sequence";

    /** The function of a library task that computes what the softmax of attention reads. */
    public static final String ATTENTION_SCORES = "attentionScores";

    /** The function of a library task that multiplies the weights and the values of attention. */
    public static final String ATTENTION_CONTEXT = "attentionContext";

    /** The function of a library task that multiplies transposed weights and rows of queries. */
    public static final String ATTENTION_TRANSPOSED = "attentionTransposed";

    /** The function of a library task that computes attention in one kernel, over packed sequences. */
    public static final String ATTENTION = "fusedAttention";

    /** The number of addresses that {@link #ATTENTION} takes, behind the two arrays that tell of sizes. */
    private static final int ATTENTION_ARRAYS = 11;

    private final CublasLt library;
    private final long context;
    private final long handle;
    private final long workspace;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment zero = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0f);
    private final MemorySegment biasPointer = arena.allocate(ValueLayout.JAVA_LONG);
    private final Map<Key, CublasLtPlan> plans = new HashMap<>();
    private final Map<Float, MemorySegment> factors = new HashMap<>();
    private final FusedAttention attention;

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
        this.attention = new FusedAttention(library, arena);
    }

    /** The arguments of a library task at a launch. */
    public interface Arguments {
        /** Returns the array on the host, as it was when the launch's graph was started. */
        Object onHost(int place);

        /** Returns the address of the array's first element on the device. */
        long onDevice(int place);

        /** Returns where the sizes of this launch begin among those of all. */
        default int firstSize() {
            return ((IntArray) onHost(1)).get(0);
        }
    }

    /**
     * Puts what a library task computes into a stream. Sizes and segments are read from the arrays on the host, where
     * they were written before they were copied to the device.
     *
     * @param function the name of what the task computes, such as {@link #PRODUCT}
     * @param arguments the sizes of all launches, the array whose first element is where this one's begin, and the
     *     arguments of the function
     * @param tuning the {@link ProductSequence} of a {@link #SEQUENCE}, and the {@link ProductOptions} of others
     * @throws BackendException as {@link #multiply} does
     */
    public void launch(String function, Arguments arguments, Object tuning, long stream) {
        switch (tuning) {
            case ProductSequence sequence ->
                sequence.steps().forEach(step -> launch(step.function(), step.of(arguments), step.options(), stream));
            case ProductOptions options -> launch(function, arguments, options, stream);
            default -> throw new IllegalArgumentException("the library is not told how to compute " + function);
        }
    }

    private void launch(String function, Arguments arguments, ProductOptions options, long stream) {
        switch (function) {
            case PRODUCT ->
                multiply(
                        stream,
                        sizes(arguments, SIZES),
                        options,
                        arguments.onDevice(2),
                        arguments.onDevice(3),
                        arguments.onDevice(4),
                        arguments.onDevice(5));
            case ATTENTION -> attention(stream, arguments, options);
            case ATTENTION_SCORES -> attentionScores(stream, arguments, options);
            case ATTENTION_CONTEXT -> attentionContext(stream, arguments, options, AttentionShape::context);
            case ATTENTION_TRANSPOSED -> attentionContext(stream, arguments, options, AttentionShape::transposed);
            default -> throw new IllegalArgumentException("the library has no function " + function);
        }
    }

    /**
     * Returns whether there is a kernel for {@link #ATTENTION}.
     *
     * @param width the elements of a row of a head
     */
    public static boolean fuses(ComputePrecision precision, int width) {
        // TornadoVM chooses the bytes before an array's elements by options of the JVM.
        return AttentionPtx.covers(precision, width) && TornadoNativeArray.ARRAY_HEADER % FusedAttention.ALIGNMENT == 0;
    }

    /**
     * Returns the texts in PTX of the kernels that a library task launches.
     *
     * @param tuning as {@link #launch} takes it
     * @param sizes those of the task
     */
    public static Stream<String> kernels(String function, Object tuning, int[] sizes) {
        return switch (tuning) {
            case ProductSequence sequence ->
                sequence.steps().stream()
                        .flatMap(step -> kernels(
                                step.function(),
                                step.options(),
                                Arrays.copyOfRange(sizes, step.firstSize(), sizes.length)));
            case ProductOptions options
            when function.equals(ATTENTION) ->
                Stream.of(AttentionPtx.text(FusedShape.of(sizes).form(options.precision())));
            default -> Stream.empty();
        };
    }

    private static int[] sizes(Arguments arguments, int count) {
        IntArray sizes = (IntArray) arguments.onHost(0);
        int first = arguments.firstSize();
        return IntStream.range(first, first + count).map(sizes::get).toArray();
    }

    private void attention(long stream, Arguments arguments, ProductOptions options) {
        FusedShape shape = FusedShape.of(sizes(arguments, FusedShape.SIZES));
        shape.require(segments(arguments, 7), segments(arguments, 8));
        long[] addresses = IntStream.range(2, 2 + ATTENTION_ARRAYS)
                .mapToLong(arguments::onDevice)
                .toArray();
        library.setContext(context);
        attention.launch(stream, shape, options, addresses);
    }

    private void attentionScores(long stream, Arguments arguments, ProductOptions options) {
        AttentionShape shape = AttentionShape.of(sizes(arguments, AttentionShape.SIZES));
        long queries = arguments.onDevice(2);
        long keys = arguments.onDevice(3);
        if (shape.c2p()) {
            List<Matmul> term = shape.positionTerm(shape.queryRows());
            multiply(stream, term, options, queries, arguments.onDevice(4), 0, arguments.onDevice(8));
        }
        if (shape.p2c()) {
            List<Matmul> term = shape.positionTerm(shape.keyRows());
            multiply(stream, term, options, keys, arguments.onDevice(5), 0, arguments.onDevice(9));
        }
        List<Matmul> scores = shape.scores(segments(arguments, 6), segments(arguments, 7));
        multiply(stream, scores, options, queries, keys, 0, arguments.onDevice(10));
    }

    /** The calls of a product of weights and rows, from a shape and the segments of queries and keys. */
    private interface Context {
        List<Matmul> calls(AttentionShape shape, int[] querySegments, int[] keySegments);
    }

    private void attentionContext(long stream, Arguments arguments, ProductOptions options, Context context) {
        AttentionShape shape = AttentionShape.of(sizes(arguments, AttentionShape.SIZES));
        List<Matmul> calls = context.calls(shape, segments(arguments, 4), segments(arguments, 5));
        multiply(stream, calls, options, arguments.onDevice(2), arguments.onDevice(3), 0, arguments.onDevice(6));
    }

    private static int[] segments(Arguments arguments, int place) {
        return ((IntArray) arguments.onHost(place)).toHeapArray();
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
     * @throws IllegalArgumentException if a product with a bias has no depth
     */
    public void multiply(long stream, int[] sizes, ProductOptions options, long a, long b, long bias, long out) {
        if (sizes[2] == 0) {
            noDepth(stream, sizes, options, out);
            return;
        }
        multiply(stream, Matmul.of(sizes), options, a, b, bias, out);
    }

    /** Writes the zeros that a product of matrices without depth is, which the library refuses. */
    private void noDepth(long stream, int[] sizes, ProductOptions options, long out) {
        if (options.bias()) {
            throw new IllegalArgumentException("a product without depth has no bias here");
        }
        long elements = (long) sizes[0] * sizes[1];
        for (int axis = 7; axis < SIZES; axis += 3) {
            elements *= sizes[axis];
        }
        if (elements > 0) {
            library.setContext(context);
            library.call("cuMemsetD8Async", out, (byte) 0, elements * options.elementBytes(), stream);
        }
    }

    private void multiply(
            long stream, List<Matmul> calls, ProductOptions options, long a, long b, long bias, long out) {
        library.setContext(context);
        MemorySegment factor =
                factors.computeIfAbsent(options.factor(), f -> arena.allocateFrom(ValueLayout.JAVA_FLOAT, f));
        for (Matmul call : calls) {
            long first = b + options.elementBytes() * call.startA();
            long second = a + options.elementBytes() * call.startB();
            long result = out + options.elementBytes() * call.startC();
            CublasLtPlan.Alignment alignment = CublasLtPlan.Alignment.of(first, second, result);
            Key key = new Key(call.shape(), options, alignment);
            if (plans.size() >= MAX_PLANS && !plans.containsKey(key)) {
                // The library has read them when a call returns, so that products in the stream do without them.
                freePlans();
            }
            CublasLtPlan plan = plans.computeIfAbsent(
                    key,
                    k -> CublasLtPlan.make(
                            library,
                            handle,
                            call.shape(),
                            options,
                            alignment,
                            options.bias() ? bias : 0,
                            WORKSPACE_BYTES));
            if (options.bias()) {
                biasPointer.set(ValueLayout.JAVA_LONG, 0, bias);
                library.setAttribute(plan.product(), CublasLtPlan.BIAS_POINTER, biasPointer);
            }
            library.matmul(handle, plan, factor, first, second, zero, result, workspace, WORKSPACE_BYTES, stream);
        }
    }

    private void freePlans() {
        plans.values().forEach(plan -> plan.free(library));
        plans.clear();
    }

    /** Frees the handle, the workspace and the algorithms. The streams must be empty. */
    @Override
    public void close() {
        library.setContext(context);
        // A run that failed half-way may have left work in a stream.
        library.call("cuCtxSynchronize");
        freePlans();
        attention.close();
        library.call("cuMemFree_v2", workspace);
        library.call("cublasLtDestroy", handle);
        arena.close();
    }
}
