package detangle.backend.vector;

import detangle.backend.InputException;
import detangle.backend.vector.Operands.Form;
import detangle.backend.vector.amx.MatrixUnits;
import detangle.backend.vector.kernel.Elements;
import detangle.backend.vector.kernel.MatMul;
import detangle.backend.vector.kernel.MatMul.Matrices;
import detangle.backend.vector.kernel.PackedMatrix;
import detangle.backend.vector.kernel.Panels;
import detangle.backend.vector.kernel.RowKernels;
import detangle.backend.vector.kernel.TileMatMul;
import detangle.backend.vector.kernel.VectorLayerNorm;
import detangle.backend.vector.kernel.VectorLayerNormGrad;
import detangle.backend.vector.kernel.VectorReduction;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.LayerNormGrad.Result;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** Binds the kernels that {@link Kernels} chooses to the values of a program, once for all sizes. */
final class StepBuilder {
    private final Selection selection;
    private final SizeTable sizes;
    private final Operands operands;
    private final AttentionBinding attention;
    private final TileResiduals residuals;
    private final ToIntFunction<FrameValue> slot;
    private final List<Step> checks = new ArrayList<>();

    /**
     * @param selection the kernels of the program's nodes
     * @param residuals what linear layers add to their results
     * @param slot the slot of memory that a value stands in, -1 for one that has memory of its own
     */
    StepBuilder(
            Selection selection,
            Map<Node, FrameValue> values,
            Constants constants,
            SizeTable sizes,
            TileResiduals residuals,
            ToIntFunction<FrameValue> slot) {
        this.selection = selection;
        this.sizes = sizes;
        this.operands = new Operands(selection, values, constants);
        this.attention = new AttentionBinding(operands, sizes);
        this.residuals = residuals;
        this.slot = slot;
    }

    /**
     * Returns the step that computes the results of an operation; {@link Step#NOTHING} where there is nothing to do. It
     * is not run where no result has elements.
     *
     * @param results as {@link detangle.ir.Program#operations} gives them
     */
    Step step(List<Node> results, List<FrameValue> outs) {
        Node node = results.getFirst();
        check(node);
        return selection
                .kernel(node)
                .map(kernel -> kernel.binder().bind(this, results, outs))
                .orElseGet(() -> interpreted(results, outs));
    }

    /**
     * Refuses what cannot be, as the interpreter does, even where the result has no elements, or is read from a
     * table that was evaluated for other sizes.
     */
    void check(Node node) {
        switch (node.op()) {
            case TensorOp.Slice slice ->
                checks.add(inside(slice, node.input(0).shape().dim(slice.axis())));
            case TensorOp.Pad pad -> checks.add(notNegative(pad));
            default -> {}
        }
    }

    /**
     * Returns the checks at sizes that a run has not had before, ahead of all steps; each throws an
     * {@link InputException}.
     */
    List<Step> checks() {
        return checks;
    }

    /** Returns how many operands the steps pack at each run. */
    int packedForms() {
        return operands.packedForms();
    }

    /** Returns how many different tables of relative positions the steps read. */
    int relativeTables() {
        return attention.relativeTables();
    }

    private FrameValue in(Node node, int operand) {
        return operands.value(node, operand);
    }

    private Step inside(TensorOp.Slice slice, Dim axis) {
        int start = sizes.slot(slice.start());
        int limit = sizes.slot(slice.limit());
        int size = sizes.slot(axis);
        return f -> {
            long from = f.sizes()[start];
            long to = f.sizes()[limit];
            if (from < 0 || to < from || to > f.sizes()[size]) {
                throw new InputException("slice [" + from + ", " + to + ") does not lie in an axis of "
                        + f.sizes()[size] + " at sizes " + f.bindings());
            }
        };
    }

    private Step notNegative(TensorOp.Pad pad) {
        int before = sizes.slot(pad.before());
        int after = sizes.slot(pad.after());
        return f -> {
            if (f.sizes()[before] < 0 || f.sizes()[after] < 0) {
                throw new InputException("an axis cannot be padded by a negative number at sizes " + f.bindings());
            }
        };
    }

    /**
     * Returns whether a step runs even where its result has no elements: ids may lie outside a table although its rows
     * are empty.
     */
    static boolean readsIds(Node node) {
        return node.op() instanceof TensorOp.Gather
                || node.op() instanceof TensorOp.ScatterAdd
                || node.op() instanceof TensorOp.ScatterAddLast;
    }

    /** Returns the step that copies a value to other memory, where the plan did not let the two share. */
    Step copy(Node node, FrameValue to) {
        FrameValue from = in(node, 0);
        boolean shared = slot.applyAsInt(from) >= 0 && slot.applyAsInt(from) == slot.applyAsInt(to);
        return shared ? Step.NOTHING : Movement.copy(from, to);
    }

    Step transpose(TensorOp.Transpose op, Node node, FrameValue out) {
        return Movement.transpose(in(node, 0), op.permutation(), out);
    }

    Step broadcast(Node node, FrameValue out) {
        return Movement.broadcast(in(node, 0), out);
    }

    Step slice(TensorOp.Slice op, Node node, FrameValue out) {
        return Movement.slice(op.axis(), in(node, 0), sizes.slot(op.start()), out);
    }

    Step pad(TensorOp.Pad op, Node node, FrameValue out) {
        return Movement.pad(op.axis(), in(node, 0), sizes.slot(op.before()), out);
    }

    Step concat(TensorOp.Concat op, Node node, FrameValue out) {
        return Movement.concat(op.axis(), operands.values(node), out);
    }

    Step iota(TensorOp.Iota op, FrameValue out) {
        return Movement.iota(op.axis(), sizes.slot(op.start()), out);
    }

    Step toeplitz(Node node, FrameValue out) {
        return Movement.toeplitz(in(node, 0), out);
    }

    /** Returns the step that fills a value with one number. */
    Step fill(double number, FrameValue out) {
        Object element = Memory.copy(Tensor.ofDoubles(out.dtype(), new double[] {number}, 1));
        return Movement.fill(element, out);
    }

    Step random(TensorOp.RandomUniform op, Node node, FrameValue out) {
        return Movement.random(in(node, 0), op.stream(), out);
    }

    /** Numbers of any type as floats. */
    Step toFloats(Node node, FrameValue out) {
        FrameValue x = in(node, 0);
        return f -> f.shared(x).copyTo(0, f.floats(out), f.offset(out), f.elements(out));
    }

    Step dot(TensorOp.Dot op, Node node, FrameValue out) {
        FrameValue a = in(node, 0);
        FrameValue b = in(node, 1);
        boolean onTiles = operands.trainsOnTiles() && isOfALayersGradient(op, node);
        return f -> {
            Broadcasts.matrices(f, b, out, f.right());
            Matrices right = new Matrices(f.floats(b), f.offset(b), f.right(), op.transposeRhs());
            multiply(f, op, a, right, out, onTiles);
        };
    }

    /**
     * Returns whether a product is of the gradients of a linear layer: that of its input has the weights on the right,
     * and that of the weights is a sum over rows. Other products, such as sums that tokens are drawn by, stay in fp32.
     */
    private static boolean isOfALayersGradient(TensorOp.Dot op, Node node) {
        boolean ofInput = node.input(1).op() instanceof TensorOp.Param;
        boolean ofWeights = op.transposeLhs()
                && node.type().rank() == 2
                && node.input(0).type().rank() == 2;
        return ofInput || ofWeights;
    }

    /**
     * Adds a product with a stored matrix, which the program keeps packed for products with its transpose. In training,
     * the gradient of the input of a layer with frozen weights is such a product.
     */
    Step dotStored(TensorOp.Dot op, Node node, FrameValue out) {
        FrameValue a = in(node, 0);
        Form<Panels> b = operands.matrix(node, 1);
        boolean onTiles = operands.trainsOnTiles() && operands.isWeightOnTiles(node.input(1));
        return f -> multiply(f, op, a, new MatMul.Transpose(b.of(f).kept()), out, onTiles);
    }

    private static void multiply(
            Frame f, TensorOp.Dot op, FrameValue a, MatMul.Right right, FrameValue out, boolean onTiles) {
        Matrices left = left(f, op, a, out);
        int m = f.dim(out, -2);
        int k = f.dim(a, op.transposeLhs() ? -2 : -1);
        int n = f.dim(out, -1);
        int batch = f.elements(out, 0, out.rank() - 2);
        if (onTiles && k > 0) {
            new TileMatMul(MatrixUnits::unit, left, right, m, k, n, f.floats(out), f.offset(out)).run(batch);
        } else {
            new MatMul(left, right, m, k, n, f.floats(out), f.offset(out)).run(batch);
        }
    }

    private static Matrices left(Frame f, TensorOp.Dot op, FrameValue a, FrameValue out) {
        Broadcasts.matrices(f, a, out, f.left());
        return new Matrices(f.floats(a), f.offset(a), f.left(), op.transposeLhs());
    }

    Step reduce(TensorOp.Reduce op, Node node, FrameValue out) {
        return Reduction.of(op.function(), op.axis(), in(node, 0), out);
    }

    Step sumOfSquares(Node node, FrameValue out) {
        FrameValue x = in(node, 0);
        return f -> f.floats(out)[f.offset(out)] =
                (float) VectorReduction.sumOfSquares(f.floats(x), f.offset(x), f.elements(x));
    }

    Step gather(Node node, FrameValue out) {
        return Lookups.gather(in(node, 0), in(node, 1), out);
    }

    Step gatherStored(Node node, FrameValue out) {
        return Lookups.gather(operands.stored(node, 0), in(node, 1), out);
    }

    Step gatherLast(Node node, FrameValue out) {
        return Lookups.gatherLast(in(node, 0), in(node, 1), out);
    }

    /** @param zeros whether rows are added to zeros, which are not read */
    Step scatterAdd(boolean zeros, Node node, FrameValue out) {
        Step begin = zeros ? Movement.zeros(out) : copy(node, out);
        return Lookups.scatterAdd(begin, in(node, 1), in(node, 2), out);
    }

    /** Adds rows at ids within each row of a table, and otherwise does the same as {@link #scatterAdd}. */
    Step scatterAddLast(boolean zeros, Node node, FrameValue out) {
        Step begin = zeros ? Movement.zeros(out) : copy(node, out);
        return Lookups.scatterAddLast(begin, in(node, 1), in(node, 2), out);
    }

    Step elementwise(List<Node> results, List<FrameValue> outs) {
        List<ScalarExpr> bodies = results.stream()
                .map(node -> ((KernelOp.Elementwise) node.op()).region().body())
                .toList();
        Node node = results.getFirst();
        List<DType> arguments = ((KernelOp.Elementwise) node.op()).region().arguments();
        // The program may read only some of the results.
        RegionCode code = RegionCode.of(new Region(arguments, bodies, 0)).orElseThrow();
        FrameValue[] all = operands.values(node).toArray(FrameValue[]::new);
        FrameValue[] into = outs.toArray(FrameValue[]::new);
        return f -> f.elementwise().run(code, f, all, into);
    }

    Step linear(KernelOp.Linear op, Node node, FrameValue out) {
        FrameValue x = in(node, 0);
        Form<Panels> weight = operands.matrix(node, 1);
        int n = out.dims()[out.rank() - 1];
        Form<float[]> bias = op.bias() ? operands.vector(node, 2) : f -> f.zeros(f.size(n) + PackedMatrix.WIDTH);
        Optional<FrameValue> residual = residuals.of(node).map(operands::value);
        boolean stored =
                operands.isConstant(node, 1) && (!op.bias() || operands.isConstant(node, 2)) && residual.isEmpty();
        LinearStep.Product product = new LinearStep.Product(weight, bias, op.activation(), residual, out, stored);
        return new LinearStep(x, slot.applyAsInt(x), List.of(product));
    }

    Step layerNorm(KernelOp.LayerNorm op, Node node, FrameValue out) {
        FrameValue x = in(node, 0);
        boolean adds = op.residual() && residuals.of(node.input(0)).isEmpty();
        FrameValue residual = adds ? in(node, 1) : x;
        int last = node.inputs().size() - 1;
        Form<float[]> gamma = operands.vector(node, last - 1);
        Form<float[]> beta = operands.vector(node, last);
        float epsilon = (float) op.epsilon();
        return f -> {
            VectorLayerNorm kernel = f.layerNorm();
            kernel.operands(f.floats(x), f.offset(x), gamma.of(f), beta.of(f));
            if (adds) {
                kernel.residual(f.floats(residual), f.offset(residual));
            }
            kernel.run(epsilon, f.floats(out), f.offset(out), f.rows(out), f.dim(out, -1));
        };
    }

    Step layerNormGrad(KernelOp.LayerNormGrad op, List<Node> results, List<FrameValue> outs) {
        Node node = results.getFirst();
        FrameValue x = in(node, 0);
        int gamma = node.inputs().size() - 2;
        Optional<FrameValue> residual = op.residual() ? Optional.of(in(node, 1)) : Optional.empty();
        FrameValue dy = in(node, gamma + 1);
        Map<Result, FrameValue> into = new EnumMap<>(Result.class);
        for (int i = 0; i < outs.size(); i++) {
            into.put(((KernelOp.LayerNormGrad) results.get(i).op()).result(), outs.get(i));
        }
        Optional<FrameValue> dx = Optional.ofNullable(into.get(Result.DX));
        Optional<FrameValue> dgamma = Optional.ofNullable(into.get(Result.DGAMMA));
        Optional<FrameValue> dbeta = Optional.ofNullable(into.get(Result.DBETA));
        Form<float[]> scale = operands.vector(node, gamma);
        return f -> new VectorLayerNormGrad(
                        elements(f, x),
                        residual.map(r -> elements(f, r)),
                        elements(f, dy),
                        (float) op.epsilon(),
                        dx.map(d -> elements(f, d)),
                        dgamma.map(d -> elements(f, d)),
                        dbeta.map(d -> elements(f, d)),
                        f.rows(x),
                        f.dim(x, -1))
                .run(scale.of(f));
    }

    private static Elements elements(Frame f, FrameValue value) {
        return new Elements(f.floats(value), f.offset(value));
    }

    Step embedding(KernelOp.Embedding op, Node node, FrameValue out) {
        FrameValue ids = in(node, 0);
        Form<Tensor> table = operands.tensor(node, 1);
        Form<float[]> gamma = operands.vector(node, 2);
        Form<float[]> beta = operands.vector(node, 3);
        FrameValue mask = op.masked() ? in(node, 4) : ids;
        byte[] none = {};
        return f -> RowKernels.embedding(
                f.array(ids),
                f.offset(ids),
                f.elements(ids),
                table.of(f),
                gamma.of(f),
                beta.of(f),
                (float) op.epsilon(),
                op.masked() ? f.bytes(mask) : none,
                op.masked() ? f.offset(mask) : -1,
                f.floats(out),
                f.offset(out));
    }

    Step softmax(Node node, FrameValue out) {
        FrameValue x = in(node, 0);
        FrameValue mask = in(node, 1);
        return f -> {
            int step = Broadcasts.rows(f, mask, out, f.left());
            RowKernels.maskedSoftmax(
                    f.floats(x),
                    f.offset(x),
                    f.bytes(mask),
                    f.offset(mask),
                    f.left(),
                    step,
                    f.rows(out),
                    f.dim(out, -1),
                    f.floats(out),
                    f.offset(out));
        };
    }

    Step attention(KernelOp.DisentangledAttention op, Node node, FrameValue out) {
        return attention.padded(op, node, out);
    }

    Step packedAttention(KernelOp.PackedAttention op, Node node, FrameValue out) {
        return attention.packed(op, node, out);
    }

    Step attentionGrad(KernelOp.DisentangledAttentionGrad op, List<Node> results, List<FrameValue> outs) {
        return attention.padded(op, results, outs);
    }

    Step attentionGrad(KernelOp.PackedAttentionGrad op, List<Node> results, List<FrameValue> outs) {
        return attention.packed(op, results, outs);
    }

    /** Makes a step of an operation that has no kernel: the interpreter computes each result by itself, in f32. */
    private Step interpreted(List<Node> results, List<FrameValue> outs) {
        List<FrameValue> all = operands.values(results.getFirst());
        return f -> {
            List<Tensor> tensors = all.stream().map(f::shared).toList();
            // A result may stand where an operand does.
            List<Tensor> values = results.stream()
                    .map(node -> new Interpreter(Precision.F32).apply(node.op(), tensors, f.bindings()))
                    .toList();
            for (int i = 0; i < outs.size(); i++) {
                f.set(outs.get(i), values.get(i));
            }
        };
    }
}
