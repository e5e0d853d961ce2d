package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradients;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.ReplacedTokens;
import detangle.runtime.Backends;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Compares losses, replaced tokens and the first gradients of generators and discriminators with those of the original
 * code: in f64 by the definition of gradients and the interpreter, and in f32 by the fast rules and the kernels.
 */
class ReplacedTokenGradientsTest {
    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);
    private static final double TOLERANCE = 1e-9;

    /** The bounds of double precision, whose goldens are stored as f32, and of single precision. */
    private enum Bounds {
        DOUBLE(TOLERANCE, TOLERANCE, 2e-7, 1e-9),
        SINGLE(2e-5, 1e-4, 1e-5, 1e-6);

        private final double loss;
        private final double norm;
        private final double gradient;
        private final double least;

        Bounds(double loss, double norm, double gradient, double least) {
            this.loss = loss;
            this.norm = norm;
            this.gradient = gradient;
            this.least = least;
        }
    }

    @ParameterizedTest
    @MethodSource("detangle.conformance.ReplacedTokenFixture#joint")
    void jointGradients(String name) {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named(name);
        JsonNode step = fixture.steps().get(0);
        check(fixture, fixture.jointProgram(), fixture.tensors("grads"), step);
    }

    @ParameterizedTest
    @MethodSource("detangle.conformance.ReplacedTokenFixture#decoupled")
    void gradientsOfGenerators(String name) {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named(name);
        Map<String, Tensor> expected = fixture.tensors("grads");
        expected.keySet().removeIf(n -> !n.startsWith(ReplacedTokens.GENERATOR));
        check(fixture, fixture.generatorProgram(), expected, fixture.steps().get(0));
    }

    /** Without shared tables the first gradient of the discriminator does not depend on the generator's update. */
    @Test
    void gradientsOfDiscriminator() {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named("rtd-decoupled-none");
        Map<String, Tensor> expected = fixture.tensors("grads");
        expected.keySet().removeIf(n -> !n.startsWith(ReplacedTokens.DISCRIMINATOR));
        check(
                fixture,
                fixture.discriminatorProgram(),
                expected,
                fixture.steps().get(0).path("discriminator"));
    }

    /**
     * The tables of the generator learn nothing from the discriminator, whose own table learns as if it were the sum.
     */
    @Test
    void disentangledTablesGetNoGradientOfTheDiscriminator() {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named("rtd-joint-gdes");
        Map<String, double[]> disentangled = byDefinition(
                fixture,
                fixture.discriminatorProgram(),
                Set.of(
                        "generator.deberta.embeddings.word_embeddings.weight",
                        "discriminator.deberta.embeddings.word_embeddings._weight"));
        double[] ofGenerator = disentangled.get("generator.deberta.embeddings.word_embeddings.weight");
        double[] own = disentangled.get("discriminator.deberta.embeddings.word_embeddings._weight");
        assertEquals(0, largest(ofGenerator));
        assertTrue(largest(own) > 0);
    }

    /** Losses, labels and logits of each token, without a gradient. */
    @ParameterizedTest
    @MethodSource("detangle.conformance.ReplacedTokenFixture#all")
    void replacedTokens(String name) {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named(name);
        // In later steps, and where tables are shared with a generator that was updated, parameters are others.
        JsonNode step = fixture.steps().get(0);
        boolean isBeforeUpdates = !name.equals("rtd-decoupled-gdes");
        Map<String, Tensor> inputs = fixture.inputs(0);
        Map<String, Tensor> outputs = INTERPRETER
                .run(fixture.evaluationProgram(), inputs, fixture.tensors("model"))
                .outputs();
        Tensor mask = inputs.get(InputNames.MASK);
        Tensor replaced = outputs.get(ReplacedTokens.REPLACED);
        List<Double> labels = new ArrayList<>();
        for (int i = 0; i < mask.elements(); i++) {
            if (mask.getLong(i) != 0) {
                labels.add(replaced.getDouble(i));
            }
        }
        List<Double> expected = new ArrayList<>();
        step.path("rtd_labels_of_mask1_positions").get(0).forEach(label -> expected.add(label.asDouble()));
        assertEquals(expected, labels);
        JsonNode perToken = step.path("mlm_loss_per_masked_token");
        Tensor losses = outputs.get(ReplacedTokens.MLM_LOSSES);
        assertEquals(perToken.size(), losses.elements());
        for (int i = 0; i < perToken.size(); i++) {
            assertEquals(
                    perToken.get(i).asDouble(),
                    losses.getDouble(i),
                    TOLERANCE * perToken.get(i).asDouble());
        }
        if (isBeforeUpdates) {
            checkLogits(step.path("discriminator_logits").get(0), outputs.get(ReplacedTokens.RTD_LOGITS), mask);
            double mean = sum(outputs.get(ReplacedTokens.RTD_LOSSES)) / labels.size();
            double loss = step.path("rtd_losses").get(0).asDouble();
            assertEquals(loss, mean, TOLERANCE * loss);
        }
    }

    private static double sum(Tensor tensor) {
        double sum = 0;
        for (int i = 0; i < tensor.elements(); i++) {
            sum += tensor.getDouble(i);
        }
        return sum;
    }

    private static void checkLogits(JsonNode expected, Tensor found, Tensor mask) {
        int length = Math.toIntExact(mask.dim(1));
        for (int row = 0; row < mask.dim(0); row++) {
            for (int i = 0; i < length; i++) {
                if (mask.getLong(row * length + i) != 0) {
                    assertEquals(expected.get(row).get(i).asDouble(), found.getDouble(row * length + i), 1e-9);
                }
            }
        }
    }

    private static void check(
            ReplacedTokenFixture fixture, Program program, Map<String, Tensor> expected, JsonNode step) {
        Set<String> trained = new TreeSet<>(parameters(fixture, program).keySet());
        trained.retainAll(expected.keySet());
        check(byDefinition(fixture, program, trained), expected, step, Bounds.DOUBLE);
        check(byKernels(fixture, program, trained), expected, step, Bounds.SINGLE);
    }

    private static Map<String, Tensor> parameters(ReplacedTokenFixture fixture, Program program) {
        Map<String, Tensor> parameters = new HashMap<>();
        Map<String, Tensor> stored = fixture.tensors("model");
        RandomWeights.types(program).keySet().forEach(name -> parameters.put(name, stored.get(name)));
        assertFalse(parameters.containsValue(null), parameters.keySet()::toString);
        return parameters;
    }

    private static Map<String, Tensor> inputs(ReplacedTokenFixture fixture, Program program) {
        Map<String, Tensor> all = fixture.inputs(0);
        Map<String, Tensor> inputs = new HashMap<>();
        program.inputs().forEach(input -> inputs.put(input.name(), all.get(input.name())));
        return inputs;
    }

    private static Program withGradients(Program forward, Set<String> parameters) {
        List<Output> outputs = new ArrayList<>();
        outputs.add(new Output(HeadLosses.LOSS, forward.output(HeadLosses.LOSS)));
        Gradients.of(forward, HeadLosses.LOSS, parameters).forEach((name, g) -> outputs.add(new Output(name, g)));
        return new Program("gradients", forward.inputs(), outputs, forward.constants());
    }

    private static Map<String, double[]> byDefinition(
            ReplacedTokenFixture fixture, Program program, Set<String> trained) {
        Program gradients = withGradients(program, trained);
        return numbers(INTERPRETER
                .run(gradients, inputs(fixture, gradients), parameters(fixture, program))
                .outputs());
    }

    private static Map<String, double[]> byKernels(ReplacedTokenFixture fixture, Program program, Set<String> trained) {
        Program loss = new Program(
                program.name(),
                program.inputs(),
                List.of(new Output(HeadLosses.LOSS, program.output(HeadLosses.LOSS))),
                program.constants());
        Program forward = Compiler.run(loss, Passes.training(false), (pass, p) -> {});
        Program gradients = withGradients(forward, trained);
        Device device = Backends.device(Optional.of("vector"), Set.of());
        try (Executable executable = device.load(
                Compiler.compile(gradients, Passes.afterGradients()), device.variables(parameters(fixture, program)))) {
            return numbers(executable.run(inputs(fixture, gradients)));
        }
    }

    private static Map<String, double[]> numbers(Map<String, Tensor> outputs) {
        Map<String, double[]> numbers = new TreeMap<>();
        outputs.forEach((name, tensor) -> numbers.put(name, tensor.toDoubles()));
        return numbers;
    }

    private static void check(Map<String, double[]> found, Map<String, Tensor> expected, JsonNode step, Bounds bounds) {
        double loss = step.path("loss").asDouble();
        assertEquals(loss, found.get(HeadLosses.LOSS)[0], bounds.loss * loss, "loss");
        double largest = expected.values().stream()
                .mapToDouble(gradient -> largest(gradient.toDoubles()))
                .max()
                .orElseThrow();
        double squares = 0;
        for (String name : expected.keySet()) {
            double[] wanted = expected.get(name).toDoubles();
            // The original has positions of the discriminator that it does not read.
            boolean isUnread = name.startsWith("discriminator.deberta.embeddings.position_embeddings.");
            assertEquals(!isUnread, found.containsKey(name), name);
            assertTrue(!isUnread || largest(wanted) == 0, name);
            double[] ours = found.getOrDefault(name, wanted);
            assertEquals(wanted.length, ours.length, name);
            for (int i = 0; i < ours.length; i++) {
                squares += ours[i] * ours[i];
                assertEquals(wanted[i], ours[i], bounds.gradient * largest + bounds.least, name + ", element " + i);
            }
        }
        double norm = step.path("grad_norm").asDouble();
        assertEquals(norm, Math.sqrt(squares), bounds.norm * norm, "norm");
    }

    private static double largest(double[] numbers) {
        double largest = 0;
        for (double number : numbers) {
            largest = Math.max(largest, Math.abs(number));
        }
        return largest;
    }
}
