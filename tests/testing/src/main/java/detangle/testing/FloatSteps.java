package detangle.testing;

import static detangle.testing.Draft.TABLE_ROWS;
import static detangle.testing.Draft.hasStaticWidth;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Steps over floats: each makes a value of a recent one. What does not apply to a value gives the value itself. */
final class FloatSteps {
    private final Draft draft;
    private final Random random;
    private final Builder b;
    private final ExactSteps exact;

    /** What a step may do, and how often. */
    private final Alternatives<UnaryOperator<Node>> steps;

    FloatSteps(Draft draft, ExactSteps exact) {
        this.draft = draft;
        this.random = draft.random;
        this.b = draft.b;
        this.exact = exact;
        IdiomSteps idioms = new IdiomSteps(draft);
        GradientSteps gradients = new GradientSteps(draft, idioms);
        this.steps = new Alternatives<UnaryOperator<Node>>()
                .add(1, this::bounded)
                .add(1, this::absolute)
                .add(1, this::exponential)
                .add(1, this::combined)
                .add(1, this::multiplied)
                .add(1, this::reduced)
                .add(1, idioms::linear)
                .add(1, idioms::layerNorm)
                .add(1, idioms::softmax)
                .add(1, idioms::gelu)
                .add(1, this::transposed)
                .add(1, this::moved)
                .add(1, x -> lookup())
                .add(1, x -> idioms.attention())
                .add(1, this::flattened)
                .add(1, x -> idioms.embedding())
                .add(1, x -> b.after(exact.number(), List.of(x)))
                .add(1, this::smooth)
                .add(1, this::divided)
                .add(1, this::product)
                .add(1, this::convolution)
                .add(1, this::indexed)
                .add(1, x -> scattered())
                .add(1, x -> toeplitz())
                .add(1, this::noiseOrNone)
                .add(1, x -> inDoublePrecision(x, idioms::gelu))
                .add(1, this::chosenByTruth)
                .add(1, gradients::layerNormGrad)
                .add(1, this::chosenByComparison)
                .add(1, x -> gradients.attentionGrad())
                .add(1, idioms::shorter);
    }

    /** Adds a value, after none to three exact steps. */
    void step() {
        // Recent values more often, so that programs grow deep and little of them is dead.
        List<Node> floats = draft.floats;
        int from = random.nextInt(3) > 0 ? Math.max(0, floats.size() - 3) : 0;
        Node x = draft.pick(floats.subList(from, floats.size()));
        for (int i = random.nextInt(4); i > 0; i--) {
            exact.step();
        }
        Node result = steps.draw(random).apply(x);
        // Whatever was multiplied or summed comes back to where functions are not flat and products do not explode.
        floats.add(random.nextInt(4) == 0 ? b.unary(UnaryFunction.TANH, result) : b.clamp(result, -50, 50));
    }

    private Node bounded(Node x) {
        return b.unary(
                draft.pick(List.of(UnaryFunction.TANH, UnaryFunction.ERF, UnaryFunction.NEG, UnaryFunction.SILU)), x);
    }

    private Node absolute(Node x) {
        return b.unary(UnaryFunction.ABS, b.clamp(x, -3, 3));
    }

    private Node exponential(Node x) {
        return b.unary(UnaryFunction.EXP, b.clamp(x, -4, 2));
    }

    private Node combined(Node x) {
        return withPartner(x, draft.pick(List.of(BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MAX)));
    }

    private Node multiplied(Node x) {
        return b.clamp(withPartner(x, BinaryFunction.MUL), -9, 9);
    }

    private Node divided(Node x) {
        return b.div(x, b.add(b.unary(UnaryFunction.ABS, withPartner(x, BinaryFunction.MIN)), draft.scalar(1)));
    }

    private Node withPartner(Node x, BinaryFunction function) {
        List<Node> fitting = draft.floats.stream()
                .filter(y -> Shape.broadcast(x.shape(), y.shape()).isPresent())
                .toList();
        return b.binary(function, x, draft.pick(fitting));
    }

    private Node reduced(Node x) {
        ReduceFunction function = draft.pick(List.of(ReduceFunction.values()));
        return b.mul(b.reduce(function, x, random.nextInt(x.type().rank())), draft.scalar(0.25));
    }

    private Node smooth(Node x) {
        Node positive = b.add(b.unary(UnaryFunction.ABS, x), draft.scalar(0.5));
        return b.unary(draft.pick(List.of(UnaryFunction.LOG, UnaryFunction.SQRT, UnaryFunction.RSQRT)), positive);
    }

    private Node inDoublePrecision(Node x, UnaryOperator<Node> step) {
        return draft.portable ? b.stopGradient(x) : b.convert(step.apply(b.convert(x, DType.F64)), DType.F32);
    }

    private Node chosenByTruth(Node x) {
        Node truth = exact.truth();
        return Shape.broadcast(x.shape(), truth.shape()).isPresent() ? b.select(truth, x, draft.scalar(0.5)) : x;
    }

    private Node chosenByComparison(Node x) {
        Comparison comparison = draft.pick(List.of(Comparison.LT, Comparison.GE));
        return b.select(b.compare(comparison, x, draft.scalar(40)), x, draft.scalar(-1));
    }

    /** Returns a product with itself, transposed in some way. */
    private Node product(Node x) {
        if (x.type().rank() < 2) {
            return x;
        }
        Node small = b.unary(UnaryFunction.TANH, x);
        return switch (random.nextInt(3)) {
            case 0 -> b.op(new TensorOp.Dot(true, false), small, small);
            case 1 -> b.op(new TensorOp.Dot(false, true), small, small);
            default -> {
                Node square = b.op(new TensorOp.Dot(false, true), small, small);
                yield b.op(
                        new TensorOp.Dot(random.nextBoolean(), random.nextBoolean()),
                        square,
                        b.mul(square, draft.scalar(0.1)));
            }
        };
    }

    private Node convolution(Node x) {
        if (x.type().rank() != 3 || !hasStaticWidth(x)) {
            return x;
        }
        int channels = Math.toIntExact(x.type().dim(2).size());
        int groups = random.nextBoolean() ? 1 : channels;
        int kernel = 1 + 2 * random.nextInt(3);
        Node weight = draft.parameter((long) groups * (1 + random.nextInt(3)), channels / groups, kernel);
        return b.op(new TensorOp.Conv1d(groups, kernel / 2), b.unary(UnaryFunction.TANH, x), weight);
    }

    private Node lookup() {
        Node ids = draft.ids();
        return b.gather(draft.parameter(TABLE_ROWS, draft.size()), ids);
    }

    private Node scattered() {
        int width = draft.size();
        Node ids = draft.ids();
        Node updates = draft.input(TensorType.of(DType.F32, draft.batch, draft.length, Dim.of(width)));
        return b.op(new TensorOp.ScatterAdd(), draft.parameter(TABLE_ROWS, width), ids, updates);
    }

    private Node indexed(Node x) {
        if (!hasStaticWidth(x)) {
            return x;
        }
        Node index = exact.index(Math.toIntExact(x.type().dim(-1).size()));
        boolean fits = index.type().rank() >= 1
                && index.shape()
                        .sub(0, index.type().rank() - 1)
                        .broadcastsTo(x.shape().sub(0, x.type().rank() - 1));
        if (!fits) {
            return x;
        }
        Node gathered = b.gatherLast(x, index);
        return random.nextBoolean() ? gathered : b.op(new TensorOp.ScatterAddLast(), x, index, gathered);
    }

    private Node toeplitz() {
        int rows = draft.size();
        int columns = draft.size();
        return b.op(new TensorOp.Toeplitz(Dim.of(rows), Dim.of(columns)), draft.parameter(rows + columns - 1));
    }

    private Node noiseOrNone(Node x) {
        return draft.portable || random.nextInt(3) == 0 ? b.stopGradient(x) : withNoise(x);
    }

    private Node withNoise(Node x) {
        Node seed = b.constant(DType.I64, random.nextInt(99));
        return b.add(x, b.op(new TensorOp.RandomUniform(x.type(), random.nextInt(9)), seed));
    }

    private Node transposed(Node x) {
        List<Integer> permutation = new ArrayList<>();
        for (int i = 0; i < x.type().rank(); i++) {
            permutation.add(random.nextInt(permutation.size() + 1), i);
        }
        return b.op(new TensorOp.Transpose(permutation), x);
    }

    private Node moved(Node x) {
        int axis = random.nextInt(x.type().rank());
        return switch (random.nextInt(3)) {
            case 0 -> b.op(new TensorOp.Concat(axis), x, x);
            case 1 -> b.op(new TensorOp.Pad(axis, Dim.of(random.nextInt(3)), Dim.of(random.nextInt(3))), x);
            default ->
                hasStaticWidth(x)
                        ? b.slice(
                                x,
                                -1,
                                0,
                                1 + random.nextInt((int) x.type().dim(-1).size()))
                        : x;
        };
    }

    /** With the first two axes as one. */
    private Node flattened(Node x) {
        Shape shape = x.shape();
        return shape.rank() < 2
                ? b.reshape(x, shape)
                : b.reshape(x, Shape.of(shape.dim(0).times(shape.dim(1))).concat(shape.sub(2, shape.rank())));
    }
}
