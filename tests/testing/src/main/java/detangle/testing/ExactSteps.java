package detangle.testing;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Steps over small whole numbers, in integer types and in floats, and over truth values. They are computed exactly
 * everywhere, so that functions with jumps have one answer.
 */
final class ExactSteps {
    private static final int LIMIT = 64;

    private final Random random;
    private final Builder b;
    private final List<DType> types;
    private final List<Node> numbers = new ArrayList<>();
    private final List<Node> truths = new ArrayList<>();

    /** What a step may do with a number, and how often. */
    private final Alternatives<Consumer<Node>> steps = new Alternatives<Consumer<Node>>()
            .add(1, this::convert)
            .add(1, this::applyFunction)
            .add(1, this::combine)
            .add(1, this::divide)
            .add(1, this::compare)
            .add(1, x -> connectTruths())
            .add(1, x -> countTruth())
            .add(1, this::reduce)
            .add(1, this::saturate);

    ExactSteps(Draft draft) {
        this.random = draft.random;
        this.b = draft.b;
        this.types = draft.portable
                ? List.of(DType.F32, DType.I32, DType.I64)
                : List.of(DType.F32, DType.I32, DType.I64, DType.I8, DType.F64);
        numbers.add(b.iota(TensorType.of(DType.I32, draft.length), 0));
        numbers.add(b.iota(TensorType.of(DType.I64, draft.batch, draft.length), 1, Dim.of(-3)));
        truths.add(b.compare(Comparison.GT, numbers.getFirst(), b.constant(DType.I32, 2)));
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** Returns a whole number as f32, of any shape. */
    Node number() {
        return b.convert(pick(numbers), DType.F32);
    }

    /** Returns what the last steps have made. */
    List<Node> results() {
        return List.of(numbers.getLast(), pick(numbers), truths.getLast());
    }

    /** Returns a truth value of any shape. */
    Node truth() {
        return pick(truths);
    }

    /** Returns a place in an axis of that many, {@code i32[S]} or {@code i64[B,S]} or more. */
    Node index(int size) {
        Node x = b.unary(UnaryFunction.ABS, pick(numbers));
        Node whole = x.type().dtype() == DType.I32 || x.type().dtype() == DType.I64 ? x : b.convert(x, DType.I32);
        return b.clamp(whole, 0, size - 1);
    }

    void step() {
        Node x = pick(numbers);
        steps.draw(random).accept(x);
    }

    private void convert(Node x) {
        keep(b.convert(x, pick(types)));
    }

    private void applyFunction(Node x) {
        keep(b.unary(pick(List.of(UnaryFunction.NEG, UnaryFunction.ABS, UnaryFunction.SIGN)), x));
    }

    private void combine(Node x) {
        Node y = fitting(x);
        BinaryFunction f = pick(List.of(
                BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MUL, BinaryFunction.MAX, BinaryFunction.MIN));
        // Eight bits hold the sum of two such numbers only in part, and wrap: that has one answer too.
        keep(b.binary(f, x, y));
    }

    private void divide(Node x) {
        DType type = x.type().dtype();
        if (type.isFloat()) {
            Node half = b.mul(x, b.constant(type, 0.5));
            keep(b.unary(random.nextBoolean() ? UnaryFunction.CEIL : UnaryFunction.FLOOR, half));
        } else {
            keep(b.div(x, b.constant(type, 3)));
        }
    }

    private void reduce(Node x) {
        ReduceFunction f = pick(List.of(ReduceFunction.values()));
        Dim dim = x.type().dim(-1);
        // The maximum of nothing is not a whole number.
        if (f == ReduceFunction.SUM || dim.isStatic() && dim.size() > 0 || dim.equals(Dim.symbol("S"))) {
            keep(b.reduce(f, x, -1));
        }
    }

    /** Converts what lies beyond the integers of a type, above and below. */
    private void saturate(Node x) {
        DType type = x.type().dtype();
        if (type == DType.F32) {
            Node large = b.mul(x, b.constant(type, random.nextBoolean() ? 1e10 : 1e30));
            Node saturated = b.convert(large, pick(types.subList(1, types.size())));
            if (!saturated.type().dtype().isFloat()) {
                keep(saturated);
            }
        }
    }

    private void countTruth() {
        keep(b.convert(pick(truths), pick(types)));
    }

    private void keep(Node x) {
        DType type = x.type().dtype();
        numbers.add(b.clamp(x, -LIMIT, LIMIT));
        if (numbers.getLast().type().dtype() != type) {
            throw new IllegalStateException("a clamp keeps the type");
        }
    }

    private Node fitting(Node x) {
        return pick(numbers.stream()
                .filter(y -> y.type().dtype() == x.type().dtype()
                        && Shape.broadcast(x.shape(), y.shape()).isPresent())
                .toList());
    }

    private void compare(Node x) {
        truths.add(b.compare(pick(List.of(Comparison.values())), x, fitting(x)));
    }

    private void connectTruths() {
        Node t = pick(truths);
        Node u = pick(truths.stream()
                .filter(y -> Shape.broadcast(t.shape(), y.shape()).isPresent())
                .toList());
        truths.add(
                switch (random.nextInt(4)) {
                    case 0 -> b.and(t, u);
                    case 1 -> b.binary(BinaryFunction.OR, t, u);
                    case 2 -> b.unary(UnaryFunction.NOT, t);
                    default -> b.compare(pick(List.of(Comparison.values())), t, u);
                });
    }
}
