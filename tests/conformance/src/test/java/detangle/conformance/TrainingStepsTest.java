package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.OptimizerOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingPrograms;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.optimizer.Schedule;
import detangle.train.optimizer.XAdam;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Whole trainings of small models agree with those of the original code and HuggingFace's: the loss, the norm of the
 * gradients and the learning rate of each update, and the parameters after the last update.
 */
class TrainingStepsTest {
    private static final double LOSS = 2e-5;
    private static final double NORM = 1e-4;
    private static final double RATE = 1e-9;
    private static final double EXACT = 1e-9;

    /** This bounds the error of all elements of a parameter but a thousandth, whose gradients are noise. */
    private static final double PARAMETER = 2e-5;

    private static final double EXEMPT = 1e-3;

    @ParameterizedTest
    @MethodSource("detangle.conformance.TrainingFixture#steps")
    void vectorAgreesWithTheOriginals(String name) {
        check(TrainingFixture.named(name), "vector");
    }

    /** One fixture of each recipe is enough, as the interpreter is slow. */
    @ParameterizedTest
    @ValueSource(strings = {"seqcls-v1-microsoft", "seqcls-v3-hf", "llrd-freeze"})
    void referenceAgreesWithTheOriginals(String name) {
        check(TrainingFixture.named(name), "reference");
    }

    /** The programs in double precision, where neither parameters nor the scalars of an update are rounded. */
    @ParameterizedTest
    @ValueSource(strings = {"seqcls-v1-microsoft", "seqcls-v3-hf", "mlm-emd-v3", "llrd-freeze"})
    void agreesInDoublePrecision(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        JsonNode steps = fixture.json("expected.json").path("f64").path("steps");
        Program program = fixture.program(fixture.options().withDropout(false));
        TrainingOptions options = options(fixture, steps.size());
        ParameterUpdates.Plan plan =
                options.optimizer().plan(options.recipe(), fixture.config().numHiddenLayers());
        Schedule schedule = options.optimizer().schedule(options.maxSteps(), false);
        DoublePrecision training =
                new DoublePrecision(TrainingPrograms.of(program, plan, false), plan, fixture.parameters(program));
        for (int i = 0; i < steps.size(); i++) {
            double rate = options.optimizer().learningRate() * schedule.factor(i);
            DoublePrecision.Outcome found =
                    training.update(fixture.inputs(i), plan.optimizer().scalars(i, rate));
            String at = name + " update " + i;
            assertClose(steps.get(i).path("loss").asDouble(), found.loss(), EXACT, at + ": loss");
            assertClose(steps.get(i).path("grad_norm").asDouble(), found.norm(), EXACT, at + ": norm");
        }
    }

    private static void check(TrainingFixture fixture, String backend) {
        JsonNode recipe = fixture.json("train.json");
        Program program = fixture.program(fixture.options().withDropout(false));
        Map<String, Tensor> before = fixture.parameters(program);
        JsonNode steps = fixture.json("expected.json").path("f64").path("steps");
        List<TrainingCallback.Step> done = new ArrayList<>();
        TrainingCallback recorder = new TrainingCallback() {
            @Override
            public void onStep(Step step) {
                done.add(step);
            }

            /** The schedule may be longer than the training. */
            @Override
            public boolean stops() {
                return done.size() == steps.size();
            }
        };
        TrainableModel model =
                TrainableModel.of(program, before, fixture.config().numHiddenLayers());
        Map<String, Tensor> after = new Trainer(
                        model,
                        batches(fixture, steps.size()),
                        options(fixture, steps.size()).withBackend(backend))
                .with(recorder)
                .train()
                .parameters();
        assertEquals(steps.size(), done.size());
        for (int i = 0; i < steps.size(); i++) {
            String at = fixture + " update " + i;
            assertClose(steps.get(i).path("loss").asDouble(), done.get(i).loss(), LOSS, at + ": loss");
            assertClose(steps.get(i).path("grad_norm").asDouble(), done.get(i).gradNorm(), NORM, at + ": norm");
            if (!recipe.has("frozen")) { // A fixture with frozen parameters has the rate of the first group.
                assertClose(steps.get(i).path("lr").asDouble(), done.get(i).learningRate(), RATE, at + ": rate");
            }
        }
        double most = 2 * steps.size() * recipe.path("optimizer").path("lr").asDouble();
        checkParameters(fixture, program, before, after, most);
    }

    private static void assertClose(double expected, double actual, double tolerance, String what) {
        assertEquals(expected, actual, tolerance * Math.max(Math.abs(expected), 1e-6), what);
    }

    private static void checkParameters(
            TrainingFixture fixture,
            Program program,
            Map<String, Tensor> before,
            Map<String, Tensor> after,
            double most) {
        Set<String> noise = new HashSet<>();
        fixture.json("notes.json").path("zero_gradient").forEach(name -> noise.add(name.asString()));
        Map<String, Tensor> expected = after(fixture, program, before);
        assertEquals(expected.keySet(), after.keySet());
        long elements = 0;
        long far = 0;
        for (String name : expected.keySet()) {
            if (noise.contains(name)) {
                continue;
            }
            Tensor wanted = expected.get(name);
            Tensor found = after.get(name);
            for (long i = 0; i < wanted.elements(); i++) {
                double difference = Math.abs(wanted.getDouble(i) - found.getDouble(i));
                String what = fixture + " " + name + "[" + i + "]";
                assertTrue(difference <= most, () -> what + " is off by " + difference);
                far += difference > PARAMETER ? 1 : 0;
                elements++;
            }
        }
        assertTrue(far <= EXEMPT * elements, fixture + ": " + far + " of " + elements + " elements are off");
    }

    /** Returns the expected parameters. If some are frozen, the file has the others alone, by their own names. */
    private static Map<String, Tensor> after(TrainingFixture fixture, Program program, Map<String, Tensor> before) {
        if (!fixture.json("train.json").has("frozen")) {
            return fixture.parameters(program, "params.safetensors");
        }
        Map<String, Tensor> after = new HashMap<>(before);
        try (Weights weights = Weights.open(fixture.folder().resolve("params.safetensors"))) {
            weights.names()
                    .forEach(name -> after.put(
                            name,
                            Tensor.of(
                                    weights.get(name).toFloats(),
                                    weights.get(name).shape())));
        }
        return after;
    }

    /** Returns the updates of the recipe as one epoch. */
    private static Batches batches(TrainingFixture fixture, int updates) {
        return new Batches() {
            @Override
            public int updates() {
                return updates;
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                return fixture.inputs(update).stream()
                        .map(inputs -> {
                            int rows = Math.toIntExact(inputs.get("input_ids").dim(0));
                            return new Batch(inputs, rows, rows);
                        })
                        .toList();
            }

            @Override
            public long rows() {
                return updates;
            }
        };
    }

    private static TrainingOptions options(TrainingFixture fixture, int updates) {
        JsonNode recipe = fixture.json("train.json");
        JsonNode optimizer = recipe.path("optimizer");
        JsonNode schedule = recipe.path("schedule");
        double beta1 = optimizer.path("beta1").asDouble();
        double beta2 = optimizer.path("beta2").asDouble();
        double epsilon = optimizer.path("eps").asDouble();
        boolean original = optimizer.path("name").asString().equals("xadam");
        XAdam xadam = XAdam.DEFAULT;
        TrainingOptions base = original ? TrainingOptions.MICROSOFT : TrainingOptions.DEFAULT;
        OptimizerOptions options = base.optimizer()
                .with(
                        original
                                ? new XAdam(beta1, beta2, epsilon, xadam.form(), false, 0, xadam.lookaheadShare())
                                : new AdamW(beta1, beta2, epsilon, false))
                .withWeightDecay(optimizer.path("weight_decay").asDouble())
                .withMaxGradNorm(recipe.path("max_grad_norm").asDouble(0))
                .withSchedule(schedule.path("name").asString(), Map.of());
        options = original
                ? options.withWarmupRatio(schedule.path("warmup").asDouble())
                : options.withWarmupSteps(schedule.path("warmup_steps").asLong());
        options = options.withLearningRate(optimizer.path("lr").asDouble());
        if (recipe.has("frozen")) {
            List<String> frozen = new ArrayList<>();
            recipe.path("frozen").forEach(name -> frozen.add(name.asString()));
            // The fixture gives its rule in words.
            options = options.withFrozen(frozen).withLayerwiseDecay(0.8).withHeadLearningRate(0.005);
        }
        int parts = recipe.path("accumulative_update")
                .asInt(recipe.path("gradient_accumulation_steps").asInt(1));
        return base.with(options)
                .withMaxSteps(schedule.path("total_steps").asInt(updates))
                .withGradientAccumulationSteps(parts);
    }
}
