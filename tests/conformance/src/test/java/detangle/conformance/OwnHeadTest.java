package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.CompileException;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.IrException;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Tensor;
import detangle.models.deberta.Head;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** DeBERTa in existing code: a head of one's own on the encoder, as the README shows it. */
class OwnHeadTest {
    private static final Path SHIPPED = DetangleProcess.HOME.resolve("models/pretrained/banking77-small");

    /** Returns a head with a score for each text: the mean of its tokens' states, through a matrix. */
    private static Head scorer() {
        Head scorer = encoder -> {
            Builder b = encoder.builder();
            Node mask = b.convert(encoder.tokenMask(), DType.F32);
            Node sum = b.reduce(ReduceFunction.SUM, encoder.zeroPadding(encoder.lastHiddenState()), 1);
            Node mean = b.div(sum, b.reduce(ReduceFunction.SUM, mask, 1));
            Node score =
                    encoder.layers().linear("scorer", mean, encoder.config().hiddenSize(), 1);
            return List.of(new Program.Output("score", score));
        };
        return scorer;
    }

    private static Map<String, Tensor> inputs() {
        return Map.of(
                "input_ids", Tensor.of(new long[] {1, 50, 60, 2, 1, 70, 2, 0}, 2, 4),
                "attention_mask", Tensor.of(new long[] {1, 1, 1, 1, 1, 1, 1, 0}, 2, 4));
    }

    @Test
    void meanOfTokens() {
        try (Session plain = Session.load(SHIPPED, SessionOptions.DEFAULT)) {
            int hidden = plain.config().hiddenSize();
            float[] weight = new float[hidden];
            for (int i = 0; i < hidden; i++) {
                weight[i] = (float) Math.sin(i);
            }
            Path folder = SHIPPED;
            Map<String, Tensor> inputs = inputs();
            Head scorer = scorer();
            Map<String, Tensor> weights = Map.of(
                    "scorer.weight", Tensor.of(weight, 1, hidden), "scorer.bias", Tensor.of(new float[] {0.5f}, 1));
            try (Session session =
                    Session.builder().folder(folder).head(scorer, weights).load()) {
                Tensor score = session.run(inputs).get("score");
                Tensor states = plain.run(inputs())
                        .get("hidden_states." + plain.config().numHiddenLayers());
                for (int row = 0; row < 2; row++) {
                    int tokens = row == 0 ? 4 : 3;
                    double expected = 0.5;
                    for (int i = 0; i < tokens * hidden; i++) {
                        expected += states.getDouble((long) row * 4 * hidden + i) * weight[i % hidden] / tokens;
                    }
                    assertEquals(expected, score.getDouble(row), 1e-4);
                }
            }
        }
    }

    @Test
    void itsParametersMustBeSomewhere() {
        CompileException refusal = assertThrows(
                CompileException.class, Session.builder().folder(SHIPPED).head(scorer(), Map.of())::load);
        assertTrue(refusal.getMessage().contains("scorer.weight"), refusal.getMessage());
    }

    @Test
    void kernelsAreThePassesToFind() {
        Head head = encoder -> List.of(new Program.Output(
                "probabilities",
                encoder.builder().op(new KernelOp.MaskedSoftmax(), encoder.lastHiddenState(), encoder.tokenMask())));
        IrException refusal = assertThrows(
                IrException.class, Session.builder().folder(SHIPPED).head(head, Map.of())::load);
        assertTrue(
                refusal.getMessage().startsWith("error [level_model]: a value is masked_softmax("),
                refusal.getMessage());
    }

    /** Each row of a token adds up to 1 over the tokens; rows and columns of padding are 0. */
    @Test
    void attentionsAreProbabilities() {
        try (Session fused = Session.load(SHIPPED, SessionOptions.DEFAULT);
                Session session = Session.load(SHIPPED, SessionOptions.DEFAULT.withAttentions(true))) {
            Map<String, Tensor> outputs = session.run(inputs());
            int layers = session.config().numHiddenLayers();
            int heads = session.config().numAttentionHeads();
            for (int layer = 0; layer < layers; layer++) {
                Tensor p = outputs.get("attentions." + layer);
                assertEquals("f32[2," + heads + ",4,4]", p.type().toString());
                for (int row = 0; row < 2 * heads * 4; row++) {
                    boolean padded = row >= heads * 4 && row % 4 == 3;
                    double sum = 0;
                    for (int key = 0; key < 4; key++) {
                        sum += p.getDouble(row * 4L + key);
                    }
                    assertEquals(padded ? 0 : 1, sum, 1e-5);
                    if (row >= heads * 4) {
                        assertEquals(0, p.getDouble(row * 4L + 3));
                    }
                }
            }
            fused.run(inputs())
                    .forEach((name, expected) ->
                            assertTrue(Exact.difference(expected, outputs.get(name)) <= Fixture.LOGITS, name));
        }
    }
}
