package detangle.ir;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The sizes among the attributes of operations. */
public final class OpDims {
    private OpDims() {}

    /** Returns the operation with the symbols of its attributes replaced by sizes. */
    public static Op bind(Op op, Map<String, Long> bindings) {
        return map(op, dim -> Dim.of(dim.evaluate(bindings)));
    }

    /**
     * Returns whether no attribute mentions a symbol: a slice from S to S + 2 has a static shape, and depends on S all
     * the same.
     */
    public static boolean isStatic(Op op) {
        AtomicBoolean fixed = new AtomicBoolean(true);
        map(op, dim -> {
            fixed.compareAndSet(true, dim.isStatic());
            return dim;
        });
        return fixed.get();
    }

    /**
     * Returns the operation with another size in the place of each; a function that returns what it is given sees all
     * of them.
     */
    public static Op map(Op op, UnaryOperator<Dim> change) {
        return OpAttributes.map(op, new Sizes(change));
    }

    /** Changes sizes, also those of types and shapes, and nothing else. */
    private record Sizes(UnaryOperator<Dim> change) implements OpAttributes.Visitor {
        @Override
        public Dim size(String name, Dim value) {
            return change.apply(value);
        }

        @Override
        public Shape shape(Shape value) {
            return new Shape(value.dims().stream().map(change).toList());
        }

        @Override
        public TensorType type(TensorType value) {
            return value.withShape(shape(value.shape()));
        }

        @Override
        public DType elementType(DType value) {
            return value;
        }

        @Override
        public boolean flag(String name, boolean value) {
            return value;
        }

        @Override
        public int integer(String name, int value) {
            return value;
        }

        @Override
        public long integer(String name, long value) {
            return value;
        }

        @Override
        public List<Integer> integers(String name, List<Integer> value) {
            return value;
        }

        @Override
        public double number(String name, double value) {
            return value;
        }

        @Override
        public <T> T choice(String name, T value, List<T> all, Function<T, String> text) {
            return value;
        }
    }
}
