package detangle.ir;

import java.util.List;

/**
 * The tensor level: differentiable primitives, enough to write DeBERTa, its losses and its gradients. The formula and
 * the constraints of each are in docs/IR.md. Elementwise operands broadcast as in NumPy.
 */
public sealed interface TensorOp extends Op {
    /** A value given at each run. */
    record Input(String name, TensorType type) implements TensorOp {}

    /** A model parameter that is not bound yet: a constant in inference, a variable in training. */
    record Param(String name, TensorType type) implements TensorOp {}

    record Constant(Literal value, TensorType type) implements TensorOp {}

    /** {@code start + i} along an axis; {@code start} may depend on symbols. Integer types only. */
    record Iota(TensorType type, int axis, Dim start) implements TensorOp {}

    record Unary(UnaryFunction function) implements TensorOp {}

    record Binary(BinaryFunction function) implements TensorOp {}

    record Compare(Comparison comparison) implements TensorOp {}

    /** {@code condition ? a : b} of operands condition (i1), a, b. */
    record Select() implements TensorOp {}

    /** Floats to integers truncate toward zero and saturate; anything to i1 is {@code x != 0}. */
    record Convert(DType to) implements TensorOp {}

    /** Folds one axis, which stays with extent 1. */
    record Reduce(ReduceFunction function, int axis) implements TensorOp {}

    /** Matrix product of the last two axes, batch axes broadcast; the flags transpose an operand's last two axes. */
    record Dot(boolean transposeLhs, boolean transposeRhs) implements TensorOp {}

    record Reshape(Shape shape) implements TensorOp {}

    /** Axis {@code i} of the result is axis {@code permutation[i]} of the operand. */
    record Transpose(List<Integer> permutation) implements TensorOp {
        public Transpose {
            permutation = List.copyOf(permutation);
        }
    }

    record Broadcast(Shape shape) implements TensorOp {}

    /** The elements {@code [start, limit)} of an axis. */
    record Slice(int axis, Dim start, Dim limit) implements TensorOp {}

    record Concat(int axis) implements TensorOp {}

    /** Zeros before and after an axis: the transpose of {@link Slice}. */
    record Pad(int axis, Dim before, Dim after) implements TensorOp {}

    /** Rows of a table {@code [N,...]} at integer ids {@code [...]}. An id outside [0,N) is an error. */
    record Gather() implements TensorOp {}

    /** Adds updates {@code [ids...,rest]} to rows of an operand {@code [N,rest]}: operands operand, ids, updates. */
    record ScatterAdd() implements TensorOp {}

    /**
     * {@code out[...,s,t] = data[...,s,index[...,s,t]]}; data {@code [...,S,N]}, index broadcasts to {@code [...,S,T]}.
     */
    record GatherLast() implements TensorOp {}

    /**
     * The transpose of {@link GatherLast}: adds updates {@code [...,S,T]} at index into an operand {@code [...,S,N]}.
     */
    record ScatterAddLast() implements TensorOp {}

    /** {@code out[i,j] = table[i - j + columns - 1]} of a table with {@code rows + columns - 1} elements. */
    record Toeplitz(Dim rows, Dim columns) implements TensorOp {}

    /**
     * Cross-correlation along the sequence: x {@code [B,S,C]}, weight {@code [O,C/groups,K]} to
     * {@code [B,S+2*padding-K+1,O]}, with zeros outside.
     */
    record Conv1d(int groups, int padding) implements TensorOp {}

    /** The operand; no gradient flows through. */
    record StopGradient() implements TensorOp {}

    /** The first operand; an operation that reads this value is computed after the other operands. */
    record After() implements TensorOp {}

    /** The operand, in another memory. Operations run where their operands are; inputs begin in the host's. */
    record Transfer(Place to) implements TensorOp {}

    /**
     * Uniform numbers in [0,1), a pure function of (seed, stream, element index): Philox 4x32-10 (Salmon et al. 2011).
     * The operand is the seed, {@code i64[]}.
     */
    record RandomUniform(TensorType type, long stream) implements TensorOp {}
}
