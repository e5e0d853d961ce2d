package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.InputException;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A masked LM that predicts some tokens alone gives what it gives for all. */
class MaskedRowsTest {
    private static final long[] MASK = {1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0};
    private static final long BATCH = 2;
    private static final long LENGTH = MASK.length / BATCH;
    private static final long[] ROWS = {3, 12, 0, 3, 9};

    static Stream<Fixture> fixtures() {
        return Fixture.all().filter(f -> f.head() == Architecture.MASKED_LM || f.head() == Architecture.MASKED_LM_EMD);
    }

    private static Map<String, Tensor> inputs(DebertaConfig config) {
        Map<String, Tensor> inputs = new HashMap<>();
        long[] ids = new Random(1).longs(MASK.length, 0, config.vocabSize()).toArray();
        inputs.put("input_ids", Tensor.of(ids, BATCH, LENGTH));
        inputs.put("attention_mask", Tensor.of(MASK, BATCH, LENGTH));
        if (config.typeVocabSize() > 0) {
            inputs.put("token_type_ids", Tensor.of(new long[MASK.length], BATCH, LENGTH));
        }
        return inputs;
    }

    private static Session session(Fixture fixture, boolean packing, boolean maskedRows) {
        return Session.load(
                fixture.folder(),
                SessionOptions.DEFAULT
                        .withHead(fixture.head())
                        .withPacking(packing)
                        .withHiddenStates(false)
                        .withMaskedRows(maskedRows));
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void rowsOfAllLogits(Fixture fixture) {
        Map<String, Tensor> inputs = inputs(fixture.config());
        Tensor all;
        try (Session session = session(fixture, false, false)) {
            all = session.run(inputs).get("logits");
        }
        long words = all.dim(2);
        inputs.put("masked_rows", Tensor.of(ROWS, ROWS.length));
        for (boolean packing : new boolean[] {true, false}) {
            try (Session session = session(fixture, packing, true)) {
                Tensor some = session.run(inputs).get("logits");
                assertArrayEquals(new long[] {ROWS.length, words}, some.shape());
                for (int i = 0; i < some.elements(); i++) {
                    double expected = all.getDouble(ROWS[(int) (i / words)] * words + i % words);
                    assertTrue(Math.abs(expected - some.getDouble(i)) <= Fixture.LOGITS, fixture + " at " + i);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void paddingCannotBePredicted(Fixture fixture) {
        Map<String, Tensor> inputs = inputs(fixture.config());
        for (long row : new long[] {8, -1, MASK.length}) {
            inputs.put("masked_rows", Tensor.of(new long[] {0, row}, 2));
            try (Session session = session(fixture, true, true)) {
                InputException refused = assertThrows(InputException.class, () -> session.run(inputs));
                assertEquals(
                        "masked_rows names " + row + ", but the batch has no token there: use b*" + LENGTH
                                + "+s of the token at place s of sequence b",
                        refused.getMessage());
            }
        }
    }
}
