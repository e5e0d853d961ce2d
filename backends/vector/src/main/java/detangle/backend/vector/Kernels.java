package detangle.backend.vector;

import detangle.backend.vector.Kernel.Reads;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The table of this backend's kernels: which one computes a node, and how it reads each operand. Selection, packing and
 * binding all read it, so that they cannot disagree. A node without a kernel for its types and shapes runs in the
 * interpreter.
 */
final class Kernels {
    private Kernels() {}

    /** Returns the kernel of a node, if there is one. */
    static Optional<Kernel> of(Node node) {
        return switch (node.op()) {
            case TensorOp op -> of(op, node);
            case KernelOp op -> of(op, node);
        };
    }

    private static Optional<Kernel> of(TensorOp op, Node node) {
        return switch (op) {
            case TensorOp.Input o -> Optional.of(Kernel.of((b, n, out) -> Step.NOTHING));
            case TensorOp.Reshape o -> Optional.of(Kernel.of(StepBuilder::copy));
            case TensorOp.StopGradient o -> Optional.of(Kernel.of(StepBuilder::copy));
            case TensorOp.After o -> Optional.of(Kernel.of(StepBuilder::copy));
            case TensorOp.Transfer o -> Optional.of(Kernel.of(StepBuilder::copy));
            case TensorOp.Transpose o -> Optional.of(Kernel.of((b, n, out) -> b.transpose(o, n, out)));
            case TensorOp.Broadcast o -> Optional.of(Kernel.of(StepBuilder::broadcast));
            case TensorOp.Slice o -> Optional.of(Kernel.of((b, n, out) -> b.slice(o, n, out)));
            case TensorOp.Pad o -> Optional.of(Kernel.of((b, n, out) -> b.pad(o, n, out)));
            case TensorOp.Concat o -> Optional.of(Kernel.of((b, n, out) -> b.concat(o, n, out)));
            case TensorOp.Convert o -> when(isF32(node), Kernel.of(StepBuilder::toFloats));
            case TensorOp.Dot o -> when(isF32(node), dot(o, node));
            case TensorOp.Reduce o ->
                when(
                        switch (node.type().dtype()) {
                            case F32, I32, I64 -> true;
                            case F16, BF16, F64, I8, I1 -> false;
                        },
                        Kernel.of((b, n, out) -> b.reduce(o, n, out)));
            case TensorOp.Gather o ->
                // Rows of stored data are read where they are mapped.
                Optional.of(
                        isNamed(node.input(0)) && node.input(0) != node.input(1)
                                ? Kernel.of(List.of(Reads.STORED, Reads.MEMORY), StepBuilder::gatherStored)
                                : Kernel.of(StepBuilder::gather));
            case TensorOp.GatherLast o -> when(isF32(node), Kernel.of(StepBuilder::gatherLast));
            case TensorOp.ScatterAdd o ->
                when(isF32(node), sums(node, (zeros, b, n, out) -> b.scatterAdd(zeros, n, out)));
            case TensorOp.Unary o -> Optional.empty();
            case TensorOp.Binary o -> Optional.empty();
            case TensorOp.Compare o -> Optional.empty();
            case TensorOp.Select o -> Optional.empty();
            case TensorOp.ScatterAddLast o ->
                when(isF32(node), sums(node, (zeros, b, n, out) -> b.scatterAddLast(zeros, n, out)));
            case TensorOp.Toeplitz o -> when(isWhole(node), Kernel.of((b, n, out) -> b.toeplitz(n, out)));
            case TensorOp.Conv1d o -> Optional.empty();
            case TensorOp.RandomUniform o -> when(isF32(node), Kernel.of((b, n, out) -> b.random(o, n, out)));
            case TensorOp.Param o -> Optional.of(Kernel.of((b, n, out) -> Step.NOTHING));
            case TensorOp.Constant(Literal.Splat(double number), var type) ->
                Optional.of(Kernel.of((b, n, out) -> b.fill(number, out)));
            case TensorOp.Constant o -> Optional.empty();
            case TensorOp.Iota o -> when(isWhole(node), Kernel.of((b, n, out) -> b.iota(o, out)));
        };
    }

    private static Optional<Kernel> of(KernelOp op, Node node) {
        return switch (op) {
            case KernelOp.Elementwise(var region) ->
                RegionCode.of(region).map(code -> new Kernel(List.of(Reads.MEMORY), StepBuilder::elementwise));
            case KernelOp.Linear o -> {
                boolean stored = isNamed(Constants.stored(node.input(1))) || isVariable(node.input(1));
                Reads weight = stored ? Reads.PACKED : Reads.MEMORY;
                yield floats(node, 2, List.of(Reads.MEMORY, weight), (b, n, out) -> b.linear(o, n, out));
            }
            case KernelOp.LayerNorm o ->
                floats(
                        node,
                        o.residual() ? 2 : 1,
                        o.residual() ? List.of(Reads.MEMORY, Reads.MEMORY) : List.of(Reads.MEMORY),
                        (b, n, out) -> b.layerNorm(o, n, out));
            case KernelOp.LayerNormGrad o -> layerNormGrad(o, node);
            case KernelOp.Embedding o -> embedding(o, node);
            case KernelOp.MaskedSoftmax o -> when(isF32(node), Kernel.of(StepBuilder::softmax));
            case KernelOp.SumOfSquares o -> when(isF32(node), Kernel.of(StepBuilder::sumOfSquares));
            case KernelOp.DisentangledAttention o ->
                when(
                        isF32(node) && hasOneMaskForAllHeads(node),
                        attention(node, 4, (b, n, out) -> b.attention(o, n, out)));
            case KernelOp.PackedAttention o ->
                when(isF32(node), attention(node, 7, (b, n, out) -> b.packedAttention(o, n, out)));
            case KernelOp.DisentangledAttentionGrad o ->
                when(
                        isF32(node) && hasOneMaskForAllHeads(node),
                        new Kernel(List.of(Reads.MEMORY), (b, results, outs) -> b.attentionGrad(o, results, outs)));
            case KernelOp.PackedAttentionGrad o ->
                when(
                        isF32(node),
                        new Kernel(List.of(Reads.MEMORY), (b, results, outs) -> b.attentionGrad(o, results, outs)));
        };
    }

    /** A product reads a stored matrix in the form of linear layers, so that the matrix is packed once. */
    private static Kernel dot(TensorOp.Dot op, Node node) {
        boolean stored = !op.transposeRhs()
                && node.input(1).type().rank() == 2
                && isNamed(Constants.stored(Constants.unwidened(node.input(1))));
        return stored
                ? Kernel.of(List.of(Reads.MEMORY, Reads.PACKED), (b, n, out) -> b.dotStored(op, n, out))
                : Kernel.of((b, n, out) -> b.dot(op, n, out));
    }

    private static Optional<Kernel> when(boolean takes, Kernel kernel) {
        return takes ? Optional.of(kernel) : Optional.empty();
    }

    /**
     * Returns a kernel whose operands from {@code vectors} on are vectors, stored or in memory; all in memory are f32,
     * as is the result.
     */
    private static Optional<Kernel> floats(Node node, int vectors, List<Reads> first, Kernel.Binder binder) {
        List<Reads> reads = new ArrayList<>(first);
        for (int i = vectors; i < node.inputs().size(); i++) {
            reads.add(isStored(node.input(i)) ? Reads.STORED : Reads.MEMORY);
        }
        boolean takes = isF32(node);
        for (int i = 0; i < reads.size(); i++) {
            takes &= reads.get(i) != Reads.MEMORY || isF32(node.input(i));
        }
        return when(takes, Kernel.of(reads, binder));
    }

    /** Operands: x, the residual where there is one, gamma, dy. */
    private static Optional<Kernel> layerNormGrad(KernelOp.LayerNormGrad op, Node node) {
        int gamma = node.inputs().size() - 2;
        List<Reads> reads = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            reads.add(i == gamma && isStored(node.input(i)) ? Reads.STORED : Reads.MEMORY);
        }
        boolean takes = isF32(node) && (reads.get(gamma) == Reads.STORED || isF32(node.input(gamma)));
        return when(takes, new Kernel(reads, (b, results, outs) -> b.layerNormGrad(op, results, outs)));
    }

    /** Operands: ids, table, gamma, beta, and the mask of rows where there is one. */
    private static Optional<Kernel> embedding(KernelOp.Embedding op, Node node) {
        List<Reads> reads = new ArrayList<>(List.of(Reads.MEMORY));
        reads.add(isNamed(node.input(1)) ? Reads.STORED : Reads.MEMORY);
        for (int i = 2; i <= 3; i++) {
            reads.add(isStored(node.input(i)) ? Reads.STORED : Reads.MEMORY);
        }
        reads.add(Reads.MEMORY);
        boolean takes = isF32(node);
        for (int i = 2; i <= 3; i++) {
            takes &= reads.get(i) == Reads.STORED || isF32(node.input(i));
        }
        return when(takes, Kernel.of(reads, (b, n, out) -> b.embedding(op, n, out)));
    }

    /** @param tables the first operand behind which tables of positions {@code [A,P,d]} stand */
    private static Kernel attention(Node node, int tables, Kernel.Binder binder) {
        List<Reads> reads = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            Node operand = node.input(i);
            boolean packed = i >= tables
                    && operand.type().rank() == 3
                    && (isStored(operand) || Projection.of(operand).isPresent());
            reads.add(packed ? Reads.PACKED : Reads.MEMORY);
        }
        return Kernel.of(reads, binder);
    }

    private static boolean hasOneMaskForAllHeads(Node attention) {
        Shape shape = attention.input(3).shape();
        return shape.rank() < 3 || shape.dim(-3).isOne();
    }

    /** Binds a kernel that adds to its first operand, or to zeros. */
    @FunctionalInterface
    private interface SumsBinder {
        Step bind(boolean zeros, StepBuilder builder, Node node, FrameValue out);
    }

    private static Kernel sums(Node node, SumsBinder binder) {
        boolean zeros = isZeros(node.input(0));
        return Kernel.of(
                List.of(zeros ? Reads.NOTHING : Reads.MEMORY, Reads.MEMORY),
                (b, n, out) -> binder.bind(zeros, b, n, out));
    }

    private static boolean isZeros(Node node) {
        Node number = node.op() instanceof TensorOp.Broadcast ? node.input(0) : node;
        return number.op() instanceof TensorOp.Constant(Literal.Splat(double value), var type) && value == 0;
    }

    private static boolean isF32(Node node) {
        return node.type().dtype() == DType.F32;
    }

    private static boolean isWhole(Node node) {
        return node.type().dtype() == DType.I32 || node.type().dtype() == DType.I64;
    }

    /** Returns whether a vector or a table is where kernels can read it although it is in no memory of a run. */
    private static boolean isStored(Node node) {
        return isNamed(node) || isVariable(node);
    }

    /** Returns whether a node is a parameter whose memory kernels can read as it is. */
    private static boolean isVariable(Node node) {
        return node.op() instanceof TensorOp.Param && isF32(node);
    }

    private static boolean isNamed(Node node) {
        return node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type);
    }
}
