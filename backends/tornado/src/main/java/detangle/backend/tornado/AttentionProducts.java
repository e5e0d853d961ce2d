package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.size;

import detangle.backend.ComputePrecision;
import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.AttentionShape;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Strides;
import java.util.Arrays;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Disentangled attention as products of the matrix library, with all scores in memory and
 * {@link AttentionSoftmaxKernel} between the products.
 */
final class AttentionProducts {
    /** Rows of scores and of position terms begin at multiples of so many elements. */
    private static final int ALIGNMENT = 8;

    private final Launcher launcher;
    private final Node node;
    private final double scale;
    private final boolean c2p;
    private final boolean p2c;
    private final Optional<Dim> length;
    private final Node q;
    private final Node k;

    /** The type of all floats in memory. */
    private final DType dtype;

    /** The operands behind those that each form of attention has: the tables of positions, and the index into them. */
    private final List<Node> tables;

    private AttentionProducts(
            Launcher launcher, Node node, double scale, boolean c2p, boolean p2c, Optional<Dim> length) {
        this.launcher = launcher;
        this.node = node;
        this.scale = scale;
        this.c2p = c2p;
        this.p2c = p2c;
        this.length = length;
        this.q = node.input(0);
        this.k = node.input(1);
        this.dtype = node.type().dtype();
        this.tables =
                node.inputs().subList(length.isPresent() ? 7 : 4, node.inputs().size());
    }

    /**
     * Launches attention if the library can compute its products: the host must know the segments of sequences, and the
     * scores must fit an array.
     *
     * @param length where sequences are packed
     * @return whether it has been launched
     */
    static boolean launch(Launcher launcher, Node node, double scale, boolean c2p, boolean p2c, Optional<Dim> length) {
        if (launcher.library().isEmpty() || !launcher.keepsScores()) {
            return false;
        }
        AttentionProducts products = new AttentionProducts(launcher, node, scale, c2p, p2c, length);
        boolean takes = node.type().dim(-1).size() > 0
                && (length.isEmpty()
                        || launcher.buffers().isOnHost(node.input(3))
                                && launcher.buffers().isOnHost(node.input(4)))
                && launcher.buffers().canHold(products::scores);
        if (takes) {
            products.launch(ProductLowering.precision(
                    node.type().dtype(), launcher.library().get()));
        }
        return takes;
    }

    private static long aligned(long elements) {
        return Math.ceilDiv(elements, ALIGNMENT) * ALIGNMENT;
    }

    private Dim sequences() {
        return length.isPresent()
                ? node.input(3).type().dim(0).plus(-1)
                : q.type().dim(0);
    }

    private Dim longestQueries() {
        return length.orElse(q.type().dim(-3));
    }

    private Dim longestKeys() {
        return length.orElse(k.type().dim(-3));
    }

    private long scores(Map<String, Long> sizes) {
        return sequences().evaluate(sizes)
                * q.type().dim(-2).evaluate(sizes)
                * longestQueries().evaluate(sizes)
                * aligned(longestKeys().evaluate(sizes));
    }

    private void launch(ComputePrecision precision) {
        boolean packed = length.isPresent();
        Buffers buffers = launcher.buffers();
        Object floats = launcher.absent(dtype);
        Object ints = launcher.absent(DType.I32);
        Dim heads = q.type().dim(-2);
        Object scores = buffers.scratch(
                        List.of("scores", sequences(), heads, longestQueries(), longestKeys()), dtype, this::scores)
                .array();
        Object queryTerm = c2p ? term("c2p", q) : floats;
        Object keyTerm = p2c ? term("p2c", k) : floats;
        Object querySegments = packed ? launcher.array(node.input(3)) : ints;
        Object keySegments = packed ? launcher.array(node.input(4)) : ints;
        // Before scores are scaled they may pass the range of 16 bits.
        float inProducts = DeviceArray.isNarrow(dtype) ? (float) scale : 1f;
        float inSoftmax = DeviceArray.isNarrow(dtype) ? 1f : (float) scale;
        launcher.launch(
                LibraryAttention.scores(precision, inProducts, c2p, p2c),
                List.of(
                        launcher.array(q, dtype),
                        launcher.array(k, dtype),
                        c2p ? launcher.array(tables.getFirst(), dtype) : floats,
                        p2c ? launcher.array(tables.get(c2p ? 1 : 0), dtype) : floats,
                        querySegments,
                        keySegments,
                        queryTerm,
                        keyTerm,
                        scores),
                sizes -> new Work(shape(sizes).sizes(), 1, 1, 1));
        launcher.launch(
                TaskClass.of(AttentionSoftmaxKernel.class, dtype),
                List.of(
                        scores,
                        queryTerm,
                        keyTerm,
                        packed ? launcher.absent(DType.I1) : launcher.array(node.input(3)),
                        querySegments,
                        keySegments,
                        packed ? launcher.array(node.input(5)) : ints,
                        packed ? launcher.array(node.input(6)) : ints,
                        tables.isEmpty() ? ints : launcher.array(tables.getLast()),
                        launcher.array(node),
                        inSoftmax,
                        packed ? 1 : 0,
                        c2p ? 1 : 0,
                        p2c ? 1 : 0),
                AttentionSoftmaxKernel.THREADS,
                this::softmax);
        launcher.launch(
                LibraryAttention.context(precision),
                List.of(scores, launcher.array(node.input(2), dtype), querySegments, keySegments, launcher.array(node)),
                sizes -> new Work(shape(sizes).sizes(), 1, 1, 1));
    }

    private Object term(String name, Node x) {
        Dim heads = x.type().dim(-2);
        Dim rows = AttentionLowering.rows(x);
        Dim slots = tables.getFirst().type().dim(1);
        ToLongFunction<Map<String, Long>> elements =
                sizes -> heads.evaluate(sizes) * rows.evaluate(sizes) * aligned(slots.evaluate(sizes));
        return launcher.buffers()
                .scratch(List.of(name, heads, rows, slots), dtype, elements)
                .array();
    }

    private AttentionShape shape(Map<String, Long> sizes) {
        int tableRows = tables.isEmpty() ? 0 : size(tables.getFirst().type().dim(1), sizes);
        Slots slots = tableRows == 0 ? new Slots(0, 0) : slots(sizes, tableRows);
        return new AttentionShape(
                size(sequences(), sizes),
                length.isPresent(),
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
                c2p,
                p2c);
    }

    /** The rows of the tables that are used. */
    private record Slots(int first, int count) {}

    /**
     * Returns the rows that the index names, which are few for short sequences; all of them where the index is not
     * known before a run.
     */
    private Slots slots(Map<String, Long> sizes, int tableRows) {
        Slots all = new Slots(0, tableRows);
        Node index = tables.getLast();
        if (!launcher.buffers().isKnownBefore(index)) {
            return all;
        }
        IntArray values = (IntArray) launcher.array(index);
        int count = Math.toIntExact(Math.max(0, index.shape().elements().evaluate(sizes)));
        IntSummaryStatistics range = IntStream.range(0, count).map(values::get).summaryStatistics();
        boolean isWithin = count > 0 && range.getMin() >= 0 && range.getMax() < tableRows;
        return isWithin ? new Slots(range.getMin(), range.getMax() - range.getMin() + 1) : all;
    }

    private Work softmax(Map<String, Long> sizes) {
        AttentionShape shape = shape(sizes);
        int tiles =
                Math.max(1, Math.ceilDiv(Math.min(shape.longest(), shape.queryRows()), AttentionSoftmaxKernel.QUERIES));
        int keys = size(longestKeys(), sizes);
        int[] mask = length.isPresent()
                ? new int[4]
                : Strides.broadcast(
                        Launcher.shape(node.input(3), sizes),
                        new int[] {shape.sequences(), shape.heads(), shape.longest(), keys});
        int[] own = {tiles, keys - 1, mask[0], mask[1], mask[2], mask[3]};
        int[] all = Arrays.copyOf(shape.sizes(), AttentionShape.SIZES + own.length);
        System.arraycopy(own, 0, all, AttentionShape.SIZES, own.length);
        return new Work(all, tiles * shape.sequences(), shape.heads(), 1);
    }
}
