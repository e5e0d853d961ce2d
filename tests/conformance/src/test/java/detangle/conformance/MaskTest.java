package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Masks with holes, with padding on the left, of nothing, and of pairs, against the unfused program in f64. */
class MaskTest {
    private static final int BATCH = 3;
    private static final int LENGTH = 19;

    static Stream<Fixture> fixtures() {
        return Fixture.all();
    }

    /** Sequence 0: every third position is a hole. 1: padding on the left. 2: padding alone. */
    private static long tokenMask(int row, int position) {
        return switch (row) {
            case 0 -> position % 3 == 1 ? 0 : 1;
            case 1 -> position < 7 ? 0 : 1;
            default -> 0;
        };
    }

    private static Map<String, Tensor> inputs(DebertaConfig config, Architecture head, Tensor mask) {
        boolean choices = head == Architecture.MULTIPLE_CHOICE;
        long[] shape = choices ? new long[] {1, BATCH, LENGTH} : new long[] {BATCH, LENGTH};
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("input_ids", ints(shape, (row, i) -> (31 * row + 7 * i + 5) % config.vocabSize()));
        if (config.typeVocabSize() > 0) {
            inputs.put("token_type_ids", ints(shape, (row, i) -> i > 9 ? 1 : 0));
        }
        long[] maskShape = mask.shape();
        if (choices) {
            maskShape = new long[maskShape.length + 1];
            maskShape[0] = 1;
            System.arraycopy(mask.shape(), 0, maskShape, 1, mask.rank());
        }
        inputs.put("attention_mask", mask.reshape(maskShape));
        return inputs;
    }

    private static Tensor ints(long[] shape, IntBinaryOperator value) {
        long[] values = new long[BATCH * LENGTH];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.applyAsInt(i / LENGTH, i % LENGTH);
        }
        return Tensor.of(values, shape);
    }

    private static Tensor tokens() {
        return ints(new long[] {BATCH, LENGTH}, (row, i) -> (int) tokenMask(row, i));
    }

    /** Sequence 0: each sees itself and what comes before. 1: a band. 2: the pairs of a mask of tokens. */
    private static Tensor pairs() {
        long[] values = new long[BATCH * LENGTH * LENGTH];
        for (int i = 0; i < values.length; i++) {
            int query = i / LENGTH % LENGTH;
            int key = i % LENGTH;
            values[i] = switch (i / LENGTH / LENGTH) {
                case 0 -> key <= query ? 1 : 0;
                case 1 -> Math.abs(key - query) <= 2 ? 1 : 0;
                default -> tokenMask(0, query) * tokenMask(0, key);
            };
        }
        return Tensor.of(values, BATCH, LENGTH, LENGTH);
    }

    private static Session session(Fixture fixture, String backend, boolean packing) {
        return Session.load(
                fixture.folder(),
                SessionOptions.DEFAULT
                        .withHead(fixture.head())
                        .withBackend(backend)
                        .withPacking(packing));
    }

    /** Values of tokens with zeros at padding; others as they are. */
    private static Tensor zeroAtPadding(Tensor values, Tensor mask) {
        if (values.rank() < 2 || values.dim(0) != BATCH || values.dim(1) != LENGTH) {
            return values;
        }
        double[] zeroed = values.toDoubles();
        for (int i = 0; i < zeroed.length; i++) {
            if (mask.getLong(i / (zeroed.length / (BATCH * LENGTH))) == 0) {
                zeroed[i] = 0;
            }
        }
        return Tensor.ofDoubles(values.dtype(), zeroed, values.shape());
    }

    private static void check(Fixture fixture, AttentionMask form, Tensor mask, boolean packing) {
        DebertaConfig config = fixture.config();
        Map<String, Tensor> inputs = inputs(config, fixture.head(), mask);
        ModelOptions options =
                ModelOptions.DEFAULT.with(form).with(fixture.head().convention());
        Program model = DebertaModel.build(config, fixture.head(), options);
        Map<String, Tensor> exact = new HashMap<>(Exact.run(model, config, fixture.folder(), inputs));
        // Where a sequence has no first token, a head that reads it runs padded.
        boolean first = IntStream.range(0, BATCH).allMatch(row -> mask.getLong((long) row * LENGTH) != 0);
        if (packing
                && form == AttentionMask.TOKENS
                && (first || fixture.head() != Architecture.REPLACED_TOKEN_DETECTION)) {
            exact.replaceAll((key, values) -> zeroAtPadding(values, mask));
        }
        for (String backend : new String[] {"vector", "reference"}) {
            try (Session session = session(fixture, backend, packing)) {
                Map<String, Tensor> outputs = session.run(inputs);
                assertEquals(exact.keySet(), outputs.keySet());
                exact.forEach((key, expected) -> {
                    double tolerance = key.startsWith("hidden") ? Fixture.HIDDEN_STATES : Fixture.LOGITS;
                    double difference = Exact.difference(expected, outputs.get(key));
                    assertTrue(difference <= tolerance, fixture + " " + backend + " " + key + " by " + difference);
                });
            }
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void holesAndLeftPadding(Fixture fixture) {
        check(fixture, AttentionMask.TOKENS, tokens(), false);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void holesAndLeftPaddingPacked(Fixture fixture) {
        check(fixture, AttentionMask.TOKENS, tokens(), true);
    }

    /** Every sequence has its first token, so that all heads run packed. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void holesAndRightPaddingPacked(Fixture fixture) {
        Tensor mask = ints(new long[] {BATCH, LENGTH}, (row, i) -> i == 0 || i < 6 * row && i != 4 ? 1 : 0);
        check(fixture, AttentionMask.TOKENS, mask, true);
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void pairs(Fixture fixture) {
        check(fixture, AttentionMask.PAIRS, pairs(), true);
    }

    /** A mask of pairs that says the same as one of tokens gives the same. */
    @ParameterizedTest
    @MethodSource("fixtures")
    void pairsOfTokens(Fixture fixture) {
        DebertaConfig config = fixture.config();
        long[] pairs = new long[BATCH * LENGTH * LENGTH];
        for (int i = 0; i < pairs.length; i++) {
            int row = i / LENGTH / LENGTH;
            pairs[i] = tokenMask(row, i / LENGTH % LENGTH) * tokenMask(row, i % LENGTH);
        }
        Tensor mask = Tensor.of(pairs, BATCH, LENGTH, LENGTH);
        try (Session session = session(fixture, "vector", false)) {
            Map<String, Tensor> byTokens = session.run(inputs(config, fixture.head(), tokens()));
            Map<String, Tensor> byPairs = session.run(inputs(config, fixture.head(), mask));
            byTokens.forEach((key, expected) ->
                    assertEquals(0, Exact.difference(expected, byPairs.get(key)), fixture + " " + key));
        }
    }

    /** Without absolute positions only distances count, so padding moves a sequence and changes nothing. */
    @Test
    void leftPaddingMovesASequence() {
        Fixture fixture = Fixture.named("v3-encoder");
        long[] text = {7, 11, 13, 17, 19};
        int padding = 4;
        long[] ids = new long[2 * (text.length + padding)];
        long[] mask = new long[ids.length];
        System.arraycopy(text, 0, ids, 0, text.length);
        Arrays.fill(mask, 0, text.length, 1);
        System.arraycopy(text, 0, ids, ids.length - text.length, text.length);
        Arrays.fill(mask, mask.length - text.length, mask.length, 1);
        long length = text.length + padding;
        try (Session session = session(fixture, "vector", true)) {
            Tensor states = session.run(Map.of(
                            "input_ids", Tensor.of(ids, 2, length), "attention_mask", Tensor.of(mask, 2, length)))
                    .get("hidden_states.3");
            int width = fixture.config().hiddenSize();
            for (int i = 0; i < text.length * width; i++) {
                assertEquals(states.getDouble(i), states.getDouble((length + padding) * width + i), 1e-5);
            }
        }
    }
}
