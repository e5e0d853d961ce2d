package detangle.conformance;

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
import tools.jackson.databind.JsonNode;

/**
 * The first updates of a fixture, as its recipe says.
 *
 * @param steps the updates
 * @param parameters the parameters after the last of them
 */
record FixtureTraining(List<TrainingCallback.Step> steps, Map<String, Tensor> parameters) {
    /**
     * Trains the model of a fixture.
     *
     * @param updates the number of updates, all of which the fixture has
     */
    static FixtureTraining of(TrainingFixture fixture, int updates, String backend) {
        Program program = fixture.program(fixture.options().withDropout(false));
        List<TrainingCallback.Step> done = new ArrayList<>();
        TrainingCallback recorder = new TrainingCallback() {
            @Override
            public void onStep(Step step) {
                done.add(step);
            }

            /** The schedule may be longer than the training. */
            @Override
            public boolean stops() {
                return done.size() == updates;
            }
        };
        TrainableModel model = TrainableModel.of(
                program, fixture.parameters(program), fixture.config().numHiddenLayers());
        Trainer trainer = new Trainer(
                model, batches(fixture, updates), options(fixture, updates).withBackend(backend));
        return new FixtureTraining(done, trainer.with(recorder).train().parameters());
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

    /** Returns the options of the recipe. */
    static TrainingOptions options(TrainingFixture fixture, int updates) {
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
