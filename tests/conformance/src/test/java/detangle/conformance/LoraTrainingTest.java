package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Variables;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradients;
import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.adapter.AdapterConfig;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.TrainingModel;
import detangle.models.weights.Weights;
import detangle.runtime.Backends;
import detangle.train.lora.LoraModel;
import detangle.train.lora.LoraOptions;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.Clipping;
import detangle.train.optimizer.DecayRule;
import detangle.train.optimizer.ParameterGroups;
import detangle.train.optimizer.ParameterUpdates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters are trained as PEFT and HuggingFace's Trainer train them: losses, gradients, and parameters after some steps. */
class LoraTrainingTest {
    private static final double EXACT = 1e-9;
    private static final double LOSS = 2e-5;
    private static final double PARAMETER = 2e-5;

    /** A fixture with its model and what its parameters begin with. */
    private record Trained(TrainingFixture fixture, LoraModel model, Map<String, Tensor> parameters) {
        static Trained of(String name) {
            TrainingFixture fixture = TrainingFixture.named(name);
            Program program = TrainingModel.build(fixture.config(), fixture.head(), fixture.options());
            Path adapter = fixture.folder().resolve("adapter_before");
            AdapterConfig config = AdapterConfig.read(adapter);
            LoraModel model = LoraModel.of(
                    program,
                    fixture.config(),
                    LoraOptions.DEFAULT
                            .withRank(config.rank())
                            .withAlpha(config.alpha())
                            .withDora(config.dora()));
            Map<String, Tensor> parameters = new HashMap<>(fixture.parameters(program, "model.safetensors"));
            parameters.putAll(tensors(adapter.resolve("adapter_model.safetensors")));
            return new Trained(fixture, model, parameters);
        }

        Map<String, Tensor> inputs(Program program, int step) {
            Map<String, Tensor> given = fixture.inputs(step).getFirst();
            Map<String, Tensor> inputs = new HashMap<>();
            program.inputs().stream()
                    .map(Node::name)
                    .filter(given::containsKey)
                    .forEach(n -> inputs.put(n, given.get(n)));
            return inputs;
        }
    }

    /** Those of a file of PEFT's, as parameters are called here. */
    private static Map<String, Tensor> tensors(Path file) {
        Map<String, Tensor> tensors = new HashMap<>();
        try (Weights weights = Weights.open(file)) {
            weights.names()
                    .forEach(name -> tensors.put(
                            name.replace("base_model.model.", "")
                                    .replace(".modules_to_save", "")
                                    .replace("magnitude_vector.weight", "magnitude_vector"),
                            Tensor.of(
                                    weights.get(name).toFloats(),
                                    weights.get(name).shape())));
        }
        return tensors;
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora-v3", "dora-v3", "lora-v1"})
    void gradientsOfTheFirstStep(String name) {
        Trained trained = Trained.of(name);
        Program program = trained.model().program();
        Map<String, Tensor> expected = tensors(trained.fixture().folder().resolve("grads.safetensors"));
        assertEquals(expected.keySet(), trained.model().trained().keySet());
        List<Output> outputs = new ArrayList<>(List.of(new Output("loss", program.output(HeadLosses.LOSS))));
        Gradients.of(program, HeadLosses.LOSS, expected.keySet()).forEach((n, g) -> outputs.add(new Output(n, g)));
        Map<String, Tensor> found = new Interpreter(Precision.F64)
                .run(
                        new Program("gradients", program.inputs(), outputs, Map.of()),
                        trained.inputs(program, 0),
                        trained.parameters())
                .outputs();
        double loss = trained.fixture().expected(0, "loss");
        assertEquals(loss, found.get("loss").getDouble(0), EXACT * loss);
        double squares = 0;
        for (String parameter : expected.keySet()) {
            double[] wanted = expected.get(parameter).toDoubles();
            double[] gradient = found.get(parameter).toDoubles();
            assertEquals(wanted.length, gradient.length, parameter);
            for (int i = 0; i < wanted.length; i++) {
                squares += gradient[i] * gradient[i];
                // They are stored in single precision.
                assertEquals(wanted[i], gradient[i], 1e-7, parameter + " " + i);
            }
        }
        double norm = trained.fixture().expected(0, "grad_norm");
        assertEquals(norm, Math.sqrt(squares), EXACT * norm);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora-v3", "dora-v3", "lora-v1"})
    void stepsOnTheVectorBackend(String name) {
        Trained trained = Trained.of(name);
        Program model = trained.model().program();
        Program forward = Compiler.run(
                new Program(
                        "loss", model.inputs(), List.of(new Output("loss", model.output(HeadLosses.LOSS))), Map.of()),
                Passes.training(false),
                (pass, p) -> {});
        ParameterUpdates.Plan plan = new ParameterUpdates.Plan(
                AdamW.DEFAULT,
                new Clipping(0, Clipping.Rule.TORCH),
                ParameterGroups.of(DecayRule.HUGGINGFACE, 0.01),
                false);
        SequencedMap<String, TensorType> types = trained.model().trained();
        Builder b = new Builder();
        SequencedMap<Node, Node> gradients = new LinkedHashMap<>();
        Gradients.of(forward, "loss", types.keySet())
                .forEach((parameter, gradient) -> gradients.put(b.param(parameter, types.get(parameter)), gradient));
        ParameterUpdates updates = ParameterUpdates.of(b, plan, gradients);
        List<Node> inputs = new ArrayList<>(forward.inputs());
        inputs.addAll(updates.inputs());
        Program step = Compiler.run(
                new Program("step", inputs, forward.outputs(), updates.updates(), Map.of()),
                Passes.afterGradients(),
                (pass, p) -> {});
        Map<String, Tensor> values = new HashMap<>(trained.parameters());
        Map<String, Tensor> own = new HashMap<>(trained.parameters());
        own.keySet().retainAll(types.keySet());
        values.putAll(plan.states(own));
        Device device = Backends.device(Optional.of("vector"), Set.of());
        Variables variables = device.variables(values);
        try (Executable executable = device.load(Compiler.compile(step, List.of()), variables)) {
            for (int i = 0; i < 5; i++) {
                Map<String, Tensor> given = trained.inputs(step, i);
                given.putAll(plan.scalars(i, 0.005, 1));
                double loss = trained.fixture().expected(i, "loss");
                assertEquals(loss, executable.run(given).get("loss").getDouble(0), LOSS * loss, "step " + i);
            }
        }
        Map<String, Tensor> after = tensors(trained.fixture().folder().resolve("params.safetensors"));
        long far = 0;
        long elements = 0;
        for (String parameter : types.keySet()) {
            double[] wanted = after.get(parameter).toDoubles();
            double[] found = variables.read(parameter).toDoubles();
            for (int i = 0; i < wanted.length; i++) {
                double difference = Math.abs(wanted[i] - found[i]);
                assertTrue(difference <= 2 * 5 * 0.005, parameter + " " + i + " is off by " + difference);
                far += difference > PARAMETER ? 1 : 0;
                elements++;
            }
        }
        assertTrue(far <= elements / 1000, far + " of " + elements + " elements are off");
        for (String frozen : trained.model().frozen()) {
            assertEquals(
                    -1,
                    trained.parameters()
                            .get(frozen)
                            .data()
                            .mismatch(variables.read(frozen).data()),
                    frozen);
        }
    }
}
