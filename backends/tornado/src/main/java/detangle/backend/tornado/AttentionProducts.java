package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.size;

import detangle.backend.ComputePrecision;
import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.AttentionShape;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.FusedShape;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Strides;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Disentangled attention as one kernel in PTX, or as steps with all scores in memory: products, and {@link
 * AttentionSoftmaxKernel} between them. The matrix library computes the products if it is there and the host knows the
 * segments of sequences, as it reads them there; otherwise {@link SequenceProductKernel} does.
 */
final class AttentionProducts {
    /** Rows of scores and of position terms begin at multiples of so many elements, where the library reads them. */
    private static final int ALIGNMENT = 8;

    private final Launcher launcher;
    private final Node node;
    private final AttentionForm form;
    private final Node q;
    private final Node k;

    /** The type of all floats in memory. */
    private final DType dtype;

    /** The operands behind those that each form of attention has: the tables of positions, and the index into them. */
    private final List<Node> tables;

    /** How the library multiplies; empty where kernels do. */
    private final Optional<ComputePrecision> library;

    /** @param node attention, or a gradient of it, whose operands begin with those of attention */
    AttentionProducts(Launcher launcher, Node node, AttentionForm form) {
        this.launcher = launcher;
        this.node = node;
        this.form = form;
        this.q = node.input(0);
        this.k = node.input(1);
        this.dtype = node.type().dtype();
        this.tables = node.inputs().subList(form.firstTable(), form.firstTable() + form.tables());
        boolean isKnown = !form.packed()
                || launcher.buffers().isOnHost(node.input(3))
                        && launcher.buffers().isOnHost(node.input(4));
        this.library = q.type().dim(-1).size() > 0 && isKnown
                ? launcher.library().map(precision -> ProductLowering.precision(dtype, precision))
                : Optional.empty();
    }

    /**
     * Launches attention without dropout, if the library can compute it, or its products where scores may be kept and
     * scores and position terms fit arrays.
     *
     * @return whether it has been launched
     */
    static boolean launch(Launcher launcher, Node node, AttentionForm form) {
        AttentionProducts products = new AttentionProducts(launcher, node, form);
        if (products.library.isEmpty()) {
            return false;
        }
        if (launcher.attention().fused() && products.fuses()) {
            products.fused();
            return true;
        }
        boolean takes = launcher.attention().products() && products.fit();
        if (takes) {
            products.forward();
        }
        return takes;
    }

    private boolean fuses() {
        Dim width = q.type().dim(-1);
        return form.packed() && width.isStatic() && CublasLtSession.fuses(library.orElseThrow(), size(width, Map.of()));
    }

    private void fused() {
        Object floats = launcher.absent(dtype);
        Object ints = launcher.absent(DType.I32);
        launcher.launch(
                LibraryAttention.whole(library.orElseThrow(), (float) form.scale()),
                List.of(
                        launcher.array(q, dtype),
                        launcher.array(k, dtype),
                        launcher.array(node.input(2), dtype),
                        form.c2p() ? launcher.array(tables.getFirst(), dtype) : floats,
                        form.p2c() ? launcher.array(keyTable(), dtype) : floats,
                        segments(3),
                        segments(4),
                        segments(5),
                        segments(6),
                        tables.isEmpty() ? ints : launcher.array(tables.getLast()),
                        launcher.array(node)),
                sizes -> new Work(fusedShape(sizes).sizes(), 1, 1, 1));
    }

    private FusedShape fusedShape(Map<String, Long> sizes) {
        return new FusedShape(
                size(sequences(), sizes),
                size(q.type().dim(-2), sizes),
                size(q.type().dim(-1), sizes),
                size(AttentionLowering.rows(q), sizes),
                size(AttentionLowering.rows(k), sizes),
                size(longestQueries(), sizes),
                size(longestKeys(), sizes),
                tables.isEmpty() ? 0 : size(tables.getFirst().type().dim(1), sizes),
                centre(sizes),
                tables.isEmpty() ? 0 : size(tables.getLast().type().dim(0), sizes),
                form.c2p(),
                form.p2c());
    }

    private boolean fit() {
        Buffers buffers = launcher.buffers();
        return buffers.canHold(this::scores)
                && (!form.c2p() || buffers.canHold(sizes -> term(q, sizes)))
                && (!form.p2c() || buffers.canHold(sizes -> term(k, sizes)));
    }

    /** Launches attention, with its dropout. */
    void forward() {
        Object scores = probabilities(launcher.array(node));
        if (form.dropout().isPresent()) {
            launcher.launch(
                    TaskClass.of(AttentionDropoutKernel.class, dtype),
                    List.of(
                            scores,
                            seed(),
                            segments(3),
                            segments(4),
                            (float) form.dropout().rate(),
                            (float) form.dropout().scale(),
                            form.packed() ? 1 : 0),
                    AttentionDropoutKernel.THREADS,
                    this::byQuery);
        }
        context(scores, node.input(2), launcher.array(node));
    }

    /** Returns the seed of dropout, or what stands in its place. */
    Object seed() {
        return form.dropout().isPresent()
                ? launcher.array(node.input(form.firstTable() + form.tables()))
                : launcher.absent(DType.I64);
    }

    /** Returns an operand that only packed attention has, or what stands in its place. */
    Object segments(int operand) {
        return form.packed() ? launcher.array(node.input(operand)) : launcher.absent(DType.I32);
    }

    private long aligned(long elements) {
        return library.isPresent() ? Math.ceilDiv(elements, ALIGNMENT) * ALIGNMENT : elements;
    }

    private Dim sequences() {
        return form.packed() ? node.input(3).type().dim(0).plus(-1) : q.type().dim(0);
    }

    private Dim longestQueries() {
        return form.length().orElse(q.type().dim(-3));
    }

    private Dim longestKeys() {
        return form.length().orElse(k.type().dim(-3));
    }

    private long scores(Map<String, Long> sizes) {
        return sequences().evaluate(sizes)
                * q.type().dim(-2).evaluate(sizes)
                * longestQueries().evaluate(sizes)
                * aligned(longestKeys().evaluate(sizes));
    }

    private long term(Node x, Map<String, Long> sizes) {
        return x.type().dim(-2).evaluate(sizes)
                * AttentionLowering.rows(x).evaluate(sizes)
                * aligned(tables.getFirst().type().dim(1).evaluate(sizes));
    }

    /** Returns room for matrices as {@link AttentionShape} has them. */
    Object matrices(String name) {
        return launcher.buffers()
                .scratch(
                        List.of(name, sequences(), q.type().dim(-2), longestQueries(), longestKeys()),
                        dtype,
                        this::scores)
                .array();
    }

    /**
     * Launches the weights of attention, before dropout.
     *
     * @param out an array {@code [queries, heads, width]}, in which the rows become 0 whose sequence has no keys
     * @return the array of the weights
     */
    Object probabilities(Object out) {
        Object floats = launcher.absent(dtype);
        Object ints = launcher.absent(DType.I32);
        Object scores = matrices("scores");
        Object queryTerm = form.c2p() ? room("c2p", q) : floats;
        Object keyTerm = form.p2c() ? room("p2c", k) : floats;
        // Before scores are scaled they may pass the range of 16 bits. Kernels scale after the product.
        boolean scaledFirst = library.isPresent() && DeviceArray.isNarrow(dtype);
        if (library.isPresent()) {
            launcher.launch(
                    LibraryAttention.scores(
                            library.get(), scaledFirst ? (float) form.scale() : 1f, form.c2p(), form.p2c()),
                    List.of(
                            launcher.array(q, dtype),
                            launcher.array(k, dtype),
                            form.c2p() ? launcher.array(tables.getFirst(), dtype) : floats,
                            form.p2c() ? launcher.array(keyTable(), dtype) : floats,
                            segments(3),
                            segments(4),
                            queryTerm,
                            keyTerm,
                            scores),
                    sizes -> new Work(shape(sizes).sizes(), 1, 1, 1));
        } else {
            if (form.c2p()) {
                term(q, tables.getFirst(), queryTerm);
            }
            if (form.p2c()) {
                term(k, keyTable(), keyTerm);
            }
            product(SequenceProductKernel.SCORES, launcher.array(q, dtype), launcher.array(k, dtype), scores);
        }
        launcher.launch(
                TaskClass.of(AttentionSoftmaxKernel.class, dtype),
                List.of(
                        scores,
                        queryTerm,
                        keyTerm,
                        form.packed() ? launcher.absent(DType.I1) : launcher.array(node.input(3)),
                        segments(3),
                        segments(4),
                        segments(5),
                        segments(6),
                        tables.isEmpty() ? ints : launcher.array(tables.getLast()),
                        out,
                        scaledFirst ? 1f : (float) form.scale(),
                        form.packed() ? 1 : 0,
                        form.c2p() ? 1 : 0,
                        form.p2c() ? 1 : 0),
                AttentionSoftmaxKernel.THREADS,
                this::softmax);
        return scores;
    }

    /** Returns the table that keys are multiplied with. */
    Node keyTable() {
        return tables.get(form.c2p() ? 1 : 0);
    }

    private void term(Node x, Node table, Object out) {
        ProductLowering.launch(
                launcher,
                dtype,
                launcher.array(x, dtype),
                launcher.buffers().of(table, dtype),
                out,
                x.type().dim(-1),
                sizes -> Product.byHead(
                        size(AttentionLowering.rows(x), sizes),
                        size(x.type().dim(-2), sizes),
                        size(x.type().dim(-1), sizes),
                        size(table.type().dim(1), sizes)));
    }

    /** Launches the products {@code a b^T} of rows of queries and rows of keys, of each sequence and head. */
    void ofRows(Object a, Object b, Object scores) {
        if (library.isPresent()) {
            Object floats = launcher.absent(dtype);
            launcher.launch(
                    LibraryAttention.scores(library.get(), 1f, false, false),
                    List.of(a, b, floats, floats, segments(3), segments(4), floats, floats, scores),
                    sizes -> new Work(shape(sizes).withoutTerms().sizes(), 1, 1, 1));
        } else {
            product(SequenceProductKernel.SCORES, a, b, scores);
        }
    }

    /**
     * Launches the products of weights and rows of keys, which are rows of queries. Where the library multiplies, rows
     * of queries that see no key stay as they are.
     */
    void context(Object weights, Node keyRows, Object out) {
        Object rows = launcher.array(keyRows, dtype);
        if (library.isPresent()) {
            launcher.launch(
                    LibraryAttention.context(library.get()),
                    List.of(weights, rows, segments(3), segments(4), out),
                    sizes -> new Work(shape(sizes).sizes(), 1, 1, 1));
        } else {
            product(SequenceProductKernel.CONTEXT, weights, rows, out);
        }
    }

    /**
     * Launches the products of transposed weights and rows of queries, which are rows of keys. Where the library
     * multiplies, rows of keys that no query sees stay as they are.
     */
    void transposed(Object weights, Node queryRows, Object out) {
        Object rows = launcher.array(queryRows, dtype);
        if (library.isPresent()) {
            launcher.launch(
                    LibraryAttention.transposed(library.get()),
                    List.of(weights, rows, segments(3), segments(4), out),
                    sizes -> new Work(shape(sizes).sizes(), 1, 1, 1));
        } else {
            product(SequenceProductKernel.TRANSPOSED, weights, rows, out);
        }
    }

    private void product(int kind, Object a, Object b, Object out) {
        launcher.launch(
                TaskClass.of(SequenceProductKernel.class, dtype),
                List.of(a, b, segments(3), segments(4), out, kind, form.packed() ? 1 : 0),
                SequenceProductKernel.THREADS,
                sizes -> {
                    AttentionShape shape = shape(sizes);
                    int queries = size(longestQueries(), sizes);
                    int keys = size(longestKeys(), sizes);
                    int rows = kind == SequenceProductKernel.TRANSPOSED ? keys : queries;
                    int columns = kind == SequenceProductKernel.SCORES ? keys : shape.width();
                    int tiles = Math.max(1, Math.ceilDiv(rows, SequenceProductKernel.TILE));
                    return new Work(
                            with(shape, tiles),
                            tiles * shape.sequences(),
                            shape.heads(),
                            Math.ceilDiv(columns, SequenceProductKernel.TILE));
                });
    }

    private static int[] with(AttentionShape shape, int... own) {
        int[] all = Arrays.copyOf(shape.sizes(), AttentionShape.SIZES + own.length);
        System.arraycopy(own, 0, all, AttentionShape.SIZES, own.length);
        return all;
    }

    /**
     * Returns the work of a kernel that has a group for each query of a head, and draws the random numbers of dropout.
     */
    Work byQuery(Map<String, Long> sizes) {
        AttentionShape shape = shape(sizes);
        int rows = Math.max(1, shape.longest());
        long stream = form.dropout().stream();
        return new Work(
                with(shape, rows, (int) stream, (int) (stream >>> 32)), rows * shape.sequences(), shape.heads(), 1);
    }

    private Object room(String name, Node x) {
        Dim heads = x.type().dim(-2);
        Dim rows = AttentionLowering.rows(x);
        Dim slots = tables.getFirst().type().dim(1);
        return launcher.buffers()
                .scratch(List.of(name, heads, rows, slots), dtype, sizes -> term(x, sizes))
                .array();
    }

    /** Returns the sizes of attention and where its matrices lie. */
    AttentionShape shape(Map<String, Long> sizes) {
        int tableRows = tables.isEmpty() ? 0 : size(tables.getFirst().type().dim(1), sizes);
        Slots slots = tableRows == 0 ? new Slots(0, 0) : slots(sizes, tableRows);
        return new AttentionShape(
                size(sequences(), sizes),
                form.packed(),
                size(q.type().dim(-2), sizes),
                size(q.type().dim(-1), sizes),
                size(AttentionLowering.rows(q), sizes),
                size(AttentionLowering.rows(k), sizes),
                size(longestQueries(), sizes),
                Math.toIntExact(aligned(longestKeys().evaluate(sizes))),
                slots.first,
                slots.count,
                Math.toIntExact(aligned(slots.count)),
                tableRows,
                form.c2p(),
                form.p2c());
    }

    /** The rows of the tables that are used. */
    private record Slots(int first, int count) {}

    /**
     * Returns the rows that the index names, which are few for short sequences; all of them where kernels multiply, or
     * where the index is not known before a run.
     */
    private Slots slots(Map<String, Long> sizes, int tableRows) {
        Slots all = new Slots(0, tableRows);
        Node index = tables.getLast();
        if (library.isEmpty() || !launcher.buffers().isKnownBefore(index)) {
            return all;
        }
        IntArray values = (IntArray) launcher.array(index);
        int count = Math.toIntExact(Math.max(0, index.shape().elements().evaluate(sizes)));
        IntSummaryStatistics range = IntStream.range(0, count).map(values::get).summaryStatistics();
        boolean isWithin = count > 0 && range.getMin() >= 0 && range.getMax() < tableRows;
        return isWithin ? new Slots(range.getMin(), range.getMax() - range.getMin() + 1) : all;
    }

    /** Returns the place of distance 0 in the index. */
    int centre(Map<String, Long> sizes) {
        return size(longestKeys(), sizes) - 1;
    }

    private Work softmax(Map<String, Long> sizes) {
        AttentionShape shape = shape(sizes);
        int tiles =
                Math.max(1, Math.ceilDiv(Math.min(shape.longest(), shape.queryRows()), AttentionSoftmaxKernel.QUERIES));
        int keys = size(longestKeys(), sizes);
        int[] mask = form.packed()
                ? new int[4]
                : Strides.broadcast(
                        Launcher.shape(node.input(3), sizes),
                        new int[] {shape.sequences(), shape.heads(), shape.longest(), keys});
        int[] all = with(shape, tiles, centre(sizes), mask[0], mask[1], mask[2], mask[3]);
        return new Work(all, tiles * shape.sequences(), shape.heads(), 1);
    }
}
