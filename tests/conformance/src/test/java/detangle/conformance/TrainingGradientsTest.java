package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradients;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.weights.Weights;
import detangle.runtime.Backends;
import detangle.train.SiftGradient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The gradient of every parameter at the first update, as the original code and HuggingFace's compute it: in f64 by the
 * definition of gradients and the interpreter, and in f32 by the fast rules and the kernels.
 */
class TrainingGradientsTest {
    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);

    /** The goldens are f64 stored as f32. */
    private static final Tolerance EXACT = new Tolerance(1e-9, 1e-9, 2e-7, 1e-9);

    /** Labels that are numbers are rounded to single precision here. */
    private static final Tolerance OF_NUMBERS = new Tolerance(1e-7, 1e-7, 2e-7, 1e-7);

    /** These are the bounds of single precision in goldens-training/README.md. */
    private static final Tolerance SINGLE = new Tolerance(2e-5, 1e-4, 1e-5, 1e-6);

    /** The relative bound of the loss in bf16. */
    private static final double LOSS_IN_BF16 = 5e-3;

    /** The bound of all gradients in bf16, as squares of errors by squares of the original code's numbers. */
    private static final double GRADIENTS_IN_BF16 = 5e-4;

    /** The same of the gradient of each parameter, with {@link #LEAST_IN_BF16} in what it is divided by. */
    private static final double GRADIENT_IN_BF16 = 1e-3;

    /** What is added for each element, of the mean square of an element of all gradients. */
    private static final double LEAST_IN_BF16 = 1e-3;

    /**
     * @param loss the relative bound of the loss
     * @param norm the relative bound of the norm of all gradients
     * @param gradient the bound of each element, relative to the largest gradient of the fixture
     * @param least the absolute bound of each element, which is added
     */
    private record Tolerance(double loss, double norm, double gradient, double least) {}

    /**
     * A training, its parameters, and the inputs of each part of its first update.
     *
     * @param trained the names of the parameters that have gradients
     * @param addsUp whether losses and gradients of the parts are added up; otherwise their means are taken
     */
    private record Update(
            Program program,
            Map<String, Tensor> parameters,
            Set<String> trained,
            List<Map<String, Tensor>> inputs,
            boolean addsUp) {
        static Update of(
                Program program,
                Map<String, Tensor> parameters,
                Map<String, Tensor> expected,
                List<Map<String, Tensor>> inputs,
                boolean addsUp) {
            Set<String> trained = new TreeSet<>(parameters.keySet());
            trained.retainAll(expected.keySet());
            return new Update(program, parameters, trained, inputs, addsUp);
        }

        /** Returns the loss and the gradients by name: sums of the parts where they add up, and means otherwise. */
        Map<String, double[]> run(Function<Map<String, Tensor>, Map<String, Tensor>> part) {
            Map<String, double[]> sums = new TreeMap<>();
            for (Map<String, Tensor> given : inputs) {
                Map<String, Tensor> of = new HashMap<>(given);
                of.keySet().retainAll(program.inputs().stream().map(Node::name).toList());
                part.apply(of).forEach((name, tensor) -> {
                    double[] sum = sums.computeIfAbsent(name, n -> new double[(int) tensor.elements()]);
                    for (int i = 0; i < sum.length; i++) {
                        sum[i] += tensor.getDouble(i) / (addsUp ? 1 : inputs.size());
                    }
                });
            }
            return sums;
        }
    }

    private static Program withGradients(Program model, Set<String> parameters) {
        Program forward = SiftGradient.in(model, new Builder().constant(DType.F32, 1), name -> OptionalInt.empty());
        List<Output> outputs = new ArrayList<>();
        outputs.add(new Output(HeadLosses.LOSS, forward.output(HeadLosses.LOSS)));
        Gradients.of(forward, HeadLosses.LOSS, parameters).forEach((name, g) -> outputs.add(new Output(name, g)));
        return new Program("gradients", forward.inputs(), outputs, forward.constants());
    }

    private static Map<String, double[]> byDefinition(Update update) {
        Program gradients = withGradients(update.program(), update.trained());
        return update.run(inputs ->
                INTERPRETER.run(gradients, inputs, update.parameters()).outputs());
    }

    private static Map<String, double[]> byKernels(Update update) {
        return byKernels(update, Backends.device(Optional.of("vector"), Set.of()));
    }

    private static Map<String, double[]> byKernels(Update update, Device device) {
        Program forward = Compiler.run(update.program(), Passes.training(false), (pass, p) -> {});
        Program gradients = withGradients(forward, update.trained());
        try (Executable executable = device.load(
                Compiler.compile(gradients, Passes.afterGradients()), device.variables(update.parameters()))) {
            return update.run(executable::run);
        }
    }

    @ParameterizedTest
    @MethodSource({"detangle.conformance.TrainingFixture#steps", "detangle.conformance.TrainingFixture#sift"})
    void firstUpdate(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        firstUpdate(fixture, fixture.program(), fixture.inputs(0), name.contains("regression") ? OF_NUMBERS : EXACT);
    }

    /** Elements are dropped by given masks, at the places of the original. */
    @ParameterizedTest
    @MethodSource("detangle.conformance.TrainingFixture#withMasks")
    void underDropout(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        Map<String, Tensor> inputs = new HashMap<>(fixture.inputs(0).getFirst());
        inputs.putAll(fixture.masks());
        firstUpdate(fixture, fixture.program(TrainingFixture.byMasks()), List.of(inputs), EXACT);
    }

    private static void firstUpdate(
            TrainingFixture fixture, Program program, List<Map<String, Tensor>> inputs, Tolerance exact) {
        Map<String, Tensor> parameters = fixture.parameters(program);
        double loss = fixture.expected(0, "loss");
        Optional<Double> norm = Optional.of(fixture.expected(0, "grad_norm"));
        // The files have the layout of v1.
        Map<String, Tensor> expected = fixture.trainsBiasesOfKeys()
                ? fixture.parameters(program, "grads.safetensors")
                : gradients(fixture.folder());
        Update update = Update.of(
                program, parameters, expected, inputs, fixture.options().lossDivisor());
        check(byDefinition(update), loss, norm, expected, exact);
        check(byKernels(update), loss, norm, expected, SINGLE);
    }

    private static Map<String, Tensor> gradients(Path fixture) {
        Map<String, Tensor> gradients = new TreeMap<>();
        try (Weights weights = Weights.open(fixture.resolve("grads.safetensors"))) {
            for (String name : weights.names()) {
                Tensor gradient = weights.get(name);
                gradients.put(name, Tensor.of(gradient.toFloats(), gradient.shape()));
            }
        }
        return gradients;
    }

    @ParameterizedTest
    @ValueSource(strings = {"grad-v1-tokcls", "grad-v2conv-seqcls", "grad-v3-mlm-emd", "grad-v3-mlm-legacy"})
    void publishedHeads(String name) throws Exception {
        Fixture fixture = Fixture.named(name);
        Architecture head = fixture.head();
        TrainingModelOptions options = TrainingModelOptions.of(head).withDropout(false);
        // Each position of a masked LM has a label here, which says whether the position counts.
        Program program = TrainingModel.build(
                fixture.config(), head, options.with(options.model().withMaskedRows(false)));
        JsonNode given = JsonMapper.shared()
                .readTree(fixture.inputs().toFile())
                .path("cases")
                .get(0);
        Map<String, Tensor> inputs = new HashMap<>(fixture.cases().getFirst().inputs());
        JsonNode labels = given.path(InputNames.LABELS);
        inputs.put(InputNames.LABELS, TrainingFixture.tensor(labels, 0, labels.size()));
        JsonNode losses = JsonMapper.shared()
                .readTree(fixture.folder().resolve("notes.json").toFile())
                .path("train")
                .path("losses_before_each_step_then_after");
        double loss = losses.get(0).doubleValue();
        Map<String, Tensor> expected = gradients(fixture.folder());
        try (Weights weights = Weights.open(fixture.folder().resolve("model.safetensors"))) {
            Map<String, Tensor> parameters =
                    Checkpoint.parameters(weights, fixture.config(), program, Optional.of(head), true);
            Update update = Update.of(program, parameters, expected, List.of(inputs), false);
            check(byDefinition(update), loss, Optional.empty(), expected, EXACT);
            check(byKernels(update), loss, Optional.empty(), expected, SINGLE);
            checkBf16(update, loss, expected);
        }
    }

    /** On any machine: the tiles in Java give the bits of a matrix unit. docs/NUMERICS.md has the numbers. */
    private static void checkBf16(Update update, double loss, Map<String, Tensor> expected) {
        System.setProperty(ComputePrecision.EMULATION, "true");
        try {
            Device device = Backends.device(Optional.of("vector"), Set.of(), ComputePrecision.BF16);
            Map<String, double[]> found = byKernels(update, device);
            assertEquals(loss, found.get(HeadLosses.LOSS)[0], LOSS_IN_BF16 * loss, "loss in bf16");
            double meanSquare = meanSquare(expected);
            double allErrors = 0;
            double allSquares = 0;
            String worst = "";
            double largest = 0;
            for (String name : expected.keySet()) {
                double[] wanted = expected.get(name).toDoubles();
                double[] ours = found.getOrDefault(name, wanted);
                double errors = 0;
                double squares = 0;
                for (int i = 0; i < ours.length; i++) {
                    errors += Math.pow(ours[i] - wanted[i], 2);
                    squares += Math.pow(wanted[i], 2);
                }
                allErrors += errors;
                allSquares += squares;
                double error = errors / (squares + LEAST_IN_BF16 * meanSquare * ours.length);
                if (error > largest) {
                    largest = error;
                    worst = name;
                }
            }
            double all = allErrors / allSquares;
            System.out.printf(
                    "bf16: gradients of %s parameters, errors %.2e together, and %.2e of %s%n",
                    expected.size(), all, largest, worst);
            assertTrue(all > 1e-9, "gradients are those of fp32");
            assertTrue(all <= GRADIENTS_IN_BF16, all + " of all gradients together");
            assertTrue(largest <= GRADIENT_IN_BF16, largest + " of the gradient of " + worst);
        } finally {
            System.clearProperty(ComputePrecision.EMULATION);
        }
    }

    /** Returns the mean square of an element of all gradients. */
    private static double meanSquare(Map<String, Tensor> gradients) {
        return gradients.values().stream()
                .flatMapToDouble(gradient -> Arrays.stream(gradient.toDoubles()))
                .map(x -> x * x)
                .average()
                .orElseThrow();
    }

    private static void check(
            Map<String, double[]> found,
            double loss,
            Optional<Double> norm,
            Map<String, Tensor> expected,
            Tolerance tolerance) {
        assertEquals(loss, found.get(HeadLosses.LOSS)[0], tolerance.loss() * Math.abs(loss), "loss");
        double largest = expected.values().stream()
                .mapToDouble(TrainingGradientsTest::largest)
                .max()
                .orElseThrow();
        double squares = 0;
        for (String name : expected.keySet()) {
            Tensor gradient = expected.get(name);
            double[] ours = found.getOrDefault(name, gradient.toDoubles());
            assertTrue(found.containsKey(name) || isOfTheOriginalAlone(name, gradient), name + " has no gradient");
            assertEquals(gradient.elements(), ours.length, name);
            for (int i = 0; i < ours.length; i++) {
                squares += ours[i] * ours[i];
                double allowed = tolerance.gradient() * largest + tolerance.least();
                assertEquals(gradient.getDouble(i), ours[i], allowed, name + ", element " + i);
            }
        }
        double length = Math.sqrt(squares);
        norm.ifPresent(n -> assertEquals(n, length, tolerance.norm() * n, "norm"));
    }

    /** The original has positions that it does not read. */
    private static boolean isOfTheOriginalAlone(String name, Tensor gradient) {
        return name.contains("position_embeddings") && largest(gradient) == 0;
    }

    private static double largest(Tensor tensor) {
        double largest = 0;
        for (int i = 0; i < tensor.elements(); i++) {
            largest = Math.max(largest, Math.abs(tensor.getDouble(i)));
        }
        return largest;
    }
}
