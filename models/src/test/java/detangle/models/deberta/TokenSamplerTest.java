package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Philox;
import detangle.ir.interpreter.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens are drawn with the probabilities of their softmax. */
class TokenSamplerTest {
    private static final int ROWS = 400;
    private static final long SEED = 7;

    /** Vocabularies of one token, of one block, of whole blocks, and of a last block that is not full. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 90, 101})
    void drawsTheFirstTokenWhoseProbabilitiesUpToItAreMoreThanTheRandomNumber(int words) {
        Random random = new Random(words);
        double[] logits = random.doubles((long) ROWS * words, -4, 4).toArray();
        Tensor drawn = draw(logits, words);
        for (int row = 0; row < ROWS; row++) {
            double total = 0;
            for (int token = 0; token < words; token++) {
                total += Math.exp(logits[row * words + token]);
            }
            double target = Philox.uniform(SEED, 0, row) * total;
            int token = 0;
            for (double sum = Math.exp(logits[row * words]); sum <= target; token++) {
                sum += Math.exp(logits[row * words + token + 1]);
            }
            assertEquals(token, drawn.getLong(row), "row " + row);
        }
    }

    /** Tokens without a chance, at both ends and in between, are never drawn. */
    @ParameterizedTest
    @ValueSource(ints = {12, 101})
    void neverDrawsWhatHasNoProbability(int words) {
        double[] logits = new double[ROWS * words];
        for (int i = 0; i < logits.length; i++) {
            int token = i % words;
            logits[i] = token == 5 || token == 8 ? 1 : Double.NEGATIVE_INFINITY;
        }
        Tensor drawn = draw(logits, words);
        long[] counts = new long[words];
        for (int row = 0; row < ROWS; row++) {
            counts[(int) drawn.getLong(row)]++;
        }
        assertEquals(ROWS, counts[5] + counts[8]);
        assertTrue(Math.abs(counts[5] - ROWS / 2) < 50, "half of the rows, and not " + counts[5]);
    }

    private static Tensor draw(double[] logits, int words) {
        Builder b = new Builder();
        Node given = b.input("logits", TensorType.of(DType.F32, Dim.symbol("N"), Dim.of(words)));
        Node sampled = TokenSampler.random().sample(b, given);
        List<Node> inputs = new ArrayList<>(List.of(given));
        new Program("draw", inputs, List.of(new Output("sampled", sampled)), Map.of())
                .nodes().stream()
                        .filter(node -> node.op() instanceof TensorOp.Input && node != given)
                        .forEach(inputs::add);
        Program program = new Program("draw", inputs, List.of(new Output("sampled", sampled)), Map.of());
        return new Interpreter(Precision.F64)
                .run(
                        program,
                        Map.of(
                                "logits",
                                Tensor.ofDoubles(DType.F32, logits, ROWS, words),
                                InputNames.SAMPLING_SEED,
                                Tensor.of(new long[] {SEED})))
                .get("sampled");
    }
}
