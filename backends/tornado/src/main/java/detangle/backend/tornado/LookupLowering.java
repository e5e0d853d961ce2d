package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;
import static detangle.backend.tornado.Launcher.size;

import detangle.backend.tornado.Launch.Work;
import detangle.ir.BinaryFunction;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Strides;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Elements that are chosen by ids. Kernels tell of an id that is outside its table. */
final class LookupLowering {
    private LookupLowering() {}

    static Lowering gather(Node node) {
        return launcher -> gather(launcher, node, node.input(0), node.input(1));
    }

    /** Launches what puts rows of a table into the result, in the order of the ids. */
    static void gather(Launcher launcher, Node node, Node table, Node ids) {
        indexed(launcher, node, table, ids, b -> {
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
    static Lowering gatherLast(Node node) {
        Node data = node.input(0);
        Node index = node.input(1);
        return launcher -> indexed(launcher, node, data, index, b -> {
            int[] shape = shape(node, b);
            int[] from = shape(data, b);
            int[] strides = Strides.of(from);
            strides[strides.length - 1] = 0;
            return new Reading(
                    new ElementAccess(strides, 0),
                    new ElementKernel.Index(ElementAccess.broadcast(shape(index, b), shape), from[from.length - 1], 1));
        });
    }

    /** The way in which an indexed operand is read. */
    private record Reading(ElementAccess access, ElementKernel.Index index) {}

    private static void indexed(
            Launcher launcher, Node node, Node data, Node index, Function<Map<String, Long>, Reading> reading) {
        ElementFunction function =
                ElementFunction.of(MoveLowering.identity(node.type().dtype()));
        launcher.launchChecked(
                node,
                ElementKernel.task(
                        function, node.type().rank(), Optional.of(index.type().dtype())),
                List.of(
                        launcher.array(index),
                        launcher.faults(),
                        launcher.array(data, node.type().dtype()),
                        launcher.array(node)),
                Launch.SEPARATE,
                b -> {
                    Reading r = reading.apply(b);
                    int[] shape = shape(node, b);
                    return Work.elements(ElementKernel.sizes(
                            shape, ElementAccess.all(shape), List.of(r.access), Optional.of(r.index), List.of()));
                });
    }

    static Optional<Lowering> scatterAdd(Node node) {
        return Lowering.when(DeviceKernels.isF32(node), launcher -> {
            Node ids = node.input(1);
            launcher.launchChecked(
                    node,
                    TaskClass.of(ScatterKernel.class),
                    List.of(
                            rows(launcher, ids),
                            launcher.faults(),
                            launcher.array(node.input(0)),
                            launcher.array(node.input(2)),
                            launcher.array(node)),
                    ScatterKernel.THREADS,
                    b -> {
                        int[] shape = shape(node, b);
                        int width = Strides.product(shape, 1, shape.length);
                        int count = size(ids.shape().elements(), b);
                        return new Work(
                                new int[] {shape[0], width, count}, Math.ceilDiv(shape[0], ScatterKernel.ROWS), 1, 1);
                    });
        });
    }

    static Optional<Lowering> scatterAddLast(Node node) {
        boolean takes = DeviceKernels.isF32(node) && node.type().rank() <= 1 + ScatterLastKernel.ROW_AXES;
        return Lowering.when(takes, launcher -> {
            Node ids = node.input(1);
            Node updates = node.input(2);
            launcher.launchChecked(
                    node,
                    TaskClass.of(ScatterLastKernel.class),
                    List.of(
                            rows(launcher, ids),
                            launcher.faults(),
                            launcher.array(node.input(0)),
                            launcher.array(updates),
                            launcher.array(node)),
                    Launch.SEPARATE,
                    b -> {
                        int[] shape = shape(node, b);
                        int[] added = shape(updates, b);
                        int last = shape.length - 1;
                        int[] strides = Strides.broadcast(shape(ids, b), added);
                        int[] sizes = new int[4 + 2 * ScatterLastKernel.ROW_AXES];
                        sizes[0] = Strides.product(shape, 0, last);
                        sizes[1] = shape[last];
                        sizes[2] = added[last];
                        sizes[3] = strides[last];
                        for (int axis = 0; axis < ScatterLastKernel.ROW_AXES; axis++) {
                            int from = last - 1 - axis;
                            sizes[4 + 2 * axis] = from < 0 ? 1 : Math.max(1, shape[from]);
                            sizes[5 + 2 * axis] = from < 0 ? 0 : strides[from];
                        }
                        return Work.elements(sizes);
                    });
        });
    }

    /** Ids as i32: those beyond its range are outside any table, and so are the ends of that range. */
    private static Object rows(Launcher launcher, Node ids) {
        if (ids.type().dtype() == DType.I32) {
            return launcher.array(ids);
        }
        ScalarExpr id = new ScalarExpr.Arg(0, ids.type().dtype());
        ScalarExpr low = new ScalarExpr.Binary(BinaryFunction.MAX, id, new ScalarExpr.Const(-1, id.dtype()));
        ScalarExpr bounded =
                new ScalarExpr.Binary(BinaryFunction.MIN, low, new ScalarExpr.Const(Integer.MAX_VALUE, id.dtype()));
        Region region = new Region(List.of(id.dtype()), new ScalarExpr.Convert(bounded, DType.I32));
        Object rows = launcher.buffers()
                .scratch("ids", DType.I32, ids.shape().elements())
                .array();
        launcher.launch(
                ElementKernel.task(ElementFunction.of(region), ids.type().rank(), Optional.empty()),
                List.of(launcher.array(ids), rows),
                Launch.SEPARATE,
                b -> Work.elements(ElementKernel.sizes(
                        shape(ids, b),
                        ElementAccess.all(shape(ids, b)),
                        List.of(ElementAccess.all(shape(ids, b))),
                        Optional.empty(),
                        List.of())));
        return rows;
    }
}
