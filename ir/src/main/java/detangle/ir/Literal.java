package detangle.ir;

import java.util.List;

/** The value of a {@link TensorOp.Constant}. Integers beyond 2^53 are not representable and never needed. */
public sealed interface Literal {
    /** Every element has this value. */
    record Splat(double value) implements Literal {}

    /** A few elements, row-major; for small tables that a reader wants to see in the text. */
    record Dense(List<Double> values) implements Literal {
        public Dense {
            values = List.copyOf(values);
        }
    }

    /** Data kept beside the program, in {@link Program#constants()}, under this name. */
    record Named(String name) implements Literal {}
}
