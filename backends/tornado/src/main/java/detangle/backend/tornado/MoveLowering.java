package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;
import static detangle.backend.tornado.Launcher.size;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.Strides;
import detangle.ir.TensorOp;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.ScalarExpr;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Lowers operations that move elements and compute nothing: {@link ElementKernel} with the expression {@code a0} and
 * other strides. It takes elements of every type that the device has.
 */
final class MoveLowering {
    private MoveLowering() {}

    /** Returns the operand as it is; nothing is launched where the memory plan lets the result share its memory. */
    static Lowering copy(Node node) {
        Node x = node.input(0);
        return launcher -> {
            if (launcher.array(x) != launcher.array(node)) {
                move(launcher, node, x.shape(), b -> ElementAccess.all(shape(x, b)));
            }
        };
    }

    static Lowering broadcast(Node node) {
        Node x = node.input(0);
        return launcher ->
                move(launcher, node, node.shape(), b -> ElementAccess.broadcast(shape(x, b), shape(node, b)));
    }

    static Lowering transpose(TensorOp.Transpose op, Node node) {
        Node x = node.input(0);
        return launcher -> move(launcher, node, node.shape(), b -> {
            int[] strides = Strides.of(shape(x, b));
            return new ElementAccess(
                    op.permutation().stream().mapToInt(axis -> strides[axis]).toArray(), 0);
        });
    }

    static Lowering slice(TensorOp.Slice op, Node node) {
        Node x = node.input(0);
        return launcher -> move(launcher, node, node.shape(), b -> {
            int[] strides = Strides.of(shape(x, b));
            return new ElementAccess(strides, size(op.start(), b) * strides[op.axis()]);
        });
    }

    static Lowering toeplitz(TensorOp.Toeplitz op, Node node) {
        return launcher -> move(
                launcher, node, node.shape(), b -> new ElementAccess(new int[] {1, -1}, size(op.columns(), b) - 1));
    }

    static Lowering concat(TensorOp.Concat op, Node node) {
        return launcher -> {
            Dim at = Dim.of(0);
            for (Node part : node.inputs()) {
                place(launcher, node, part, op.axis(), at);
                at = at.plus(part.type().dim(op.axis()));
            }
        };
    }

    /** Zeros everywhere, and then the operand in its place. */
    static Lowering pad(TensorOp.Pad op, Node node) {
        return launcher -> {
            ElementLowering.launch(
                    launcher,
                    new Region(List.of(), new ScalarExpr.Const(0, node.type().dtype())),
                    node,
                    node.shape(),
                    b -> ElementAccess.all(shape(node, b)),
                    List.of(),
                    List.of());
            place(launcher, node, node.input(0), op.axis(), op.before());
        };
    }

    /** Returns the expression of an element as it is. */
    static Region identity(DType dtype) {
        return new Region(List.of(dtype), new ScalarExpr.Arg(0, dtype));
    }

    /** Copies elements of the operand, one for each place of a shape, to the result in order. */
    private static void move(
            Launcher launcher, Node node, Shape places, Function<Map<String, Long>, ElementAccess> access) {
        ElementLowering.launch(
                launcher,
                identity(node.type().dtype()),
                node,
                places,
                b -> ElementAccess.all(shape(places, b)),
                List.of(node.input(0)),
                List.of(access));
    }

    /** Copies x into a part of the result that begins at a place of an axis. */
    private static void place(Launcher launcher, Node node, Node x, int axis, Dim at) {
        ElementLowering.launch(
                launcher,
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
}
