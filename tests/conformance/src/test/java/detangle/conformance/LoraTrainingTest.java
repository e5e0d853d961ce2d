package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.gradient.Gradients;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.adapter.AdapterConfig;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.weights.Weights;
import detangle.runtime.SessionOptions;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.lora.Lora;
import detangle.train.lora.LoraModel;
import detangle.train.lora.LoraOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Adapters are trained as PEFT and HuggingFace's Trainer train them: losses, gradients, and parameters after some
 * steps.
 */
class LoraTrainingTest {
    private static final double EXACT = 1e-9;
    private static final double LOSS = 2e-5;
    private static final double NORM = 1e-4;
    private static final double PARAMETER = 2e-5;
    private static final double LOGITS = 1e-4;

    @TempDir
    private Path folder;

    /** A fixture with its model and what its parameters begin with. */
    private record Trained(
            TrainingFixture fixture, LoraOptions options, LoraModel model, Map<String, Tensor> parameters) {
        static Trained of(String name) {
            TrainingFixture fixture = TrainingFixture.named(name);
            Program program = fixture.program();
            Path adapter = fixture.folder().resolve("adapter_before");
            AdapterConfig config = AdapterConfig.read(adapter);
            LoraOptions options = LoraOptions.DEFAULT
                    .withRank(config.rank())
                    .withAlpha(config.alpha())
                    .withDora(config.dora());
            LoraModel model = LoraModel.of(program, fixture.config(), options);
            Map<String, Tensor> parameters = new HashMap<>(fixture.parameters(program));
            parameters.putAll(tensors(adapter.resolve("adapter_model.safetensors")));
            return new Trained(fixture, options, model, parameters);
        }

        /** The model as a trainer takes it, with the adapter that the fixture begins with. */
        TrainableModel trainable(LoraOptions asked, Map<String, Tensor> values) {
            Program whole = fixture.program();
            TrainableModel adapted = Lora.adapted(
                    TrainableModel.of(whole, values, fixture.config().numHiddenLayers()),
                    ModelFolderWriter.like(fixture.folder()),
                    asked,
                    Optional.of("base"),
                    0);
            Map<String, Tensor> begin = new HashMap<>(values);
            begin.keySet().retainAll(adapted.parameters().keySet());
            return TrainableModel.of(adapted.training(), begin, adapted.layers())
                    .withWriter(adapted.writer().orElseThrow());
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

    /** Reads the tensors of a file of PEFT's, by the names of parameters. */
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

    private static final int STEPS = 5;
    private static final double RATE = 0.005;

    /** The trained model of PEFT's files gives the logits that PEFT's code gives. */
    @ParameterizedTest
    @CsvSource({"lora-v3, vector", "dora-v3, vector", "lora-v1, vector", "dora-v3, reference"})
    void stepsAndFiles(String name, String backend) throws IOException {
        Trained trained = Trained.of(name);
        TrainableModel model = trained.trainable(trained.options(), trained.parameters());
        List<TrainingCallback.Step> steps = new ArrayList<>();
        Map<String, Tensor> found = train(trained.fixture(), model, backend, steps);
        for (int i = 0; i < STEPS; i++) {
            double loss = trained.fixture().expected(i, "loss");
            double norm = trained.fixture().expected(i, "grad_norm");
            assertEquals(loss, steps.get(i).loss(), LOSS * loss, "step " + i);
            assertEquals(norm, steps.get(i).gradNorm(), NORM * norm, "step " + i);
        }
        Path golden = trained.fixture().folder();
        Map<String, Tensor> expected = tensors(golden.resolve("params.safetensors"));
        assertEquals(expected.keySet(), found.keySet());
        long far = 0;
        long elements = 0;
        for (String parameter : expected.keySet()) {
            double[] wanted = expected.get(parameter).toDoubles();
            double[] values = found.get(parameter).toDoubles();
            for (int i = 0; i < wanted.length; i++) {
                double difference = Math.abs(wanted[i] - values[i]);
                assertTrue(difference <= 2 * STEPS * RATE, parameter + " " + i + " is off by " + difference);
                far += difference > PARAMETER ? 1 : 0;
                elements++;
            }
        }
        assertTrue(far <= elements / 1000, far + " of " + elements + " elements are off");
        model.writer().orElseThrow().write(folder, found);
        AdapterGoldenTest.compare(golden, "logits_after", golden, SessionOptions.DEFAULT.withAdapter(folder), LOGITS);
    }

    private static Map<String, Tensor> train(
            TrainingFixture fixture, TrainableModel model, String backend, List<TrainingCallback.Step> steps) {
        Batches batches = new Batches() {
            @Override
            public int updates() {
                return STEPS;
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                Map<String, Tensor> inputs = fixture.inputs(update).getFirst();
                int rows = Math.toIntExact(inputs.get("input_ids").dim(0));
                return List.of(new Batch(inputs, rows, rows));
            }

            @Override
            public long rows() {
                return STEPS;
            }
        };
        TrainingOptions options = TrainingOptions.DEFAULT
                .with(TrainingOptions.DEFAULT
                        .optimizer()
                        .withLearningRate(RATE)
                        .withWeightDecay(0.01)
                        .withMaxGradNorm(0)
                        .withSchedule("constant", Map.of()))
                .withMaxSteps(STEPS)
                .withBackend(backend);
        TrainingCallback recorder = new TrainingCallback() {
            @Override
            public void onStep(Step step) {
                steps.add(step);
            }
        };
        return new Trainer(model, batches, options).with(recorder).train().parameters();
    }

    /** Frozen weights are read in 16 bits as if they had been rounded before. */
    @Test
    void frozenWeightsAreKeptInSixteenBits() {
        Trained trained = Trained.of("dora-v3");
        Map<String, Tensor> rounded = new HashMap<>(trained.parameters());
        rounded.replaceAll((name, weight) -> weight.rank() < 2 || name.contains("lora_") || !name.startsWith("deberta.")
                ? weight
                : Tensor.of(
                        Tensor.ofDoubles(DType.BF16, weight.toDoubles(), weight.shape())
                                .toFloats(),
                        weight.shape()));
        List<TrainingCallback.Step> expected = new ArrayList<>();
        List<TrainingCallback.Step> found = new ArrayList<>();
        train(trained.fixture(), trained.trainable(trained.options(), rounded), "vector", expected);
        LoraOptions narrow = trained.options().withFrozenType(DType.BF16);
        train(trained.fixture(), trained.trainable(narrow, trained.parameters()), "vector", found);
        for (int i = 0; i < STEPS; i++) {
            assertEquals(expected.get(i).loss(), found.get(i).loss(), 1e-6);
            assertEquals(expected.get(i).gradNorm(), found.get(i).gradNorm(), 1e-5);
        }
    }
}
