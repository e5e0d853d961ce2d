package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Idioms;
import detangle.ir.Node;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;

/**
 * Draws the random numbers of one training program. They follow from the program's input
 * {@link InputNames#DROPOUT_SEED} and from a stream that each draw has for itself. Each step of a training gives a seed
 * that no other step has.
 */
final class RandomNumbers {
    private final Node seed = new Builder().input(InputNames.DROPOUT_SEED, new TensorType(DType.I64, Shape.SCALAR));
    private long draws;

    /** Draws uniform numbers in [0,1) from the next stream. */
    private Node uniform(Builder b, Shape shape) {
        return b.op(new TensorOp.RandomUniform(new TensorType(DType.F32, shape), draws++), seed);
    }

    /** Returns a dropout that draws from a new stream at each place. */
    Dropout dropout() {
        return (b, place, rate, x) -> new Idioms(b).dropout(x, rate, uniform(b, x.shape()));
    }

    /**
     * Returns a noise that counts the positions of a batch as one row. So a packed program, which draws its own numbers
     * for values that have a row for each position, has the same noise at tokens as the padded program.
     */
    SiftNoise noise() {
        return (b, shape, deviation) -> {
            Shape flat = Shape.of(shape.dim(0).times(shape.dim(1))).concat(shape.sub(2, shape.rank()));
            Node normal = NormalNumbers.of(b, b.reshape(uniform(b, flat), shape));
            return b.mul(normal, b.constant(DType.F32, deviation));
        };
    }
}
