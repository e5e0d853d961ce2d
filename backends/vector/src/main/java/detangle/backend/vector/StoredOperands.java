package detangle.backend.vector;

import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Which operands kernels read as they are stored or packed, and not from memory of a run. */
final class StoredOperands {
    private StoredOperands() {}

    /** Whether a kernel reads an operand in its stored form, so that it needs no memory of its own. */
    static boolean isRead(Node node, int operand) {
        if (operand == 0 && addsToZeros(node)) {
            return true;
        }
        if (operand == 1 && node.op() instanceof KernelOp.Linear) {
            return isNamed(Constants.stored(node.input(1))) && Constants.isF32(node);
        }
        boolean stored = isNamed(node.input(operand));
        return stored
                && switch (node.op()) {
                    case KernelOp.Linear l -> operand == 2 && Constants.isF32(node);
                    case KernelOp.LayerNorm l -> operand >= node.inputs().size() - 2 && Constants.isF32(node);
                    case KernelOp.Embedding e -> operand >= 1 && operand <= 3;
                    case KernelOp.DisentangledAttention a -> isPositionTable(node, 4, operand);
                    case KernelOp.PackedAttention a -> isPositionTable(node, 7, operand);
                    case TensorOp.Gather g -> operand == 0 && node.input(0) != node.input(1);
                    default -> false;
                };
    }

    private static boolean isPositionTable(Node attention, int first, int operand) {
        return operand >= first
                && Constants.isF32(attention)
                && attention.input(operand).type().rank() == 3;
    }

    /** Whether rows are added to nothing but zeros, which need no memory. */
    static boolean addsToZeros(Node node) {
        return node.op() instanceof TensorOp.ScatterAdd
                && Constants.isF32(node)
                && node.input(0).op() instanceof TensorOp.Broadcast
                && node.input(0).input(0).op() instanceof TensorOp.Constant(Literal.Splat(double value), var type)
                && value == 0;
    }

    /** Packs the weights of a program ahead of its first run, and returns it without the data that is packed now. */
    static Program pack(Program program, Constants constants) {
        Map<String, Tensor> kept = new HashMap<>(program.constants());
        Set<String> needed = new HashSet<>();
        Set<Node> eachRun = program.inputDependent();
        for (Node node : program.nodes()) {
            for (int i = 0; i < node.inputs().size(); i++) {
                boolean packs = eachRun.contains(node) && isRead(node, i) && isPacked(node, i);
                if (packs) {
                    packOne(node, i, constants);
                } else if (node.input(i).op() instanceof TensorOp.Constant(Literal.Named(String name), var type)) {
                    // What no input changes is evaluated by the interpreter, which reads weights as they are.
                    needed.add(name);
                }
            }
        }
        program.outputs().forEach(o -> {
            if (o.node().op() instanceof TensorOp.Constant(Literal.Named(String name), var type)) {
                needed.add(name);
            }
        });
        kept.keySet().retainAll(needed);
        return program.withConstants(kept);
    }

    private static void packOne(Node node, int operand, Constants constants) {
        if (node.op() instanceof KernelOp.Linear) {
            constants.matrix(node.input(operand));
        } else {
            constants.heads(node.input(operand));
        }
    }

    /** Whether a kernel reads a stored operand packed and nothing else reads it there: weights and position tables. */
    private static boolean isPacked(Node node, int operand) {
        return Constants.isF32(node)
                && switch (node.op()) {
                    case KernelOp.Linear linear ->
                        operand == 1 && (!linear.bias() || Constants.isF32(node.input(2)) || isNamed(node.input(2)));
                    case KernelOp.DisentangledAttention a ->
                        isPositionTable(node, 4, operand) && hasNoMaskPerHead(node);
                    case KernelOp.PackedAttention a -> isPositionTable(node, 7, operand);
                    default -> false;
                };
    }

    private static boolean isNamed(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type);
    }

    /** Whether one mask holds for all heads, as the kernel of attention needs it. */
    static boolean hasNoMaskPerHead(Node node) {
        Shape shape = node.input(3).shape();
        return shape.rank() < 3 || shape.dim(-3).isOne();
    }
}
