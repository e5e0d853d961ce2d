package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the noise and the step of SiFT, and that heads which cannot have it are refused. Its gradient is tested in the
 * conformance tests.
 */
class SiftModelTest {
    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);

    @TempDir
    Path folder;

    private DebertaConfig config(String more) throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(
                file,
                "{\"model_type\":\"deberta-v2\",\"vocab_size\":7,\"hidden_size\":8,\"num_hidden_layers\":1,"
                        + "\"num_attention_heads\":1,\"intermediate_size\":8,\"hidden_dropout_prob\":0.1,"
                        + "\"attention_probs_dropout_prob\":0.1,\"relative_attention\":true,"
                        + "\"pos_att_type\":\"p2c|c2p\",\"position_buckets\":4" + more + "}");
        return DebertaConfig.read(file);
    }

    private static Program build(DebertaConfig config, Architecture head, SiftOptions options) {
        return TrainingModel.build(config, head, TrainingModelOptions.of(head).with(options));
    }

    private static Program classifier(DebertaConfig config) {
        return build(config, Architecture.SEQUENCE_CLASSIFICATION, SiftOptions.DEFAULT);
    }

    /** The probability below a number is the uniform number that it was made of. */
    @Test
    void normalNumbers() {
        int count = 1000;
        Builder b = new Builder();
        Node uniform = b.input("u", TensorType.of(DType.F64, new long[] {count}));
        Node normal = NormalNumbers.of(b, uniform);
        Node erf = b.unary(UnaryFunction.ERF, b.mul(normal, b.constant(DType.F64, Math.sqrt(0.5))));
        Node below = b.mul(b.add(erf, b.constant(DType.F64, 1)), b.constant(DType.F64, 0.5));
        Program program = new Program(
                "normal", List.of(uniform), List.of(new Output("z", normal), new Output("p", below)), Map.of());
        double[] given =
                IntStream.range(0, count).mapToDouble(i -> (double) i / count).toArray();
        Map<String, Tensor> found = INTERPRETER.run(program, Map.of("u", Tensor.of(given, count)));
        for (int i = 0; i < count; i++) {
            double z = found.get("z").getDouble(i);
            if (Math.abs(z) < 2.9) {
                assertEquals(given[i], found.get("p").getDouble(i), 1e-7);
            }
            assertTrue(Math.abs(z) >= 2.9 || i > 1 && i < count - 1, "the number of " + given[i] + " is " + z);
        }
    }

    private static Map<String, Tensor> inputs(Program program, long seed, Tensor gradient) {
        Random random = new Random(5);
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(InputNames.IDS, Tensor.of(random.longs(200, 1, 7).toArray(), 20, 10));
        inputs.put(
                InputNames.MASK,
                Tensor.of(IntStream.range(0, 200).mapToLong(i -> 1).toArray(), 20, 10));
        inputs.put(InputNames.LABELS, Tensor.of(new long[20], 20));
        inputs.put(InputNames.DROPOUT_SEED, Tensor.of(new long[] {seed}));
        inputs.put(SiftNames.NOISE, Tensor.of(new float[1600], 20, 10, 8));
        inputs.put(SiftNames.GRADIENT, gradient);
        inputs.keySet().retainAll(program.inputs().stream().map(Node::name).toList());
        return inputs;
    }

    private static double[] output(Program program, String name, long seed, Tensor gradient) {
        Program alone = new Program(
                "alone", program.inputs(), List.of(new Output(name, program.output(name))), program.constants());
        return INTERPRETER
                .run(alone, inputs(program, seed, gradient), RandomWeights.of(program))
                .outputs()
                .get(name)
                .toDoubles();
    }

    /** Noise differs between seeds, and a 22nd of a normal distribution is beyond two deviations. */
    @Test
    void noiseIsNormalAndClipped() throws IOException {
        Program program = classifier(config(""));
        Tensor none = Tensor.of(new float[1600], 20, 10, 8);
        double[] noise = output(program, SiftNames.NOISE, 1, none);
        assertEquals(0, Arrays.stream(noise).average().orElseThrow(), 1e-3);
        double deviation =
                Math.sqrt(Arrays.stream(noise).map(x -> x * x).average().orElseThrow());
        assertEquals(0.0096, deviation, 5e-4); // of numbers that are clipped to two deviations of 0.01
        long clipped = Arrays.stream(noise)
                .filter(x -> Math.abs(x) == (double) 0.02f || Math.abs(x) == 0.02)
                .count();
        assertEquals(0.0455 * noise.length, clipped, 30);
        double[] other = output(program, SiftNames.NOISE, 2, none);
        assertTrue(IntStream.range(0, noise.length)
                        .filter(i -> noise[i] == other[i])
                        .count()
                < 100);
    }

    /** The largest element of each token's step is the learning rate; where there is no gradient there is no step. */
    @Test
    void theStepOfEachTokenHasOneLength() throws IOException {
        Program program = classifier(config(""));
        float[] gradient = new float[1600];
        Random random = new Random(3);
        for (int i = 8; i < gradient.length; i++) {
            gradient[i] = (float) (random.nextGaussian() * Math.exp(i / 8 % 7));
        }
        double[] moved = output(program, SiftNames.PERTURBATION, 1, Tensor.of(gradient, 20, 10, 8));
        for (int token = 0; token < 200; token++) {
            double largest = Arrays.stream(moved, token * 8, token * 8 + 8)
                    .map(Math::abs)
                    .max()
                    .orElseThrow();
            assertEquals(token == 0 ? 0 : 1e-4, largest, 1e-8, "token " + token);
        }
        gradient[77] = Float.POSITIVE_INFINITY;
        double[] still = output(program, SiftNames.PERTURBATION, 1, Tensor.of(gradient, 20, 10, 8));
        assertArrayEquals(new double[1600], still, "a gradient that is not finite");
    }

    /** Each of the three passes drops elements at all places, and no two draws share a stream. */
    @Test
    void thePassesDropOtherElements() throws IOException {
        DebertaConfig config = config("");
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        Map<String, List<String>> calls = new HashMap<>();
        Dropout recorder = (b, place, rate, x) -> {
            String[] parts = place.split("#");
            calls.computeIfAbsent(parts[0], p -> new ArrayList<>()).add(parts[1]);
            return x;
        };
        TrainingModelOptions options = TrainingModelOptions.of(head).with(SiftOptions.DEFAULT);
        TrainingModel.build(config, head, options, recorder);
        assertTrue(calls.size() >= 6, calls::toString);
        calls.forEach((place, of) -> assertEquals(List.of("0", "1", "2"), of, place));
        List<Long> streams = new ArrayList<>();
        for (Node node : TrainingModel.build(config, head, options).nodes()) {
            if (node.op() instanceof TensorOp.RandomUniform(TensorType type, long stream)) {
                streams.add(stream);
            }
        }
        assertEquals(3 * calls.size() + 1, streams.size(), "the noise has a draw of its own");
        assertEquals(streams.size(), streams.stream().distinct().count());
    }

    private static String refusal(DebertaConfig config, Architecture head, SiftOptions options) {
        return assertThrows(LossException.class, () -> build(config, head, options))
                .getMessage();
    }

    @Test
    void lossesOfOnesOwnAreRefused() throws IOException {
        DebertaConfig config = config("");
        for (Architecture head : Architecture.values()) {
            boolean takes = head == Architecture.SEQUENCE_CLASSIFICATION || head == Architecture.MULTIPLE_CHOICE;
            if (!takes && head != Architecture.ENCODER) {
                String told = refusal(config, head, SiftOptions.DEFAULT);
                assertTrue(told.contains("vat_lambda") && told.contains(head.text()), told);
            }
        }
        DebertaConfig several = config(",\"problem_type\":\"multi_label_classification\"");
        String told = refusal(several, Architecture.SEQUENCE_CLASSIFICATION, SiftOptions.DEFAULT);
        assertTrue(told.contains("several labels at once"), told);
        TrainingModelOptions options = TrainingModelOptions.DEFAULT.with(SiftOptions.DEFAULT);
        LossException own = assertThrows(
                LossException.class,
                () -> TrainingModel.build(config, encoder -> List.of(), (encoder, outputs) -> null, options));
        assertTrue(own.getMessage().contains("a loss of its own"), own.getMessage());
    }

    /** Numbers are compared by squares, unless a softmax over the batch is asked for as microsoft has it. */
    @Test
    void distributionsOfNumbersAreRefused() throws IOException {
        DebertaConfig numbers = config(",\"num_labels\":1");
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        build(numbers, head, SiftOptions.DEFAULT);
        SiftOptions kl = SiftOptions.DEFAULT.withLossFunction(SiftLossFunction.KL);
        build(numbers, head, kl.withSoftmaxOverBatch(true));
        String told = refusal(numbers, head, kl);
        assertTrue(told.contains("vat_loss_fn is kl"), told);
        TrainingModelOptions divided = TrainingModelOptions.of(head)
                .with(SiftOptions.DEFAULT.withSoftmaxOverBatch(true))
                .withLossDivisor(true);
        LossException e = assertThrows(LossException.class, () -> TrainingModel.build(numbers, head, divided));
        assertTrue(e.getMessage().contains("loss divisor"), e.getMessage());
    }

    @Test
    void numbersOutsideTheirRangeAreRefused() {
        assertThrows(LossException.class, () -> SiftOptions.DEFAULT.withLambda(0));
        assertThrows(LossException.class, () -> SiftOptions.DEFAULT.withLearningRate(-1));
        assertThrows(LossException.class, () -> SiftOptions.DEFAULT.withInitPerturbation(Double.NaN));
    }
}
