package detangle.testing;

import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Random well-typed programs with odd sizes, extreme inputs, and the idioms that passes look for. The same seed gives the
 * same program. Computed values stay moderate, and functions with jumps are taken of whole numbers only, so that a
 * rounding error cannot become a jump.
 */
public final class RandomPrograms {
    /** One, primes, and one less, the same and one more than vectors hold. */
    private static final int[] SIZES = {1, 1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 31, 33};

    private static final int LONG = 257;

    private final Random random;
    private final Builder b = new Builder();
    private final List<Node> inputs = new ArrayList<>();
    private final List<Node> floats = new ArrayList<>();
    private final Map<String, Tensor> constants = new HashMap<>();
    private final Dim batch;
    private final Dim length;
    private final boolean portable;
    private final ExactSteps exact;

    /** A program, its inputs, and the sizes of its symbols. */
    public record Sample(Program program, Map<String, Tensor> inputs) {}

    private RandomPrograms(long seed, boolean portable) {
        this.random = new Random(seed);
        this.batch = Dim.symbol("B");
        this.length = Dim.symbol("S");
        this.portable = portable;
        this.exact = new ExactSteps(random, b, portable, batch, length);
    }

    public static Sample sample(long seed) {
        return sample(seed, false);
    }

    /** @param portable whether to keep to what other runtimes can do: no random numbers, no types of theirs that rest */
    public static Sample sample(long seed, boolean portable) {
        return new RandomPrograms(seed, portable).sample();
    }

    private int size() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    private Sample sample() {
        // ONNX Runtime refuses to broadcast a product over an empty batch.
        long batchSize = !portable && random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(3);
        Map<String, Long> sizes = Map.of("B", batchSize, "S", (long) (random.nextInt(60) == 0 ? LONG : size()));
        int width = size();
        input(TensorType.of(DType.F32, batch, length, Dim.of(width)));
        floats.add(parameter(width));
        int steps = 3 + random.nextInt(14);
        for (int i = 0; i < steps; i++) {
            step();
        }
        List<Output> outputs = new ArrayList<>();
        outputs.add(new Output("last", floats.getLast()));
        outputs.add(new Output("some.0", pick(floats)));
        exact.results().forEach(node -> outputs.add(new Output("exact." + outputs.size(), node)));
        Program program = new Program("random", inputs, outputs, constants);
        Map<String, Tensor> values = new HashMap<>();
        for (Node input : inputs) {
            String name = ((TensorOp.Input) input.op()).name();
            values.put(name, value(input.type(), input.shape().evaluate(sizes)));
        }
        return new Sample(program, values);
    }

    private Tensor value(TensorType type, long[] shape) {
        int n = Math.toIntExact(Tensor.elements(shape));
        double[] values = new double[n];
        // Now and then logits far from zero, denormals, zeros of both signs; masks of nothing and masks with empty
        // rows.
        double scale = random.nextInt(8) > 0 ? 1 : pick(List.of(1e4, 1e-39, -0.0));
        int width = shape.length == 0 ? 1 : (int) Math.max(1, shape[shape.length - 1]);
        int emptyRows = random.nextInt(5);
        for (int i = 0; i < n; i++) {
            values[i] = switch (type.dtype()) {
                case F32, F16, BF16, F64 -> random.nextGaussian() * scale;
                case I1 -> emptyRows == 0 || emptyRows == 1 && i / width % 2 == 0 || random.nextInt(4) == 0 ? 0 : 1;
                case I32, I64, I8 -> random.nextInt(TABLE_ROWS);
            };
        }
        return Tensor.ofDoubles(type.dtype(), values, shape);
    }

    private static final int TABLE_ROWS = 11;

    private Node input(TensorType type) {
        Node node = b.input("x" + inputs.size(), type);
        inputs.add(node);
        if (type.dtype() == DType.F32) {
            floats.add(node);
        }
        return node;
    }

    /** A named constant, in one of the types that weights are stored in, as f32. */
    private Node parameter(long... shape) {
        DType stored = List.of(DType.F32, DType.F16, DType.BF16).get(random.nextInt(3));
        String name = "w" + constants.size();
        TensorType type = TensorType.of(stored, shape);
        constants.put(name, value(type, shape));
        return b.convert(b.constant(new Literal.Named(name), type), DType.F32);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private Node scalar(double value) {
        return b.constant(DType.F32, value);
    }

    private void step() {
        // Recent values more often, so that programs grow deep and little of them is dead.
        int from = random.nextInt(3) > 0 ? Math.max(0, floats.size() - 3) : 0;
        Node x = pick(floats.subList(from, floats.size()));
        int rank = x.type().rank();
        for (int i = random.nextInt(4); i > 0; i--) {
            exact.step();
        }
        Node result = switch (random.nextInt(29)) {
            case 0 -> b.unary(pick(List.of(UnaryFunction.TANH, UnaryFunction.ERF, UnaryFunction.NEG)), x);
            case 1 -> b.unary(UnaryFunction.ABS, b.clamp(x, -3, 3));
            case 2 -> b.unary(UnaryFunction.EXP, b.clamp(x, -4, 2));
            case 3 -> partner(x, pick(List.of(BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MAX)));
            case 4 -> b.clamp(partner(x, BinaryFunction.MUL), -9, 9);
            case 5 -> b.mul(b.reduce(pick(List.of(ReduceFunction.values())), x, random.nextInt(rank)), scalar(0.25));
            case 6 -> linear(x);
            case 7 -> layerNorm(x);
            case 8 -> softmax(x);
            case 9 -> gelu(x);
            case 10 -> transposed(x);
            case 11 -> moved(x);
            case 12 -> lookup();
            case 13 -> relative();
            case 15 -> embedding();
            case 14 -> b.reshape(x, flattened(x.shape()));
            case 16 -> exact.number();
            case 26 -> chosen(x);
            case 17 -> smooth(x);
            case 18 -> b.div(x, b.add(b.unary(UnaryFunction.ABS, partner(x, BinaryFunction.MIN)), scalar(1)));
            case 19 -> product(x);
            case 20 -> convolution(x);
            case 21 -> indexed(x);
            case 22 -> scattered();
            case 23 -> toeplitz();
            case 24 -> portable || random.nextInt(3) == 0 ? b.stopGradient(x) : noise(x);
            case 25 -> portable ? b.stopGradient(x) : b.convert(gelu(b.convert(x, DType.F64)), DType.F32);
            case 27 -> layerNormGrad(x);
            default -> b.select(b.compare(pick(List.of(Comparison.LT, Comparison.GE)), x, scalar(40)), x, scalar(-1));
        };
        // Whatever was multiplied or summed comes back to where functions are not flat and products do not explode.
        floats.add(random.nextInt(4) == 0 ? b.unary(UnaryFunction.TANH, result) : b.clamp(result, -50, 50));
    }

    private Node partner(Node x, BinaryFunction function) {
        List<Node> fitting = floats.stream()
                .filter(y -> Shape.broadcast(x.shape(), y.shape()).isPresent())
                .toList();
        return b.binary(function, x, pick(fitting));
    }

    private boolean hasStaticWidth(Node x) {
        return x.type().rank() > 0
                && x.type().dim(-1).isStatic()
                && x.type().dim(-1).size() > 0;
    }

    private Node linear(Node x) {
        if (!hasStaticWidth(x) || x.type().rank() < 2) {
            return x;
        }
        int out = size();
        Node weight = parameter(out, x.type().dim(-1).size());
        Node product = b.mul(b.dotTransposed(x, weight), scalar(1));
        return random.nextBoolean() ? product : b.add(product, parameter(out));
    }

    private Node layerNorm(Node x) {
        if (!hasStaticWidth(x) || x.type().dim(-1).size() < 2) {
            return x;
        }
        return normalised(random.nextBoolean() ? partnerOfSameShape(x) : x);
    }

    private Node normalised(Node x) {
        long size = x.type().dim(-1).size();
        Node count = scalar(1.0 / size);
        Node d = b.sub(x, b.mul(b.reduce(ReduceFunction.SUM, x, -1), count));
        Node variance = b.mul(b.reduce(ReduceFunction.SUM, b.mul(d, d), -1), count);
        Node scale = b.unary(UnaryFunction.RSQRT, b.add(variance, scalar(0.5)));
        return b.add(b.mul(b.mul(d, scale), parameter(size)), parameter(size));
    }

    /**
     * Some of the gradients of a layer norm. No pass makes this kernel-level operation out of primitives, as whoever needs a gradient asks for
     * the kernel. Rows are small beside epsilon: otherwise dx is the small rest of large terms, and its rounding errors are of its own size.
     */
    private Node layerNormGrad(Node x) {
        if (!hasStaticWidth(x) || x.type().dim(-1).size() < 2) {
            return x;
        }
        boolean residual = random.nextBoolean();
        List<Node> operands = new ArrayList<>(List.of(b.unary(UnaryFunction.TANH, x)));
        if (residual) {
            operands.add(b.unary(UnaryFunction.TANH, partnerOfSameShape(x)));
        }
        operands.add(parameter(x.type().dim(-1).size()));
        operands.add(b.unary(UnaryFunction.TANH, partnerOfSameShape(x)));
        for (KernelOp.LayerNormGrad.Result result : KernelOp.LayerNormGrad.Result.values()) {
            if (random.nextBoolean()) {
                Node gradient = b.op(new KernelOp.LayerNormGrad(0.5, residual, result), operands);
                floats.add(b.clamp(b.mul(gradient, scalar(0.1)), -50, 50));
            }
        }
        return floats.getLast();
    }

    private Node partnerOfSameShape(Node x) {
        return b.add(
                x, pick(floats.stream().filter(y -> y.shape().equals(x.shape())).toList()));
    }

    private Node mask(Shape shape) {
        return input(new TensorType(DType.I1, shape));
    }

    private Node softmax(Node x) {
        if (x.type().rank() == 0) {
            return x;
        }
        return softmax(x, mask(x.shape()));
    }

    private Node softmax(Node x, Node mask) {
        Node z = b.select(mask, x, scalar(Double.NEGATIVE_INFINITY));
        Node e = b.unary(UnaryFunction.EXP, b.sub(z, b.reduce(ReduceFunction.MAX, z, -1)));
        return b.select(mask, b.div(e, b.reduce(ReduceFunction.SUM, e, -1)), scalar(0));
    }

    private Node gelu(Node x) {
        DType type = x.type().dtype();
        Node erf = b.unary(UnaryFunction.ERF, b.mul(x, b.constant(type, Math.sqrt(0.5))));
        return b.mul(b.mul(x, b.constant(type, 0.5)), b.add(erf, b.constant(type, 1)));
    }

    private Node chosen(Node x) {
        Node truth = exact.truth();
        return Shape.broadcast(x.shape(), truth.shape()).isPresent() ? b.select(truth, x, scalar(0.5)) : x;
    }

    private Node smooth(Node x) {
        Node positive = b.add(b.unary(UnaryFunction.ABS, x), scalar(0.5));
        return b.unary(pick(List.of(UnaryFunction.LOG, UnaryFunction.SQRT, UnaryFunction.RSQRT)), positive);
    }

    /** A product with itself, transposed in some way. */
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
                        b.mul(square, scalar(0.1)));
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
        Node weight = parameter((long) groups * (1 + random.nextInt(3)), channels / groups, kernel);
        return b.op(new TensorOp.Conv1d(groups, kernel / 2), b.unary(UnaryFunction.TANH, x), weight);
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

    private Node scattered() {
        int width = size();
        Node ids = input(TensorType.of(DType.I64, batch, length));
        Node updates = input(TensorType.of(DType.F32, batch, length, Dim.of(width)));
        return b.op(new TensorOp.ScatterAdd(), parameter(TABLE_ROWS, width), ids, updates);
    }

    private Node toeplitz() {
        int rows = size();
        int columns = size();
        return b.op(new TensorOp.Toeplitz(Dim.of(rows), Dim.of(columns)), parameter(rows + columns - 1));
    }

    private Node noise(Node x) {
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

    private static Shape flattened(Shape shape) {
        return shape.rank() < 2
                ? shape
                : Shape.of(shape.dim(0).times(shape.dim(1))).concat(shape.sub(2, shape.rank()));
    }

    private Node lookup() {
        Node ids = input(TensorType.of(DType.I64, batch, length));
        return b.gather(parameter(TABLE_ROWS, size()), ids);
    }

    private Node embedding() {
        Node rows = b.gather(parameter(TABLE_ROWS, 2 + size()), input(TensorType.of(DType.I64, batch, length)));
        Node mask = mask(Shape.of(batch, length, Dim.of(1)));
        return b.select(mask, normalised(rows), scalar(0));
    }

    /** Attention with positions: an index of whole numbers through clamp, look-ups and a masked softmax. */
    private Node relative() {
        int heads = 1 + random.nextInt(3);
        int width = size();
        int rows = 2 * (1 + random.nextInt(6));
        TensorType index = TensorType.of(DType.I32, length, length);
        Node difference = b.sub(b.iota(index, 0), b.iota(index, 1));
        Node clamped = b.clamp(b.add(difference, b.constant(DType.I32, rows / 2)), 0, rows - 1);
        TensorType type = TensorType.of(DType.F32, batch, length, Dim.of((long) heads * width));
        List<Node> qkv = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Node split = b.reshape(input(type), batch, length, Dim.of(heads), Dim.of(width));
            qkv.add(b.transpose(split, 0, 2, 1, 3));
        }
        Node scores = b.dotTransposed(qkv.get(0), qkv.get(1));
        if (random.nextInt(4) > 0) {
            Node pk = parameter(heads, rows, width);
            scores = b.add(scores, b.gatherLast(b.dotTransposed(qkv.get(0), pk), clamped));
        }
        if (random.nextInt(4) > 0) {
            Node pq = parameter(heads, rows, width);
            Node byKey = b.gatherLast(b.dotTransposed(qkv.get(1), pq), b.transpose(clamped, 1, 0));
            scores = b.add(scores, b.transpose(byKey, 0, 1, 3, 2));
        }
        Node mask = mask(Shape.of(batch, Dim.of(1), length, length));
        Node probabilities = softmax(
                b.mul(scores, scalar(1 / Math.sqrt(width * 3.0))),
                random.nextInt(4) > 0 ? mask : b.broadcast(mask, scores.shape()));
        return b.transpose(b.dot(probabilities, qkv.get(2)), 0, 2, 1, 3);
    }
}
