package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;
import static detangle.backend.tornado.Launcher.size;

import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.AttentionShape;
import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.Node;
import detangle.ir.Strides;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The gradients of disentangled attention. The weights are computed again, as attention does not keep them. With
 * {@code dP} and {@code dS} as {@link KernelOp.DisentangledAttentionGrad} has them, all of whose matrices are in
 * memory, and sums {@code C} of {@code dS} by the row of the table that scores looked up ({@link PositionSumsKernel}):
 *
 * <pre>
 * dP = dout v^T,  dS by {@link AttentionGradKernel},  dv = P^T dout
 * dq = dS k + C pk,    dpk = C^T q      with the sums of a query
 * dk = dS^T q + C pq,  dpq = C^T k      with the sums of a key
 * </pre>
 */
final class AttentionGradLowering {
    private static final DType FLOAT = DType.F32;

    private final Launcher launcher;
    private final Node node;
    private final AttentionForm form;
    private final AttentionProducts products;
    private final Map<AttentionGradient, Node> results = new EnumMap<>(AttentionGradient.class);

    private AttentionGradLowering(Launcher launcher, Node node, AttentionForm form) {
        this.launcher = launcher;
        this.node = node;
        this.form = form;
        this.products = new AttentionProducts(launcher, node, form);
        launcher.results().forEach(result -> results.put(gradient(result), result));
    }

    private static AttentionGradient gradient(Node result) {
        return switch (result.op()) {
            case KernelOp.DisentangledAttentionGrad(var attention, var gradient) -> gradient;
            case KernelOp.PackedAttentionGrad(var attention, var gradient) -> gradient;
            default -> throw new IllegalArgumentException(result + " is not a gradient of attention");
        };
    }

    static Optional<Lowering> of(Node node, AttentionForm form) {
        boolean takes =
                DeviceKernels.isF32(node) && node.input(0).type().dim(-1).isStatic();
        return Lowering.when(takes, launcher -> new AttentionGradLowering(launcher, node, form).launch());
    }

    private void launch() {
        Node q = node.input(0);
        Node k = node.input(1);
        Object dout = launcher.array(node.inputs().getLast());
        Object gradients = products.matrices("gradients of scores");
        Object weights = products.probabilities(
                results.containsKey(AttentionGradient.DQ)
                        ? launcher.array(results.get(AttentionGradient.DQ))
                        : scratch("gradients of queries", q.shape().elements()));
        products.ofRows(dout, launcher.array(node.input(2)), gradients);
        launcher.launch(
                TaskClass.of(AttentionGradKernel.class),
                List.of(
                        weights,
                        gradients,
                        products.seed(),
                        products.segments(3),
                        products.segments(4),
                        (float) form.scale(),
                        (float) form.dropout().rate(),
                        (float) form.dropout().scale(),
                        form.dropout().isPresent() ? 1 : 0,
                        form.packed() ? 1 : 0),
                AttentionGradKernel.THREADS,
                products::byQuery);
        Optional.ofNullable(results.get(AttentionGradient.DV)).ifPresent(dv -> {
            zeros(dv);
            products.transposed(weights, node.inputs().getLast(), launcher.array(dv));
        });
        Optional<Node> dq = Optional.ofNullable(results.get(AttentionGradient.DQ));
        dq.ifPresent(result -> {
            zeros(result);
            products.context(gradients, k, launcher.array(result));
        });
        Optional<Node> dk = Optional.ofNullable(results.get(AttentionGradient.DK));
        dk.ifPresent(result -> {
            zeros(result);
            products.transposed(gradients, q, launcher.array(result));
        });
        if (form.c2p()) {
            positions(gradients, q, node.input(form.firstTable()), dq, AttentionGradient.DPK);
        }
        if (form.p2c()) {
            positions(gradients, k, products.keyTable(), dk, AttentionGradient.DPQ);
        }
    }

    private Object scratch(String name, Dim elements) {
        return launcher.buffers().scratch(name, FLOAT, elements).array();
    }

    /** The library does not write rows of sequences that have no queries, or no keys. */
    private void zeros(Node result) {
        if (launcher.library().isPresent()) {
            ElementLowering.launch(
                    launcher,
                    new Region(List.of(), new ScalarExpr.Const(0, FLOAT)),
                    result,
                    result.shape(),
                    b -> ElementAccess.all(shape(result, b)),
                    List.of(),
                    List.of());
        }
    }

    /**
     * Launches what comes of a term of positions.
     *
     * @param x queries or keys
     * @param table what they were multiplied with
     * @param ofRows the gradient of x, to which the term's is added, if it is wanted
     * @param ofTable the result that is the gradient of the table
     */
    private void positions(Object gradients, Node x, Node table, Optional<Node> ofRows, AttentionGradient ofTable) {
        Optional<Node> wanted = Optional.ofNullable(results.get(ofTable));
        if (ofRows.isEmpty() && wanted.isEmpty()) {
            return;
        }
        boolean byKey = ofTable == AttentionGradient.DPQ;
        Dim rows = AttentionLowering.rows(x);
        Dim heads = x.type().dim(-2);
        Dim width = x.type().dim(-1);
        Dim positions = table.type().dim(1);
        Object sums = scratch("gradients of positions", heads.times(rows).times(positions));
        launcher.launch(
                TaskClass.of(PositionSumsKernel.class),
                List.of(
                        gradients,
                        products.segments(3),
                        products.segments(4),
                        products.segments(5),
                        products.segments(6),
                        launcher.array(node.input(form.firstTable() + form.tables() - 1)),
                        sums,
                        byKey ? 1 : 0,
                        form.packed() ? 1 : 0),
                PositionSumsKernel.THREADS,
                b -> {
                    AttentionShape shape = products.shape(b);
                    int all = size(rows, b);
                    return new Work(
                            new int[] {
                                all,
                                shape.queryRows(),
                                shape.keyRows(),
                                shape.tableRows(),
                                products.centre(b),
                                shape.sequences(),
                                shape.heads(),
                                shape.longest(),
                                shape.stride()
                            },
                            all,
                            shape.heads(),
                            1);
                });
        ofRows.ifPresent(result -> {
            Object term = scratch("gradients by positions", x.shape().elements());
            ProductLowering.launch(
                    launcher,
                    FLOAT,
                    sums,
                    launcher.buffers().of(table, FLOAT),
                    term,
                    positions,
                    b -> Product.ofMatrices(
                            new int[] {size(heads, b), size(rows, b), size(positions, b)},
                            false,
                            shape(table, b),
                            false,
                            new int[] {size(heads, b), size(rows, b), size(width, b)}));
            add(result, term, rows);
        });
        wanted.ifPresent(result -> ProductLowering.launch(
                launcher,
                FLOAT,
                sums,
                launcher.buffers().of(x, FLOAT),
                launcher.array(result),
                rows,
                b -> Product.byRow(size(rows, b), size(heads, b), size(width, b), size(positions, b))));
    }

    /** Adds a term {@code [heads, rows, width]} to rows {@code [..., heads, width]}. */
    private void add(Node result, Object term, Dim rows) {
        Region sum = new Region(
                List.of(FLOAT, FLOAT),
                new ScalarExpr.Binary(BinaryFunction.ADD, new ScalarExpr.Arg(0, FLOAT), new ScalarExpr.Arg(1, FLOAT)));
        ElementLowering.launch(
                launcher,
                ElementFunction.of(sum),
                result.shape(),
                List.of(launcher.array(result)),
                b -> ElementAccess.all(shape(result, b)),
                List.of(launcher.array(result), term),
                List.of(b -> ElementAccess.all(shape(result, b)), b -> {
                    int[] strides = Strides.of(shape(result, b));
                    int last = strides.length - 1;
                    int width = size(result.type().dim(-1), b);
                    for (int axis = 0; axis < last - 1; axis++) {
                        strides[axis] /= size(result.type().dim(-2), b);
                    }
                    strides[last - 1] = size(rows, b) * width;
                    return new ElementAccess(strides, 0);
                }));
    }
}
