package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The loss of the first step of each training, as the original code and HuggingFace's compute it. */
class TrainingLossTest {
    private static final double TOLERANCE = 1e-9;

    /** Labels that are numbers are rounded to single precision here. */
    private static final double OF_NUMBERS = 1e-7;

    @TempDir
    Path temporary;

    private static double loss(Program program, Map<String, Tensor> inputs, Map<String, Tensor> parameters) {
        return new Interpreter(Precision.F64)
                .run(program, inputs, parameters)
                .outputs()
                .get("loss")
                .getDouble(0);
    }

    private static double loss(TrainingFixture fixture, Program program, Map<String, Tensor> more) {
        Map<String, Tensor> parameters = fixture.parameters(program);
        List<Map<String, Tensor>> parts = fixture.inputs(0);
        double sum = 0;
        for (Map<String, Tensor> part : parts) {
            Map<String, Tensor> batch = new HashMap<>(part);
            batch.putAll(more);
            sum += loss(program, TrainingFixture.inputs(program, batch), parameters);
        }
        return fixture.options().lossDivisor() ? sum : sum / parts.size();
    }

    @ParameterizedTest
    @MethodSource("detangle.conformance.TrainingFixture#steps")
    void firstLoss(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        Program program = fixture.program();
        double expected = fixture.expected(0, "loss");
        double tolerance = name.startsWith("regression") ? OF_NUMBERS : TOLERANCE;
        assertEquals(expected, loss(fixture, program, Map.of()), tolerance * Math.abs(expected));
    }

    /** Elements are dropped by given masks, at the places of the original. */
    @ParameterizedTest
    @MethodSource("detangle.conformance.TrainingFixture#withMasks")
    void lossUnderDropout(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        Map<String, Tensor> masks = fixture.masks();
        Program program = fixture.program(TrainingFixture.byMasks());
        assertEquals(masks.keySet(), masksOf(program));
        double expected = fixture.expected(0, "loss");
        assertEquals(expected, loss(fixture, program, masks), TOLERANCE * Math.abs(expected));
    }

    private static Set<String> masksOf(Program program) {
        return program.inputs().stream()
                .map(Node::name)
                .filter(name -> name.contains("#"))
                .collect(Collectors.toSet());
    }

    /** A mask that says of each query which keys it sees gives the loss of the mask of tokens that means the same. */
    @Test
    void masksOfPairs() {
        TrainingFixture fixture = TrainingFixture.named("tokcls-v2conv");
        TrainingModelOptions options = fixture.options();
        Program program = fixture.program(options.with(options.model().with(AttentionMask.PAIRS)));
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        Tensor mask = batch.get(InputNames.MASK);
        int length = Math.toIntExact(mask.dim(1));
        long[] pairs = new long[Math.toIntExact(mask.elements()) * length];
        for (int i = 0; i < pairs.length; i++) {
            int row = i / length;
            pairs[i] = mask.getLong(row) * mask.getLong((long) row / length * length + i % length);
        }
        batch.put(InputNames.MASK, Tensor.of(pairs, mask.dim(0), length, length));
        double expected = fixture.expected(0, "loss");
        Map<String, Tensor> parameters = fixture.parameters(program);
        assertEquals(expected, loss(program, TrainingFixture.inputs(program, batch), parameters), TOLERANCE * expected);
    }

    /** The discriminator's loss on the tokens that the generator has drawn. */
    @Test
    void replacedTokens() throws Exception {
        TrainingFixture fixture = TrainingFixture.named("rtd-joint-none");
        Files.writeString(
                temporary.resolve("config.json"),
                fixture.json("config.json").path("discriminator").toString());
        DebertaConfig discriminator = DebertaConfig.read(temporary);
        Architecture head = Architecture.REPLACED_TOKEN_DETECTION;
        Program program = TrainingModel.build(
                discriminator, head, TrainingModelOptions.of(head).withDropout(false));
        Map<String, Tensor> parameters = new HashMap<>();
        try (Weights weights = Weights.open(fixture.folder().resolve("model.safetensors"))) {
            program.nodes().forEach(node -> {
                if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                    Tensor stored = weights.get("discriminator." + name);
                    parameters.put(name, Tensor.of(stored.toFloats(), stored.shape()));
                }
            });
        }
        JsonNode batch = fixture.json("inputs.json").path("batches").get(0);
        JsonNode step = fixture.json("expected.json").path("f64").path("steps").get(0);
        int rows = batch.path(InputNames.LABELS).size();
        Map<String, Tensor> inputs = Map.of(
                InputNames.IDS,
                TrainingFixture.tensor(step.path("discriminator_input_ids").get(0), 0, rows),
                InputNames.MASK,
                TrainingFixture.tensor(batch.path(InputNames.MASK), 0, rows),
                InputNames.LABELS,
                TrainingFixture.tensor(batch.path(InputNames.LABELS), 0, rows));
        double expected = step.path("rtd_losses").get(0).doubleValue();
        assertEquals(expected, loss(program, inputs, parameters), TOLERANCE);
    }
}
