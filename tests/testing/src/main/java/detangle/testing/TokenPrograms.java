package detangle.testing;

import static detangle.testing.Draft.hasStaticWidth;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.testing.RandomPrograms.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;

/**
 * Random programs over a padded batch, such as encoders with their heads are: rows {@code f32[B,S,H]} for the
 * positions of each sequence, and a mask that says which of them are tokens. What a head may read comes out too: rows,
 * the first row of each sequence, rows by their number in the batch, and a sum over tokens. Where first rows are read,
 * they are those of tokens, and so are rows that are read by number.
 */
public final class TokenPrograms {
    /** The input {@code i64[B,S]} that is 0 at padding. */
    public static final String MASK = "mask";

    private static final String NUMBERS = "numbers";

    private final Draft draft;
    private final Random random;
    private final Builder b;
    private final IdiomSteps idioms;
    private final Node mask;
    private final Node tokens;
    private final Alternatives<UnaryOperator<Node>> steps;
    private final List<Output> outputs = new ArrayList<>();
    private boolean readsFirst;

    private TokenPrograms(long seed) {
        this.draft = new Draft(seed, false);
        this.random = draft.random;
        this.b = draft.b;
        this.idioms = new IdiomSteps(draft);
        draft.input(TensorType.of(DType.F32, draft.batch, draft.length, Dim.of(draft.size())));
        this.mask = draft.input(MASK, TensorType.of(DType.I64, draft.batch, draft.length));
        this.tokens = b.compare(Comparison.NE, mask, b.constant(DType.I64, 0));
        this.steps = new Alternatives<UnaryOperator<Node>>()
                .add(3, this::attention)
                .add(2, idioms::linear)
                .add(2, idioms::layerNorm)
                .add(1, idioms::gelu)
                .add(1, this::withConstantRow)
                .add(1, this::convolution)
                .add(1, this::zeroAtPadding)
                .add(1, x -> idioms.embedding(rowMask()))
                .add(1, this::dropped);
    }

    /** Returns the program of a seed. */
    public static Sample sample(long seed) {
        return new TokenPrograms(seed).sample();
    }

    private Sample sample() {
        for (int i = 3 + random.nextInt(8); i > 0; i--) {
            step();
        }
        outputs.add(new Output("last", draft.floats.getLast()));
        outputs.add(new Output("some", draft.pick(draft.floats)));
        if (random.nextBoolean()) {
            readsFirst = true;
            outputs.add(new Output("first", b.slice(draft.pick(draft.floats), 1, 0, 1)));
        }
        if (random.nextBoolean()) {
            outputs.add(new Output("numbered", numbered(draft.pick(draft.floats))));
        }
        if (random.nextBoolean()) {
            outputs.add(new Output("loss", loss(draft.pick(draft.floats))));
        }
        return new Sample(new Program("tokens", draft.inputs, outputs, draft.constants), values());
    }

    private void step() {
        Node x = draft.pick(draft.floats.subList(Math.max(0, draft.floats.size() - 2), draft.floats.size()));
        Node result = steps.draw(random).apply(x);
        draft.floats.add(
                switch (random.nextInt(4)) {
                    case 0 -> b.unary(UnaryFunction.TANH, result);
                    case 1 -> b.clamp(result, -50, 50);
                    default -> result;
                });
    }

    private Node rowMask() {
        return b.reshape(tokens, draft.batch, draft.length, Dim.of(1));
    }

    private Node zeroAtPadding(Node x) {
        return b.select(rowMask(), x, draft.scalar(0));
    }

    private Node withConstantRow(Node x) {
        return b.add(x, draft.parameter(x.type().dim(-1).size()));
    }

    /** Reads neighbours, so that padding must be zero first. */
    private Node convolution(Node x) {
        long channels = x.type().dim(-1).size();
        int taps = 1 + 2 * random.nextInt(2);
        Node weight = draft.parameter(1 + random.nextInt(3), channels, taps);
        return b.op(new TensorOp.Conv1d(1, taps / 2), zeroAtPadding(x), weight);
    }

    /** A query of a token sees the tokens of its sequence. */
    private Node attention(Node x) {
        Dim one = Dim.of(1);
        Node pairs = b.and(
                b.reshape(tokens, draft.batch, one, draft.length, one),
                b.reshape(tokens, draft.batch, one, one, draft.length));
        return hasStaticWidth(x) ? idioms.selfAttention(x, pairs) : x;
    }

    /** Some elements are dropped, and the others doubled. */
    private Node dropped(Node x) {
        Node kept = draft.mask(x.shape());
        return b.select(kept, b.mul(x, draft.scalar(2)), draft.scalar(0));
    }

    /** A sum over all tokens, or over some, of a number of each. */
    private Node loss(Node x) {
        ReduceFunction function = random.nextBoolean() ? ReduceFunction.SUM : ReduceFunction.MAX;
        Node ofRow = b.reshape(b.reduce(function, x, -1), draft.batch, draft.length);
        Node counts = random.nextBoolean() ? tokens : b.and(tokens, draft.mask(tokens.shape()));
        Node losses = b.select(counts, ofRow, draft.scalar(0));
        return b.reduce(ReduceFunction.SUM, b.reshape(losses, draft.batch.times(draft.length)), 0);
    }

    /** Rows by their number b*S+s. */
    private Node numbered(Node x) {
        Node numbers = draft.input(NUMBERS, TensorType.of(DType.I64, Dim.symbol("N")));
        Shape flat = Shape.of(draft.batch.times(draft.length), x.type().dim(-1));
        return b.gather(b.reshape(x, flat), numbers);
    }

    private Map<String, Tensor> values() {
        int batch = 1 + random.nextInt(3);
        int length = draft.size();
        Map<String, Long> sizes = Map.of("B", (long) batch, "S", (long) length);
        long[] mask = mask(batch, length);
        Map<String, Tensor> values = new HashMap<>();
        for (Node input : draft.inputs) {
            String name = ((TensorOp.Input) input.op()).name();
            values.put(
                    name,
                    switch (name) {
                        case MASK -> Tensor.of(mask, batch, length);
                        case NUMBERS -> numbers(mask);
                        default -> draft.value(input.type(), input.shape().evaluate(sizes));
                    });
        }
        return values;
    }

    /** Full, padded on either side, with holes, or without a token. */
    private long[] mask(int batch, int length) {
        int kind = random.nextInt(7);
        long[] mask = new long[batch * length];
        for (int row = 0; row < batch; row++) {
            int tokens = random.nextInt(length + 1);
            for (int i = 0; i < length; i++) {
                boolean token = switch (kind) {
                    case 0 -> true;
                    case 1, 2 -> i < tokens;
                    case 3 -> i >= length - tokens;
                    case 4, 5 -> random.nextBoolean();
                    default -> false;
                };
                mask[row * length + i] = token || i == 0 && readsFirst ? 1 : 0;
            }
        }
        return mask;
    }

    private Tensor numbers(long[] mask) {
        long[] tokens = LongStream.range(0, mask.length)
                .filter(row -> mask[(int) row] != 0)
                .toArray();
        int count = tokens.length == 0 ? 0 : 1 + random.nextInt(4);
        long[] numbers = LongStream.range(0, count)
                .map(i -> tokens[random.nextInt(tokens.length)])
                .toArray();
        return Tensor.of(numbers, count);
    }
}
