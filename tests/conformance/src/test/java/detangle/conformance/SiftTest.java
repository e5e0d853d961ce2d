package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Plan;
import detangle.compiler.Compiler;
import detangle.compiler.PackedInputs;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradient;
import detangle.compiler.gradient.Gradients;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.Losses;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.SiftNames;
import detangle.models.deberta.SiftOptions;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.runtime.Backends;
import detangle.train.SiftGradient;
import detangle.train.TrainingPrograms;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.Clipping;
import detangle.train.optimizer.DecayRule;
import detangle.train.optimizer.ParameterGroups;
import detangle.train.optimizer.ParameterUpdates;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Compares the values inside of a step of SiFT with those of the original code, and checks that nothing more is
 * computed for it.
 */
class SiftTest {
    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);

    /** The goldens are f64 stored as f32; the relative bound of what a step in double precision gives. */
    private static final double STORED_TOLERANCE = 2e-7;

    /** After updates in single precision, parameters differ in their last digits. */
    private static final double TOLERANCE_AFTER_UPDATES = 2e-4;

    private static Program closed(Program program) {
        return SiftGradient.in(program, new Builder().constant(DType.F32, 1), name -> OptionalInt.empty());
    }

    private static Map<String, Tensor> run(Program program, Map<String, Tensor> given, Map<String, Tensor> weights) {
        Map<String, Tensor> inputs = new HashMap<>(given);
        inputs.keySet().retainAll(program.inputs().stream().map(Node::name).toList());
        return INTERPRETER.run(program, inputs, weights).outputs();
    }

    /** Compares the losses, and all values that lead to the perturbation, before each of the three updates. */
    @ParameterizedTest
    @MethodSource("detangle.conformance.TrainingFixture#sift")
    void lossesAndPerturbationsOfEachStep(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        Program program = closed(fixture.program());
        for (int step = 0; step < 3; step++) {
            Map<String, Tensor> weights = step == 0
                    ? fixture.parameters(program)
                    : FixtureTraining.of(fixture, step, "vector").parameters();
            Map<String, Tensor> found = run(program, fixture.inputs(step).getFirst(), weights);
            JsonNode expected =
                    fixture.json("expected.json").path("f64").path("steps").get(step);
            double tolerance = step == 0 ? STORED_TOLERANCE : TOLERANCE_AFTER_UPDATES;
            Map.of(
                            "loss", HeadLosses.LOSS,
                            "inner_loss", SiftNames.INNER_LOSS,
                            "adversarial_loss", SiftNames.ADVERSARIAL_LOSS,
                            "task_loss", SiftNames.TASK_LOSS)
                    .forEach((theirs, ours) -> {
                        double wanted = expected.path(theirs).doubleValue();
                        assertEquals(wanted, found.get(ours).getDouble(0), tolerance * wanted, theirs);
                    });
            Map<String, String> tensors = Map.of(
                    "hook_input", SiftNames.EMBEDDINGS,
                    "d0", SiftNames.NOISE,
                    "inner_grad", SiftNames.GRADIENT,
                    "delta", SiftNames.PERTURBATION);
            for (String theirs : tensors.keySet()) {
                String at = "step." + step + "." + theirs;
                same(fixture.tensor("sift.safetensors", at), found.get(tensors.get(theirs)), tolerance, at);
            }
        }
    }

    private static void same(Tensor expected, Tensor actual, double tolerance, String what) {
        double largest = 0;
        for (int i = 0; i < expected.elements(); i++) {
            largest = Math.max(largest, Math.abs(expected.getDouble(i)));
        }
        assertEquals(expected.elements(), actual.elements(), what);
        for (int i = 0; i < expected.elements(); i++) {
            assertEquals(expected.getDouble(i), actual.getDouble(i), tolerance * largest, what + " at " + i);
        }
    }

    private static Program withGradients(Program model, boolean packed) {
        Program forward = closed(Compiler.run(model, Passes.training(packed), (pass, p) -> {}));
        assertEquals(packed, PackedInputs.of(forward).isPresent());
        SequencedSet<String> parameters = new LinkedHashSet<>();
        forward.nodes().forEach(node -> {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.add(name);
            }
        });
        List<Output> outputs = new ArrayList<>(forward.outputs());
        Gradients.of(forward, HeadLosses.LOSS, parameters)
                .forEach((name, gradient) -> outputs.add(new Output(name, gradient)));
        return new Program("gradients", forward.inputs(), outputs, forward.constants());
    }

    /** Noise is that of the tokens' places, so that packed and padded steps are the same. */
    @ParameterizedTest
    @ValueSource(strings = {"sift-seqcls", "sift-regression", "multichoice-v3", "tokcls-v2conv"})
    void aPackedStepIsThePaddedOne(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        Architecture head =
                name.startsWith("multichoice") ? Architecture.MULTIPLE_CHOICE : Architecture.SEQUENCE_CLASSIFICATION;
        Program model = TrainingModel.build(
                fixture.config(),
                head,
                TrainingModelOptions.of(head).with(SiftOptions.DEFAULT).withDropout(false));
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        batch.put(InputNames.DROPOUT_SEED, Tensor.of(new long[] {7}));
        if (name.startsWith("tokcls")) { // Of a model with a convolution, which is computed with padding.
            int rows = (int) batch.get(InputNames.IDS).dim(0);
            batch.put(InputNames.LABELS, Tensor.of(new long[rows], rows));
        }
        Map<String, Tensor> weights = RandomWeights.of(model);
        Program padded = withGradients(model, false);
        Program packed = withGradients(model, true);
        Map<String, Tensor> expected = run(padded, TrainingFixture.inputs(padded, batch), weights);
        Map<String, Tensor> found = run(packed, TrainingFixture.inputs(packed, batch), weights);
        assertTrue(expected.size() > 20, "gradients of all parameters");
        Tensor mask = batch.get(InputNames.MASK);
        expected.forEach((output, tensor) -> {
            int width = output.startsWith("sift_") && tensor.shape().length == 3 ? (int) tensor.dim(2) : 0;
            for (int i = 0; i < tensor.elements(); i++) {
                if (width == 0 || mask.getLong(i / width) != 0) {
                    assertEquals(tensor.getDouble(i), found.get(output).getDouble(i), 1e-9, output + " at " + i);
                }
            }
        });
    }

    /**
     * A distance of two answers gives each the difference of the probabilities, with the check values of training.md.
     */
    @Test
    void theGradientOfSymmetricKl() {
        Builder b = new Builder();
        TensorType type = TensorType.of(DType.F64, 2, 3);
        Node s = b.input("s", type);
        Node t = b.input("t", type);
        Node loss = Losses.mean(b, Losses.symmetricKl(b, s, t));
        List<Node> gradients = Gradient.of(loss, List.of(s, t));
        Program program = new Program(
                "kl",
                List.of(s, t),
                List.of(
                        new Output("loss", loss),
                        new Output("ds", gradients.getFirst()),
                        new Output("dt", gradients.getLast())),
                Map.of());
        Map<String, Tensor> found = INTERPRETER.run(
                program,
                Map.of(
                        "s", Tensor.of(new double[] {.1, .5, -.3, 1, 0, 2}, 2, 3),
                        "t", Tensor.of(new double[] {.2, -.1, .4, .5, .5, .5}, 2, 3)));
        // The original computes it in single precision.
        assertEquals(2.45371962, found.get("loss").getDouble(0), 3e-7);
        double[] expected = {-.01067173, .11084375, -.10017197};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found.get("ds").getDouble(i), 5e-8);
            assertEquals(-expected[i], found.get("dt").getDouble(i), 5e-8);
        }
    }

    private static TrainingPrograms programs(TrainingFixture fixture, TrainingModelOptions options) {
        ParameterUpdates.Plan plan = new ParameterUpdates.Plan(
                AdamW.DEFAULT,
                new Clipping(1, Clipping.Rule.TORCH),
                ParameterGroups.of(DecayRule.HUGGINGFACE, 0.01),
                false);
        return TrainingPrograms.of(TrainingModel.build(fixture.config(), fixture.head(), options), plan, false);
    }

    /**
     * The products of a program.
     *
     * @param ofWeights those of the shape of a weight: the gradients of weights
     */
    private record Products(int all, int ofWeights) {
        static Products of(Program program) {
            Set<Shape> weights = new HashSet<>();
            List<Node> products = new ArrayList<>();
            for (Node node : program.nodes()) {
                if (node.op() instanceof TensorOp.Param && node.type().rank() == 2) {
                    weights.add(node.shape());
                }
                if (node.op() instanceof TensorOp.Dot || node.op() instanceof KernelOp.Linear) {
                    products.add(node);
                }
            }
            return new Products(products.size(), (int)
                    products.stream().filter(n -> weights.contains(n.shape())).count());
        }
    }

    /** Two forward passes more, one backward pass more, and one more without gradients of weights. */
    @Test
    void theInnerGradientHasNoProductsOfWeights() {
        TrainingFixture fixture = TrainingFixture.named("sift-seqcls");
        TrainingModelOptions options = TrainingModelOptions.of(fixture.head());
        Program forward = Compiler.run(
                TrainingModel.build(fixture.config(), fixture.head(), options),
                Passes.training(false),
                (pass, p) -> {});
        Products plain = Products.of(programs(fixture, options).step().program());
        Products sift = Products.of(
                programs(fixture, options.with(SiftOptions.DEFAULT)).step().program());
        int forwards = Products.of(forward).all();
        int backwards = plain.all() - forwards;
        assertTrue(plain.ofWeights() > 10 && backwards > plain.ofWeights(), plain::toString);
        assertTrue(sift.ofWeights() <= 2 * plain.ofWeights(), sift + " and " + plain);
        int most = 3 * forwards + 2 * backwards + backwards - plain.ofWeights();
        assertTrue(sift.all() <= most && sift.all() > 2 * plain.all(), sift + " of " + most + " and " + plain);
    }

    /** A factor of the loss, which is a power of two, is a factor of the inner loss too, and changes no bit. */
    @Test
    void theInnerLossIsScaledAsTheLossIs() {
        TrainingFixture fixture = TrainingFixture.named("sift-seqcls-mse");
        Program model = fixture.program();
        Program forward = Compiler.run(model, Passes.training(false), (pass, p) -> {});
        Node factor = new Builder().input("factor", new TensorType(DType.F32, Shape.SCALAR));
        Program whole = SiftGradient.in(forward, factor, name -> OptionalInt.empty());
        List<Node> inputs = new ArrayList<>(whole.inputs());
        inputs.add(factor);
        Program program = new Program("scaled", inputs, whole.outputs(), whole.constants());
        Map<String, Tensor> weights = fixture.parameters(model);
        List<Map<String, Tensor>> found = new ArrayList<>();
        Device device = Backends.device(Optional.of("vector"), Set.of());
        Plan plan = Compiler.compile(program, Passes.afterGradients());
        try (Executable executable = device.load(plan, device.variables(weights))) {
            for (float scale : new float[] {1, 65536}) {
                Map<String, Tensor> given = new HashMap<>(fixture.inputs(0).getFirst());
                given.put("factor", Tensor.of(new float[] {scale}));
                given.keySet()
                        .retainAll(program.inputs().stream().map(Node::name).toList());
                found.add(Map.copyOf(executable.run(given)));
            }
        }
        for (String output : List.of(SiftNames.GRADIENT, SiftNames.PERTURBATION, HeadLosses.LOSS)) {
            assertArrayEquals(
                    found.getFirst().get(output).toFloats(),
                    found.getLast().get(output).toFloats(),
                    output);
        }
    }
}
