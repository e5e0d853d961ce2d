package detangle.backend.tornado;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.Activation;
import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.InternalException;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Strides;
import detangle.ir.TensorOp;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import detangle.ir.text.Printer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Turns operations into launches of kernels. */
final class Lowering {
    private final Buffers buffers;
    private final IntArray faults;
    private final List<Node> checked = new ArrayList<>();
    private final List<Launch> launches = new ArrayList<>();

    /** What is lowered. */
    private String operation = "";

    private Lowering(Buffers buffers, IntArray faults) {
        this.buffers = buffers;
        this.faults = faults;
    }

    /** All launches of a program, in order. */
    static Lowering of(Program program, Buffers buffers) {
        Set<Node> eachRun = program.eachRun();
        List<Node> nodes = program.nodes().stream()
                .filter(n -> eachRun.contains(n) && !(n.op() instanceof TensorOp.Input))
                .toList();
        Lowering lowering = new Lowering(buffers, new IntArray(Math.max(1, nodes.size())));
        nodes.forEach(lowering::add);
        return lowering;
    }

    /** Where kernels tell of wrong ids: an element for each of {@link #checked}, and room for more. */
    IntArray faults() {
        return faults;
    }

    /** The operations that tell of wrong ids. */
    List<Node> checked() {
        return List.copyOf(checked);
    }

    List<Launch> launches() {
        return List.copyOf(launches);
    }

    private static int[] shape(Node node, Map<String, Long> b) {
        return ints(node.shape(), b);
    }

    private static int[] ints(Shape shape, Map<String, Long> b) {
        return Arrays.stream(shape.evaluate(b)).mapToInt(Math::toIntExact).toArray();
    }

    private static int size(Dim dim, Map<String, Long> b) {
        return Math.toIntExact(dim.evaluate(b));
    }

    private Object array(Node node) {
        return buffers.of(node).array();
    }

    private void launch(Task task, List<Object> arguments, int threads, Function<Map<String, Long>, Work> work) {
        launch(task, arguments, 0, threads, work);
    }

    private void launch(
            Task task, List<Object> arguments, int fault, int threads, Function<Map<String, Long>, Work> work) {
        launches.add(new Launch(operation, task, arguments, fault, threads, work));
    }

    /** Adds what computes a node; nothing where it is a view of an operand. */
    private void add(Node node) {
        operation = Printer.mnemonic(node.op());
        switch (node.op()) {
            case TensorOp op -> add(op, node);
            case KernelOp op -> add(op, node);
        }
    }

    private void add(TensorOp op, Node node) {
        Node x = node.inputs().isEmpty() ? node : node.input(0);
        switch (op) {
            case TensorOp.Reshape r -> copyUnlessShared(node);
            case TensorOp.StopGradient s -> copyUnlessShared(node);
            case TensorOp.Unary(var f) -> elementwise(node, new ScalarExpr.Unary(f, argument(node, 0)));
            case TensorOp.Binary(var f) ->
                elementwise(node, new ScalarExpr.Binary(f, argument(node, 0), argument(node, 1)));
            case TensorOp.Compare(var c) ->
                elementwise(node, new ScalarExpr.Compare(c, argument(node, 0), argument(node, 1)));
            case TensorOp.Select() ->
                elementwise(node, new ScalarExpr.Select(argument(node, 0), argument(node, 1), argument(node, 2)));
            case TensorOp.Convert(var to) -> elementwise(node, new ScalarExpr.Convert(argument(node, 0), to));
            case TensorOp.Broadcast s ->
                move(node, x, node.shape(), b -> ElementAccess.broadcast(shape(x, b), shape(node, b)));
            case TensorOp.Transpose(var permutation) ->
                move(node, x, node.shape(), b -> {
                    int[] strides = Strides.of(shape(x, b));
                    return new ElementAccess(
                            permutation.stream().mapToInt(axis -> strides[axis]).toArray(), 0);
                });
            case TensorOp.Slice(var axis, var start, var limit) ->
                move(node, x, node.shape(), b -> {
                    int[] strides = Strides.of(shape(x, b));
                    return new ElementAccess(strides, size(start, b) * strides[axis]);
                });
            case TensorOp.Toeplitz(var rows, var columns) ->
                move(node, x, node.shape(), b -> new ElementAccess(new int[] {1, -1}, size(columns, b) - 1));
            case TensorOp.Concat(var axis) -> {
                Dim at = Dim.of(0);
                for (Node part : node.inputs()) {
                    place(node, part, axis, at);
                    at = at.plus(part.type().dim(axis));
                }
            }
            case TensorOp.Pad(var axis, var before, var after) -> {
                DType dtype = node.type().dtype();
                element(
                        new Region(List.of(), new ScalarExpr.Const(0, dtype)),
                        node,
                        node.shape(),
                        b -> ElementAccess.all(shape(node, b)),
                        List.of(),
                        List.of());
                place(node, x, axis, before);
            }
            case TensorOp.Reduce(var f, var axis) -> reduce(node, f, axis);
            case TensorOp.Dot(var lhsT, var rhsT) -> dot(node, lhsT, rhsT);
            case TensorOp.Gather() -> gather(node, x, node.input(1));
            case TensorOp.GatherLast() -> gatherLast(node);
            case TensorOp.ScatterAdd() -> scatterAdd(node);
            case TensorOp.Conv1d(var groups, var padding) -> convolve(node, groups, padding);
            case TensorOp.Input i -> throw uncovered(node);
            case TensorOp.Param p -> throw uncovered(node);
            case TensorOp.Constant c -> throw uncovered(node);
            case TensorOp.Iota i -> throw uncovered(node);
            case TensorOp.Transfer t -> throw uncovered(node);
            case TensorOp.ScatterAddLast s -> throw uncovered(node);
            case TensorOp.RandomUniform r -> throw uncovered(node);
        }
    }

    private void add(KernelOp op, Node node) {
        switch (op) {
            case KernelOp.Elementwise(Region region) -> elementwise(node, region);
            case KernelOp.Linear(boolean bias, Activation activation) -> linear(node, bias, activation);
            case KernelOp.LayerNorm(double epsilon, boolean residual) -> {
                int last = node.inputs().size();
                layerNorm(
                        node,
                        node.input(0),
                        residual ? Optional.of(node.input(1)) : Optional.empty(),
                        node.inputs().subList(last - 2, last),
                        Optional.empty(),
                        epsilon);
            }
            case KernelOp.LayerNormGrad g -> throw uncovered(node);
            case KernelOp.Embedding(double epsilon, boolean masked) -> {
                gather(node, node.input(1), node.input(0));
                layerNorm(
                        node,
                        node,
                        Optional.empty(),
                        node.inputs().subList(2, 4),
                        masked ? Optional.of(node.input(4)) : Optional.empty(),
                        epsilon);
            }
            case KernelOp.MaskedSoftmax() -> softmax(node);
            case KernelOp.DisentangledAttention(double scale, boolean c2p, boolean p2c) ->
                attention(node, scale, c2p, p2c, Optional.empty());
            case KernelOp.PackedAttention(double scale, boolean c2p, boolean p2c, Dim length) ->
                attention(node, scale, c2p, p2c, Optional.of(length));
        }
    }

    private static InternalException uncovered(Node node) {
        return new InternalException(node + " has no kernel");
    }

    private static ScalarExpr argument(Node node, int operand) {
        return new ScalarExpr.Arg(operand, node.input(operand).type().dtype());
    }

    private void copyUnlessShared(Node node) {
        Node x = node.input(0);
        if (array(x) != array(node)) {
            move(node, x, x.shape(), b -> ElementAccess.all(shape(x, b)));
        }
    }

    private void elementwise(Node node, ScalarExpr body) {
        elementwise(
                node,
                new Region(node.inputs().stream().map(i -> i.type().dtype()).toList(), body));
    }

    private void elementwise(Node node, Region region) {
        List<Function<Map<String, Long>, ElementAccess>> operands = new ArrayList<>();
        for (Node operand : node.inputs()) {
            operands.add(b -> ElementAccess.broadcast(shape(operand, b), shape(node, b)));
        }
        element(region, node, node.shape(), b -> ElementAccess.all(shape(node, b)), node.inputs(), operands);
    }

    private static Region identity(DType dtype) {
        return new Region(List.of(dtype), new ScalarExpr.Arg(0, dtype));
    }

    /** Copies elements of x, one for each place of a shape, to the result in order. */
    private void move(Node node, Node x, Shape shape, Function<Map<String, Long>, ElementAccess> access) {
        element(
                identity(node.type().dtype()),
                node,
                shape,
                b -> ElementAccess.all(ints(shape, b)),
                List.of(x),
                List.of(access));
    }

    /** Copies x into a part of the result that begins at a place of an axis. */
    private void place(Node node, Node x, int axis, Dim at) {
        element(
                identity(node.type().dtype()),
                node,
                x.shape(),
                b -> {
                    int[] strides = Strides.of(shape(node, b));
                    return new ElementAccess(strides, size(at, b) * strides[axis]);
                },
                List.of(x),
                List.of(b -> ElementAccess.all(shape(x, b))));
    }

    /** A thread for each place of a shape. */
    private void element(
            Region region,
            Node node,
            Shape places,
            Function<Map<String, Long>, ElementAccess> result,
            List<Node> operands,
            List<Function<Map<String, Long>, ElementAccess>> accesses) {
        List<Object> arguments =
                new ArrayList<>(operands.stream().map(this::array).toList());
        arguments.add(array(node));
        launch(
                ElementKernel.task(region, places.rank(), Optional.empty()),
                arguments,
                Launch.SEPARATE,
                b -> Work.elements(ElementKernel.sizes(
                        ints(places, b),
                        result.apply(b),
                        accesses.stream().map(a -> a.apply(b)).toList(),
                        Optional.empty())));
    }

    /** Rows of a table, in the result's order. */
    private void gather(Node node, Node table, Node ids) {
        indexed(node, table, ids, b -> {
            int[] shape = shape(node, b);
            int[] rows = shape(table, b);
            int width = Strides.product(rows, 1, rows.length);
            int idRank = ids.type().rank();
            int[] inRow = new int[shape.length];
            int[] inIds = new int[shape.length];
            System.arraycopy(Strides.of(rows), 1, inRow, idRank, rows.length - 1);
            System.arraycopy(Strides.of(shape(ids, b)), 0, inIds, 0, idRank);
            return new Reading(
                    new ElementAccess(inRow, 0), new ElementKernel.Index(new ElementAccess(inIds, 0), rows[0], width));
        });
    }

    /** {@code out[..., t] = data[..., index[..., t]]}. */
    private void gatherLast(Node node) {
        Node data = node.input(0);
        Node index = node.input(1);
        indexed(node, data, index, b -> {
            int[] shape = shape(node, b);
            int[] from = shape(data, b);
            int[] strides = Strides.of(from);
            strides[strides.length - 1] = 0;
            return new Reading(
                    new ElementAccess(strides, 0),
                    new ElementKernel.Index(ElementAccess.broadcast(shape(index, b), shape), from[from.length - 1], 1));
        });
    }

    /** How an indexed operand is read. */
    private record Reading(ElementAccess access, ElementKernel.Index index) {}

    private void indexed(Node node, Node data, Node index, Function<Map<String, Long>, Reading> reading) {
        Region region = identity(node.type().dtype());
        launch(
                ElementKernel.task(
                        region, node.type().rank(), Optional.of(index.type().dtype())),
                List.of(array(index), faults, array(data), array(node)),
                check(node),
                Launch.SEPARATE,
                b -> {
                    Reading r = reading.apply(b);
                    int[] shape = shape(node, b);
                    return Work.elements(ElementKernel.sizes(
                            shape, ElementAccess.all(shape), List.of(r.access), Optional.of(r.index)));
                });
    }

    /** The place in faults of an operation. */
    private int check(Node node) {
        checked.add(node);
        return checked.size() - 1;
    }

    private void scatterAdd(Node node) {
        Node ids = node.input(1);
        DeviceArray rows = buffers.of(ids);
        if (ids.type().dtype() != DType.I32) {
            // Ids beyond the range of i32 are outside any table, and so are the ends of that range.
            ScalarExpr id = new ScalarExpr.Arg(0, ids.type().dtype());
            ScalarExpr low = new ScalarExpr.Binary(BinaryFunction.MAX, id, new ScalarExpr.Const(-1, id.dtype()));
            ScalarExpr bounded =
                    new ScalarExpr.Binary(BinaryFunction.MIN, low, new ScalarExpr.Const(Integer.MAX_VALUE, id.dtype()));
            Region region = new Region(List.of(id.dtype()), new ScalarExpr.Convert(bounded, DType.I32));
            rows = buffers.scratch("ids", DType.I32, ids.shape().elements());
            launch(
                    ElementKernel.task(region, ids.type().rank(), Optional.empty()),
                    List.of(array(ids), rows.array()),
                    Launch.SEPARATE,
                    b -> Work.elements(ElementKernel.sizes(
                            shape(ids, b),
                            ElementAccess.all(shape(ids, b)),
                            List.of(ElementAccess.all(shape(ids, b))),
                            Optional.empty())));
        }
        launch(
                TaskClass.of(ScatterKernel.class),
                List.of(rows.array(), faults, array(node.input(0)), array(node.input(2)), array(node)),
                check(node),
                Launch.SEPARATE,
                b -> {
                    int[] shape = shape(node, b);
                    int width = Strides.product(shape, 1, shape.length);
                    int count = size(ids.shape().elements(), b);
                    return new Work(
                            new int[] {shape[0], width, count, Math.ceilDiv(shape[0], ScatterKernel.BLOCKS)},
                            Math.ceilDiv(width * ScatterKernel.BLOCKS, Launch.SEPARATE),
                            1,
                            1);
                });
    }

    private void reduce(Node node, ReduceFunction function, int axis) {
        Node x = node.input(0);
        launch(ReduceKernel.task(function, x.type().dtype()), List.of(array(x), array(node)), Launch.SEPARATE, b -> {
            int[] shape = shape(x, b);
            int[] result = shape(node, b);
            return Work.elements(
                    Strides.product(result, 0, result.length),
                    shape[axis],
                    Strides.product(shape, axis + 1, shape.length));
        });
    }

    private void convolve(Node node, int groups, int padding) {
        launch(
                TaskClass.of(ConvolutionKernel.class),
                List.of(array(node.input(0)), array(node.input(1)), array(node)),
                Launch.SEPARATE,
                b -> {
                    int[] x = shape(node.input(0), b);
                    int[] weight = shape(node.input(1), b);
                    int[] out = shape(node, b);
                    return Work.elements(
                            Strides.product(out, 0, 3),
                            x[1],
                            x[2],
                            out[1],
                            out[2],
                            weight[2],
                            weight[1],
                            out[2] / groups,
                            padding);
                });
    }

    private void linear(Node node, boolean bias, Activation activation) {
        Node x = node.input(0);
        product(
                array(x),
                buffers.weight(node.input(1)),
                bias ? array(node.input(2)) : absentFloats(),
                array(node),
                bias,
                activation,
                b -> Product.ofRows(shape(x, b), size(node.type().dim(-1), b)));
    }

    private Object absentFloats() {
        return buffers.absent(DType.F32).array();
    }

    private void dot(Node node, boolean lhsT, boolean rhsT) {
        Node lhs = node.input(0);
        Node rhs = node.input(1);
        product(
                array(lhs),
                buffers.of(rhs),
                absentFloats(),
                array(node),
                false,
                Activation.NONE,
                b -> Product.ofMatrices(shape(lhs, b), lhsT, shape(rhs, b), rhsT, shape(node, b)));
    }

    private void product(
            Object a,
            DeviceArray b,
            Object bias,
            Object out,
            boolean biased,
            Activation activation,
            Function<Map<String, Long>, Product> shape) {
        int mantissa = NarrowFloats.mantissa(b.dtype());
        boolean narrow = mantissa > 0;
        launch(
                TaskClass.of(ProductKernel.class),
                List.of(
                        a,
                        narrow ? absentFloats() : b.array(),
                        narrow ? b.array() : buffers.absent(DType.F16).array(),
                        narrow ? buffers.powers(b.dtype()).array() : absentFloats(),
                        bias,
                        out,
                        mantissa,
                        biased ? 1 : 0,
                        activation.ordinal()),
                ProductKernel.THREADS,
                sizes -> shape.apply(sizes).work());
    }

    private void layerNorm(
            Node node, Node x, Optional<Node> residual, List<Node> gammaBeta, Optional<Node> mask, double epsilon) {
        launch(
                TaskClass.of(LayerNormKernel.class),
                List.of(
                        array(x),
                        residual.map(this::array).orElseGet(this::absentFloats),
                        array(gammaBeta.get(0)),
                        array(gammaBeta.get(1)),
                        mask.map(this::array)
                                .orElseGet(() -> buffers.absent(DType.I1).array()),
                        array(node),
                        (float) epsilon,
                        residual.isPresent() ? 1 : 0,
                        mask.isPresent() ? 1 : 0),
                LayerNormKernel.THREADS,
                b -> {
                    int[] shape = shape(node, b);
                    int last = shape.length - 1;
                    return new Work(new int[] {shape[last]}, Strides.product(shape, 0, last), 1, 1);
                });
    }

    private void softmax(Node node) {
        Node mask = node.input(1);
        launch(
                TaskClass.of(SoftmaxKernel.class),
                List.of(array(node.input(0)), array(mask), array(node)),
                SoftmaxKernel.THREADS,
                b -> {
                    int[] shape = shape(node, b);
                    int last = shape.length - 1;
                    int[] strides = Strides.broadcast(shape(mask, b), shape);
                    int[] sizes = new int[2 + 2 * SoftmaxKernel.ROW_AXES];
                    sizes[0] = shape[last];
                    sizes[1] = strides[last];
                    for (int axis = 0; axis < SoftmaxKernel.ROW_AXES; axis++) {
                        int from = last - 1 - axis;
                        sizes[2 + 2 * axis] = from < 0 ? 1 : Math.max(1, shape[from]);
                        sizes[3 + 2 * axis] = from < 0 ? 0 : strides[from];
                    }
                    return new Work(sizes, Strides.product(shape, 0, last), 1, 1);
                });
    }

    /** @param length where sequences are packed */
    private void attention(Node node, double scale, boolean c2p, boolean p2c, Optional<Dim> length) {
        boolean packed = length.isPresent();
        Node q = node.input(0);
        Node k = node.input(1);
        int operands = packed ? 7 : 4;
        Dim queries = rows(q);
        Dim keys = rows(k);
        Object queryScores = absentFloats();
        Object keyScores = absentFloats();
        if (c2p) {
            queryScores = positionScores("c2p", q, node.input(operands), queries);
        }
        if (p2c) {
            keyScores = positionScores("p2c", k, node.input(operands + (c2p ? 1 : 0)), keys);
        }
        Object ints = buffers.absent(DType.I32).array();
        Optional<Node> positions = c2p || p2c ? Optional.of(node.input(operands)) : Optional.empty();
        int width = size(q.type().dim(-1), Map.of());
        launch(
                TaskClass.of(AttentionKernel.class),
                List.of(
                        array(q),
                        array(k),
                        array(node.input(2)),
                        packed ? buffers.absent(DType.I1).array() : array(node.input(3)),
                        packed ? array(node.input(3)) : ints,
                        packed ? array(node.input(4)) : ints,
                        packed ? array(node.input(5)) : ints,
                        packed ? array(node.input(6)) : ints,
                        queryScores,
                        keyScores,
                        positions.isPresent() ? array(node.inputs().getLast()) : ints,
                        array(node),
                        width,
                        (float) scale,
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
                                length.map(d -> size(d, b)).orElse(keysOfSequence) - 1,
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

    /** Rows of {@code [..., heads, width]}. */
    private static Dim rows(Node x) {
        Dim rows = Dim.of(1);
        for (int axis = 0; axis < x.type().rank() - 2; axis++) {
            rows = rows.times(x.type().dim(axis));
        }
        return rows;
    }

    /** {@code x table^T} by head: {@code [heads, rows, positions]}. */
    private Object positionScores(String name, Node x, Node table, Dim rows) {
        Dim heads = x.type().dim(-2);
        Dim positions = table.type().dim(1);
        Object scores = buffers.scratch(name, DType.F32, heads.times(rows).times(positions))
                .array();
        product(
                array(x),
                buffers.of(table),
                absentFloats(),
                scores,
                false,
                Activation.NONE,
                b -> Product.byHead(size(rows, b), size(heads, b), size(x.type().dim(-1), b), size(positions, b)));
        return scores;
    }
}
