package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;
import static detangle.backend.tornado.Launcher.size;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Strides;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Disentangled attention: {@link AttentionProducts} where a library is there, or a product for each term of positions
 * and {@link AttentionKernel}, which looks them up. Attention with dropout keeps its scores in memory, whatever
 * computes its products.
 */
final class AttentionLowering {
    private AttentionLowering() {}

    static Optional<Lowering> of(Node node, AttentionForm form) {
        Dim width = node.type().dim(-1);
        boolean takes = DeviceKernels.isFloat(node) && width.isStatic() && width.size() <= AttentionKernel.MAX_WIDTH;
        return Lowering.when(takes, launcher -> {
            if (form.dropout().isPresent()) {
                new AttentionProducts(launcher, node, form).forward();
            } else if (!AttentionProducts.launch(launcher, node, form)) {
                launch(launcher, node, form);
            }
        });
    }

    private static void launch(Launcher launcher, Node node, AttentionForm form) {
        boolean packed = form.packed();
        boolean c2p = form.c2p();
        boolean p2c = form.p2c();
        Node q = node.input(0);
        Node k = node.input(1);
        int operands = form.firstTable();
        DType dtype = node.type().dtype();
        Object queryScores = launcher.absent(dtype);
        Object keyScores = launcher.absent(dtype);
        if (c2p) {
            queryScores = positionScores(launcher, "c2p", q, node.input(operands));
        }
        if (p2c) {
            keyScores = positionScores(launcher, "p2c", k, node.input(operands + (c2p ? 1 : 0)));
        }
        Object ints = launcher.absent(DType.I32);
        Optional<Node> positions = c2p || p2c ? Optional.of(node.input(operands)) : Optional.empty();
        int width = size(q.type().dim(-1), Map.of());
        launcher.launch(
                TaskClass.of(AttentionKernel.class, dtype),
                List.of(
                        launcher.array(q, dtype),
                        launcher.array(k, dtype),
                        launcher.array(node.input(2), dtype),
                        packed ? launcher.absent(DType.I1) : launcher.array(node.input(3)),
                        packed ? launcher.array(node.input(3)) : ints,
                        packed ? launcher.array(node.input(4)) : ints,
                        packed ? launcher.array(node.input(5)) : ints,
                        packed ? launcher.array(node.input(6)) : ints,
                        queryScores,
                        keyScores,
                        positions.isPresent() ? launcher.array(node.inputs().getLast()) : ints,
                        launcher.array(node),
                        width,
                        (float) form.scale(),
                        packed ? 1 : 0,
                        c2p ? 1 : 0,
                        p2c ? 1 : 0),
                AttentionKernel.THREADS,
                b -> {
                    int batches = packed ? 1 : size(q.type().dim(0), b);
                    int ofSequence = size(q.type().dim(-3), b);
                    int keysOfSequence = size(k.type().dim(-3), b);
                    int heads = size(q.type().dim(-2), b);
                    int[] mask = packed
                            ? new int[4]
                            : Strides.broadcast(
                                    shape(node.input(3), b), new int[] {batches, heads, ofSequence, keysOfSequence});
                    return new Work(
                            new int[] {
                                ofSequence,
                                keysOfSequence,
                                heads,
                                positions.map(p -> size(p.type().dim(1), b)).orElse(0),
                                form.length().map(d -> size(d, b)).orElse(keysOfSequence) - 1,
                                mask[0],
                                mask[1],
                                mask[2],
                                mask[3],
                                batches
                            },
                            Math.ceilDiv(ofSequence, AttentionKernel.TILE),
                            heads,
                            batches);
                });
    }

    /** Returns the number of rows of {@code [..., heads, width]}. */
    static Dim rows(Node x) {
        Dim rows = Dim.of(1);
        for (int axis = 0; axis < x.type().rank() - 2; axis++) {
            rows = rows.times(x.type().dim(axis));
        }
        return rows;
    }

    /** {@code x table^T} by head: {@code [heads, rows, positions]}. */
    private static Object positionScores(Launcher launcher, String name, Node x, Node table) {
        Dim rows = rows(x);
        Dim heads = x.type().dim(-2);
        Dim positions = table.type().dim(1);
        DType dtype = x.type().dtype();
        Object scores = launcher.buffers()
                .scratch(name, dtype, heads.times(rows).times(positions))
                .array();
        ProductLowering.launch(
                launcher,
                dtype,
                launcher.array(x, dtype),
                launcher.buffers().of(table, dtype),
                scores,
                x.type().dim(-1),
                b -> Product.byHead(size(rows, b), size(heads, b), size(x.type().dim(-1), b), size(positions, b)));
        return scores;
    }
}
