package detangle.models.deberta;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;

/** Chooses a token for each row of a generator's logits. */
@FunctionalInterface
public interface TokenSampler {
    /**
     * Returns the tokens, {@code i64[N]}.
     *
     * @param logits {@code f32[N,V]} with a static V; no gradient may flow through them
     */
    Node sample(Builder b, Node logits);

    /** Returns a sampler whose tokens are the input {@link InputNames#SAMPLED}. */
    static TokenSampler given() {
        return (b, logits) -> b.input(
                InputNames.SAMPLED, TensorType.of(DType.I64, logits.type().dim(0)));
    }

    /**
     * Returns a sampler that draws tokens from the softmax over each row. The random numbers follow from the program's
     * input {@link InputNames#SAMPLING_SEED}; a step of training gives a seed that no other step has.
     *
     * <p>A row takes one random number u, and the first token at which the running sum of probabilities exceeds u. The
     * vocabulary is cut into about sqrt(V) blocks of about sqrt(V) tokens: the sums up to each block give the block,
     * and the sums up to each token of that block give the token. These sums are products with a triangle of ones.
     */
    static TokenSampler random() {
        return (b, logits) -> {
            Node seed = b.input(InputNames.SAMPLING_SEED, new TensorType(DType.I64, Shape.SCALAR));
            int words = Math.toIntExact(logits.type().dim(1).size());
            int blocks = Math.max(1, (int) Math.sqrt(words));
            int width = Math.ceilDiv(words, blocks);
            Dim rows = logits.type().dim(0);
            Node max = b.reduce(ReduceFunction.MAX, logits, 1);
            Node weights = b.unary(UnaryFunction.EXP, b.sub(logits, max));
            if (blocks * width > words) {
                weights = b.op(new TensorOp.Pad(1, Dim.of(0), Dim.of(blocks * (long) width - words)), weights);
            }
            Node inBlocks = b.reshape(weights, rows, Dim.of(blocks), Dim.of(width));
            Node ofBlocks = b.reshape(b.reduce(ReduceFunction.SUM, inBlocks, 2), rows, Dim.of(blocks));
            Node upTo = upTo(b, ofBlocks, blocks);
            Node total = b.slice(upTo, 1, blocks - 1, blocks);
            Node uniform = b.op(new TensorOp.RandomUniform(TensorType.of(DType.F32, rows, Dim.of(1)), 0), seed);
            Node target = below(b, b.mul(uniform, total), total);
            Node isBefore = b.compare(Comparison.LE, upTo, target);
            Node block = count(b, isBefore);
            Node before = b.reduce(ReduceFunction.MAX, b.select(isBefore, upTo, b.constant(DType.F32, 0)), 1);
            Node first = b.mul(block, b.constant(DType.I64, width));
            Node places = b.add(first, b.iota(TensorType.of(DType.I64, 1, width), 1));
            Node upToToken = upTo(b, b.gatherLast(weights, places), width);
            Node rest = below(b, b.sub(target, before), b.slice(upToToken, 1, width - 1, width));
            Node token = b.add(first, count(b, b.compare(Comparison.LE, upToToken, rest)));
            return b.reshape(token, rows);
        };
    }

    /** Returns the sums of each row of {@code f32[N,size]} up to each place, that place included. */
    private static Node upTo(Builder b, Node x, int size) {
        TensorType square = TensorType.of(DType.I64, size, size);
        Node triangle = b.convert(b.compare(Comparison.LE, b.iota(square, 0), b.iota(square, 1)), DType.F32);
        return b.dot(x, triangle);
    }

    /**
     * Returns a number that is less than the sum. Rounding may make them equal, and then no place would be the first to
     * exceed it.
     */
    private static Node below(Builder b, Node x, Node sum) {
        return b.binary(BinaryFunction.MIN, x, b.mul(sum, b.constant(DType.F32, 1 - 0x1p-22)));
    }

    /** Returns how many places of each row hold, {@code i64[N,1]}. */
    private static Node count(Builder b, Node holds) {
        return b.reduce(ReduceFunction.SUM, b.convert(holds, DType.I64), 1);
    }
}
