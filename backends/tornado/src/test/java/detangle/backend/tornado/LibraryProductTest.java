package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Plan;
import detangle.backend.ShapeBinding;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.FakeCublasLt;
import detangle.backend.tornado.cublaslt.ProductOptions;
import detangle.compiler.Compiler;
import detangle.compiler.MemoryPlanner;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Strides;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms;
import detangle.testing.RandomPrograms.Sample;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Compares the products that cuBLASLt is asked for with those of the interpreter. A Java class stands in for the
 * library, so the test needs no device.
 */
class LibraryProductTest {
    private static final int PROGRAMS = 200;
    private static final long CONTEXT = 5;
    private static final long STREAM = 9;
    private static final ProductOptions PLAIN = new ProductOptions(ComputePrecision.FP32, false);

    /** The sizes of a product of a 2 x 3 and a 3 x 2 matrix, from {@link Product#work}. */
    private static final int[] SIZES = new Product(2, 2, 3, 3, 1, 1, 2, new int[0], new int[0], new int[0])
            .work()
            .sizes();

    private final FakeCublasLt fake = new FakeCublasLt();
    private final FloatArray left = FloatArray.fromElements(1, 2, 3, 4, 5, 6);
    private final FloatArray right = FloatArray.fromElements(1, 0, 0, 1, 1, 1);
    private final FloatArray out = new FloatArray(4);

    private static long address(Object array) {
        return ((TornadoNativeArray) array).getSegment().address();
    }

    private void multiply(CublasLtSession session, ProductOptions options, int[] sizes) {
        session.multiply(STREAM, sizes, options, address(left), address(right), address(left), address(out));
    }

    @Test
    void productsOfRandomProgramsAreThoseOfTheInterpreter() {
        Map<String, Integer> tried = new TreeMap<>();
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            for (long seed = 0; seed < PROGRAMS; seed++) {
                Sample sample = RandomPrograms.sample(seed);
                Program program = Compiler.compile(sample.program(), Passes.optimisations())
                        .program();
                Map<String, Long> sizes = ShapeBinding.bind(sample.program(), sample.inputs());
                for (Node node : program.nodes()) {
                    boolean isProduct = node.op().mnemonic().equals("linear")
                            || node.op().mnemonic().equals("dot");
                    if (isProduct
                            && program.eachRun().contains(node)
                            && DeviceKernels.of(node).isPresent()
                            && check(session, Alone.of(node, program), sizes, new Random(seed))) {
                        tried.merge(node.op().mnemonic(), 1, Integer::sum);
                    }
                }
            }
        }
        System.out.println("products by the library: " + tried);
        assertTrue(tried.get("dot") > 5 && tried.get("linear") > 5, tried::toString);
        assertEquals(0, fake.open(), "all is freed");
    }

    /** Runs the launches of one product and compares the result. Returns false if a kernel computes the product. */
    private static boolean check(CublasLtSession session, Program program, Map<String, Long> sizes, Random random) {
        Plan plan = new Plan(program, MemoryPlanner.plan(program));
        Buffers buffers = new Buffers(plan, List.of(sizes));
        List<Launch> launches = Launcher.of(
                        plan, buffers, Optional.of(ComputePrecision.FP32), new AttentionMethods(false, true))
                .launches();
        if (launches.stream().noneMatch(launch -> launch.call() instanceof LibraryProduct)) {
            return false;
        }
        buffers.bind(sizes);
        Interpreter interpreter = new Interpreter(Precision.F64);
        Node node = program.outputs().getFirst().node();
        Map<Node, Tensor> operands = new HashMap<>();
        for (Node operand : node.inputs()) {
            operands.computeIfAbsent(operand, o -> {
                if (!(o.op() instanceof TensorOp.Input)) {
                    return interpreter
                            .evaluate(List.of(o), sizes, program.constants())
                            .get(o);
                }
                Tensor value = random(o.shape().evaluate(sizes), random);
                buffers.of(o).copyFrom(value);
                return Tensor.ofDoubles(DType.F64, value.toDoubles(), value.shape());
            });
        }
        for (Launch launch : launches) {
            List<Object> arguments = launch.arguments();
            switch (launch.call()) {
                case LibraryProduct(var options) ->
                    session.multiply(
                            STREAM,
                            launch.work().apply(sizes).sizes(),
                            options,
                            address(arguments.get(0)),
                            address(arguments.get(1)),
                            address(arguments.get(2)),
                            address(arguments.get(3)));
                case LibraryAttention attention -> throw new AssertionError(attention);
                case LibrarySequence sequence -> throw new AssertionError(sequence);
                case KernelTask task -> {
                    assertEquals("activation", task.name());
                    FloatArray values = (FloatArray) arguments.get(0);
                    for (int i = 0; i < launch.work().apply(sizes).sizes()[0]; i++) {
                        values.set(i, DeviceFunctions.activation((int) arguments.get(1), values.get(i)));
                    }
                }
            }
        }
        Map<String, Tensor> exact = Map.of(
                "y",
                interpreter.apply(
                        node.op(), node.inputs().stream().map(operands::get).toList(), sizes));
        Tensor ours = buffers.of(node).toTensor(node.shape().evaluate(sizes));
        double error = Closeness.nmse(exact, Map.of("y", ours));
        assertTrue(error < 1e-10, () -> node + " with " + sizes + " is off by " + error);
        return true;
    }

    private static Tensor random(long[] shape, Random random) {
        float[] values = new float[Math.toIntExact(Tensor.elements(shape))];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, shape);
    }

    /**
     * Multiplies matrices in any layout, with batch axes that can be merged, that cannot, and that an operand lacks.
     */
    @Test
    void anyLayoutIsMultiplied() {
        int[][] batches = {{}, {3}, {2, 3}, {2, 1, 3}, {4, 3, 2}};
        int[][] left = {{}, {3}, {2, 3}, {2, 1, 1}, {1, 3, 2}};
        int[][] right = {{}, {1}, {2, 3}, {1, 1, 3}, {4, 1, 2}};
        Random random = new Random(7);
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            for (int i = 0; i < batches.length; i++) {
                for (int transposed = 0; transposed < 4; transposed++) {
                    for (int size = 1; size < 5; size++) {
                        boolean lhsT = (transposed & 1) > 0;
                        boolean rhsT = (transposed & 2) > 0;
                        int rows = size;
                        int depth = 1 + random.nextInt(3);
                        int columns = 1 + random.nextInt(4);
                        int[] lhs = with(left[i], lhsT ? depth : rows, lhsT ? rows : depth);
                        int[] rhs = with(right[i], rhsT ? columns : depth, rhsT ? depth : columns);
                        check(
                                session,
                                Product.ofMatrices(lhs, lhsT, rhs, rhsT, with(batches[i], rows, columns)),
                                values(lhs, random),
                                values(rhs, random));
                    }
                }
            }
            check(
                    session,
                    Product.byHead(3, 2, 4, 5),
                    values(new int[] {3, 2, 4}, random),
                    values(new int[] {2, 5, 4}, random));
        }
    }

    private static int[] with(int[] batch, int rows, int columns) {
        int[] shape = Arrays.copyOf(batch, batch.length + 2);
        shape[batch.length] = rows;
        shape[batch.length + 1] = columns;
        return shape;
    }

    private static FloatArray values(int[] shape, Random random) {
        FloatArray values = new FloatArray(Strides.product(shape, 0, shape.length));
        for (int i = 0; i < values.getSize(); i++) {
            values.set(i, random.nextInt(9) - 4);
        }
        return values;
    }

    /** Compares a result with the definition in {@link Product}, in numbers that are exact. */
    private static void check(CublasLtSession session, Product product, FloatArray a, FloatArray b) {
        FloatArray out = new FloatArray(product.elements());
        session.multiply(STREAM, product.work().sizes(), PLAIN, address(a), address(b), 0, address(out));
        for (int element = 0; element < out.getSize(); element++) {
            int column = element % product.columns();
            int row = element / product.columns() % product.rows();
            int matrix = element / product.columns() / product.rows();
            int startA = 0;
            int startB = 0;
            for (int axis = product.batch().length - 1; axis >= 0; axis--) {
                startA += matrix % product.batch()[axis] * product.batchA()[axis];
                startB += matrix % product.batch()[axis] * product.batchB()[axis];
                matrix /= product.batch()[axis];
            }
            float sum = 0;
            for (int d = 0; d < product.depth(); d++) {
                sum += a.get(startA + row * product.rowA() + d * product.depthA())
                        * b.get(startB + column * product.columnB() + d * product.depthB());
            }
            assertEquals(sum, out.get(element), product::toString);
        }
    }

    @Test
    void anAlgorithmIsChosenOnceForAShape() {
        assertEquals("13.2.1", fake.library().version());
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            multiply(session, PLAIN, SIZES);
            multiply(session, PLAIN, SIZES);
            assertEquals(List.of("heuristic 68", "matmul, stream 9", "matmul, stream 9"), fake.calls);
            assertEquals(4f + 6f, out.get(2));
            assertEquals(5f + 6f, out.get(3));

            int[] shorter = SIZES.clone();
            shorter[0] = 1;
            multiply(session, new ProductOptions(ComputePrecision.TF32, true), shorter);
            assertEquals(List.of("heuristic 77", "matmul, stream 9"), fake.calls.subList(3, 5));
            // The left operand serves as the bias too.
            assertEquals(1f + 3f + 1f, out.get(0));
        }
    }

    /** A distance between rows that nobody sees, as there is one row, is a shape of its own. */
    @Test
    void algorithmsOfManyShapesAreFreed() {
        int shapes = 4200;
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            int before = fake.open();
            multiply(session, PLAIN, SIZES);
            int ofOne = fake.open() - before;
            for (int i = 1; i <= shapes; i++) {
                int[] sizes = SIZES.clone();
                sizes[0] = 1;
                sizes[3] += i;
                multiply(session, PLAIN, sizes);
            }
            int ofAll = fake.open() - before;
            assertTrue(ofOne > 0 && ofAll < shapes * ofOne, ofAll + " handles are open");
            multiply(session, PLAIN, SIZES);
            assertEquals(4f + 6f, out.get(2));
        }
        assertEquals(0, fake.open(), "all is freed");
    }

    /** Rows of an empty batch are the depth of a weight's gradient. The library refuses such a product. */
    @Test
    void aProductWithoutDepthIsZero() {
        int[] none = SIZES.clone();
        none[2] = 0;
        out.init(7f);
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            multiply(session, PLAIN, none);
        }
        assertEquals(List.of("memset, stream 9"), fake.calls);
        assertEquals(0f, out.get(0));
        assertEquals(0f, out.get(3));
    }

    @Test
    void nothingIsCalledWhereThereIsNothingToDo() {
        int[] none = SIZES.clone();
        none[0] = 0;
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            multiply(session, PLAIN, none);
        }
        assertEquals(List.of(), fake.calls);
    }

    @Test
    void aFailureSaysWhatFailed() {
        try (CublasLtSession session = new CublasLtSession(fake.library(), CONTEXT)) {
            fake.statuses.put("cublasLtMatmul", 15);
            assertTrue(assertThrows(BackendException.class, () -> multiply(session, PLAIN, SIZES))
                    .getMessage()
                    .startsWith("cublasLtMatmul failed with status 15: -Ddetangle.tornado.products=java"));
            fake.hasAlgorithms = false;
            int[] other = SIZES.clone();
            other[0] = 1;
            assertTrue(assertThrows(BackendException.class, () -> multiply(session, PLAIN, other))
                    .getMessage()
                    .matches("cuBLASLt does not multiply Shape.* in fp32: it has no algorithm: .*"));
        }
        assertEquals(0, fake.open(), "what was made before a failure is freed");
    }

    @Test
    void aDeviceThatIsNotOfCudaHasNoLibrary() {
        assertEquals(Optional.empty(), Products.of("opencl:0", ComputePrecision.FP32));
        assertEquals("", Products.description("opencl:0"));
    }
}
