package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.OptimizerOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.XAdam;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import tools.jackson.databind.JsonNode;

/**
 * The first updates of a fixture, by its recipe.
 *
 * @param steps the updates
 * @param parameters the parameters after the last of them
 */
record FixtureTraining(List<TrainingCallback.Step> steps, Map<String, Tensor> parameters) {
    /** The bound of the difference of a parameter's elements. */
    static final double PARAMETER_TOLERANCE = 2e-5;

    /** The share of elements whose gradients are noise, and which may differ by more. */
    static final double EXEMPT_SHARE = 1e-3;

    /**
     * Trains the model of a fixture.
     *
     * @param updates the number of updates, all of which the fixture has
     */
    static FixtureTraining of(TrainingFixture fixture, int updates, String backend) {
        Program program = fixture.program(fixture.options().withDropout(false));
        TrainableModel model = TrainableModel.of(
                program, fixture.parameters(program), fixture.config().numHiddenLayers());
        return of(
                model,
                batches(updates, fixture::inputs),
                options(fixture, updates).withBackend(backend),
                updates);
    }

    /** Trains a model for a number of updates, which may be fewer than those of the schedule. */
    static FixtureTraining of(TrainableModel model, Batches batches, TrainingOptions options, int updates) {
        List<TrainingCallback.Step> done = new ArrayList<>();
        TrainingCallback recorder = new TrainingCallback() {
            @Override
            public void onStep(Step step) {
                done.add(step);
            }

            @Override
            public boolean stops() {
                return done.size() == updates;
            }
        };
        Trainer trainer = new Trainer(model, batches, options).with(recorder);
        return new FixtureTraining(done, trainer.train().parameters());
    }

    /**
     * Returns the updates of a recipe as one epoch.
     *
     * @param inputs the inputs of each micro-batch of an update
     */
    static Batches batches(int updates, IntFunction<List<Map<String, Tensor>>> inputs) {
        return new Batches() {
            @Override
            public int updates() {
                return updates;
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                return inputs.apply(update).stream()
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

    static TrainingOptions options(TrainingFixture fixture, int updates) {
        return options(fixture.json("train.json"), updates);
    }

    /** Returns the options of a recipe. */
    static TrainingOptions options(JsonNode recipe, int updates) {
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

    /**
     * Compares the parameters after the last update with the expected ones, by {@link #PARAMETER_TOLERANCE} for all but
     * an {@link #EXEMPT_SHARE} of their elements.
     *
     * @param most the bound of the difference of any element
     */
    void assertParameters(Object fixture, Map<String, Tensor> expected, double most) {
        long elements = 0;
        long far = 0;
        for (Map.Entry<String, Tensor> parameter : expected.entrySet()) {
            Tensor wanted = parameter.getValue();
            Tensor found = parameters.get(parameter.getKey());
            for (long i = 0; i < wanted.elements(); i++) {
                double difference = Math.abs(wanted.getDouble(i) - found.getDouble(i));
                String what = fixture + " " + parameter.getKey() + "[" + i + "]";
                assertTrue(difference <= most, () -> what + " is off by " + difference);
                far += difference > PARAMETER_TOLERANCE ? 1 : 0;
                elements++;
            }
        }
        assertTrue(far <= EXEMPT_SHARE * elements, fixture + ": " + far + " of " + elements + " elements are off");
    }

    /** Compares numbers by their relative difference. */
    static void assertClose(double expected, double actual, double tolerance, String what) {
        assertEquals(expected, actual, tolerance * Math.max(Math.abs(expected), 1e-6), what);
    }
}
