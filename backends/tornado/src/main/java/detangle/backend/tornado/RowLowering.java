package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;
import static detangle.backend.tornado.Launcher.size;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.KernelOp.LayerNormGrad.Result;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Strides;
import detangle.ir.TensorOp;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lowers operations that fold an axis or normalise along one. */
final class RowLowering {
    private RowLowering() {}

    static Optional<Lowering> reduce(TensorOp.Reduce op, Node node) {
        Node x = node.input(0);
        return Lowering.when(
                ReduceKernel.covers(x.type().dtype()),
                launcher -> launcher.launch(
                        ReduceKernel.task(op.function(), x.type().dtype()),
                        List.of(launcher.array(x), launcher.array(node)),
                        Launch.SEPARATE,
                        b -> {
                            int[] shape = shape(x, b);
                            int[] result = shape(node, b);
                            return Work.elements(
                                    Strides.product(result, 0, result.length),
                                    shape[op.axis()],
                                    Strides.product(shape, op.axis() + 1, shape.length));
                        }));
    }

    static Optional<Lowering> layerNorm(KernelOp.LayerNorm op, Node node) {
        return Lowering.when(DeviceKernels.isFloat(node), launcher -> {
            int last = node.inputs().size();
            layerNorm(
                    launcher,
                    node,
                    node.input(0),
                    op.residual() ? Optional.of(node.input(1)) : Optional.empty(),
                    node.inputs().subList(last - 2, last),
                    Optional.empty(),
                    op.epsilon());
        });
    }

    /** Gathers rows into the result, and normalises them there. */
    static Optional<Lowering> embedding(KernelOp.Embedding op, Node node) {
        return Lowering.when(DeviceKernels.isF32(node), launcher -> {
            LookupLowering.gather(launcher, node, node.input(1), node.input(0));
            layerNorm(
                    launcher,
                    node,
                    node,
                    Optional.empty(),
                    node.inputs().subList(2, 4),
                    op.masked() ? Optional.of(node.input(4)) : Optional.empty(),
                    op.epsilon());
        });
    }

    private static void layerNorm(
            Launcher launcher,
            Node node,
            Node x,
            Optional<Node> residual,
            List<Node> gammaBeta,
            Optional<Node> mask,
            double epsilon) {
        DType dtype = node.type().dtype();
        launcher.launch(
                TaskClass.of(LayerNormKernel.class, dtype),
                List.of(
                        launcher.array(x, dtype),
                        residual.map(r -> launcher.array(r, dtype)).orElseGet(() -> launcher.absent(dtype)),
                        launcher.array(gammaBeta.get(0), dtype),
                        launcher.array(gammaBeta.get(1), dtype),
                        mask.map(launcher::array).orElseGet(() -> launcher.absent(DType.I1)),
                        launcher.array(node),
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

    /** Returns the moments of rows and dx, then sums of dgamma and dbeta by blocks of rows, then the sums of those. */
    static Optional<Lowering> layerNormGrad(KernelOp.LayerNormGrad op, Node node) {
        return Lowering.when(DeviceKernels.isF32(node), launcher -> {
            Map<Result, Node> results = new EnumMap<>(Result.class);
            launcher.results().forEach(r -> results.put(((KernelOp.LayerNormGrad) r.op()).result(), r));
            Node x = node.input(0);
            Object residual = op.residual() ? launcher.array(node.input(1)) : launcher.absent(DType.F32);
            Object dy = launcher.array(node.inputs().getLast());
            Dim width = x.type().dim(-1);
            Dim rows = x.shape().sub(0, x.type().rank() - 1).elements();
            Object moments = scratch(launcher, "moments of rows", rows.times(2));
            launcher.launch(
                    TaskClass.of(LayerNormGradKernel.class),
                    List.of(
                            launcher.array(x),
                            residual,
                            launcher.array(node.input(node.inputs().size() - 2)),
                            dy,
                            moments,
                            results.containsKey(Result.DX)
                                    ? launcher.array(results.get(Result.DX))
                                    : launcher.absent(DType.F32),
                            (float) op.epsilon(),
                            op.residual() ? 1 : 0,
                            results.containsKey(Result.DX) ? 1 : 0),
                    LayerNormGradKernel.THREADS,
                    b -> new Work(new int[] {size(width, b)}, size(rows, b), 1, 1));
            if (results.containsKey(Result.DGAMMA) || results.containsKey(Result.DBETA)) {
                Object ofGamma = scratch(launcher, "sums of dgamma", width.times(RowSumsKernel.BLOCKS));
                Object ofBeta = scratch(launcher, "sums of dbeta", width.times(RowSumsKernel.BLOCKS));
                launcher.launch(
                        TaskClass.of(RowSumsKernel.class),
                        List.of(launcher.array(x), residual, dy, moments, ofGamma, ofBeta, op.residual() ? 1 : 0),
                        Launch.SEPARATE,
                        b -> Work.elements(
                                RowSumsKernel.BLOCKS * size(width, b),
                                size(width, b),
                                size(rows, b),
                                Math.ceilDiv(size(rows, b), RowSumsKernel.BLOCKS)));
                sumOfBlocks(launcher, ofGamma, Optional.ofNullable(results.get(Result.DGAMMA)));
                sumOfBlocks(launcher, ofBeta, Optional.ofNullable(results.get(Result.DBETA)));
            }
        });
    }

    private static Object scratch(Launcher launcher, String name, Dim elements) {
        return launcher.buffers().scratch(name, DType.F32, elements).array();
    }

    private static void sumOfBlocks(Launcher launcher, Object blocks, Optional<Node> sum) {
        sum.ifPresent(node -> launcher.launch(
                ReduceKernel.task(ReduceFunction.SUM, DType.F32),
                List.of(blocks, launcher.array(node)),
                Launch.SEPARATE,
                b -> Work.elements(shape(node, b)[0], RowSumsKernel.BLOCKS, shape(node, b)[0])));
    }

    static Optional<Lowering> sumOfSquares(Node node) {
        return Lowering.when(DeviceKernels.isF32(node), launcher -> {
            Dim elements = node.input(0).shape().elements();
            if (elements.isStatic() && elements.size() <= SumOfSquaresKernel.MAX_OF_ONE_GROUP) {
                sumOfSquares(launcher, node, launcher.array(node), 1);
                return;
            }
            Object sums = scratch(launcher, "sums of squares", Dim.of(SumOfSquaresKernel.GROUPS));
            sumOfSquares(launcher, node, sums, SumOfSquaresKernel.GROUPS);
            launcher.launch(
                    ReduceKernel.task(ReduceFunction.SUM, DType.F32),
                    List.of(sums, launcher.array(node)),
                    Launch.SEPARATE,
                    b -> Work.elements(1, SumOfSquaresKernel.GROUPS, 1));
        });
    }

    private static void sumOfSquares(Launcher launcher, Node node, Object sums, int groups) {
        Node x = node.input(0);
        launcher.launch(
                TaskClass.of(SumOfSquaresKernel.class),
                List.of(launcher.array(x), sums),
                SumOfSquaresKernel.THREADS,
                b -> new Work(new int[] {size(x.shape().elements(), b), groups}, groups, 1, 1));
    }

    static Optional<Lowering> softmax(Node node) {
        boolean takes = DeviceKernels.isFloat(node) && node.type().rank() <= 1 + SoftmaxKernel.ROW_AXES;
        return Lowering.when(takes, launcher -> {
            Node mask = node.input(1);
            launcher.launch(
                    TaskClass.of(SoftmaxKernel.class, node.type().dtype()),
                    List.of(
                            launcher.array(node.input(0), node.type().dtype()),
                            launcher.array(mask),
                            launcher.array(node)),
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
        });
    }
}
