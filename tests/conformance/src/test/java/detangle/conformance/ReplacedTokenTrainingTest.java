package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Dropout;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.ReplacedTokens;
import detangle.models.deberta.TokenSampler;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.OptimizerOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingPhase;
import detangle.train.optimizer.XAdam;
import detangle.train.task.ReplacedTokenPhases;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Whole trainings of a generator and a discriminator agree with the original's: losses, norms and rates of each update,
 * in the one phase of joint training and in the two of decoupled training, and the parameters after the last update.
 */
class ReplacedTokenTrainingTest {
    private static final double LOSS = 2e-5;
    private static final double NORM = 1e-4;
    private static final double RATE = 1e-9;

    /** This bounds the error of all elements of a parameter but a thousandth, whose gradients are noise. */
    private static final double PARAMETER = 2e-5;

    private static final double EXEMPT = 1e-3;

    /** What gradient-disentangled sharing adds to the generator's words. */
    private static final String OWN = "discriminator.deberta.embeddings.word_embeddings._weight";

    static Stream<Arguments> trainings() {
        return ReplacedTokenFixture.all().stream()
                .flatMap(name -> Stream.of("vector", "reference").map(backend -> Arguments.of(name, backend)));
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void agreesWithTheOriginal(String name, String backend) {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named(name);
        JsonNode steps = fixture.steps();
        List<TrainingCallback.Step> done = new ArrayList<>();
        Map<String, Tensor> after = train(fixture, backend, steps.size(), done);
        for (int i = 0; i < steps.size(); i++) {
            JsonNode step = steps.get(i);
            List<TrainingCallback.Phase> phases = done.get(i).phases();
            assertEquals(fixture.isDecoupled() ? 2 : 1, phases.size());
            String at = name + " update " + i;
            check(step, phases.getFirst(), at);
            assertClose(step.path("mlm_losses").get(0).asDouble(), measure(phases, ReplacedTokens.MLM_LOSS), LOSS, at);
            assertClose(step.path("rtd_losses").get(0).asDouble(), measure(phases, ReplacedTokens.RTD_LOSS), LOSS, at);
            if (fixture.isDecoupled()) {
                check(step.path("discriminator"), phases.getLast(), at + " discriminator");
            }
        }
        checkParameters(fixture, after, steps.size());
        if (after.containsKey(OWN)) {
            checkTables(fixture, after, train(fixture, backend, steps.size() - 1, new ArrayList<>()));
        }
    }

    private static double measure(List<TrainingCallback.Phase> phases, String name) {
        return phases.stream()
                .flatMap(phase -> Stream.ofNullable(phase.measures().get(name)))
                .findFirst()
                .orElseThrow();
    }

    private static void check(JsonNode step, TrainingCallback.Phase phase, String at) {
        assertClose(step.path("loss").asDouble(), phase.loss(), LOSS, at + ": loss");
        assertClose(step.path("grad_norm").asDouble(), phase.gradNorm(), NORM, at + ": norm");
        assertClose(step.path("lr").asDouble(), phase.learningRate(), RATE, at + ": rate");
    }

    private static void assertClose(double expected, double actual, double tolerance, String what) {
        assertEquals(expected, actual, tolerance * Math.max(Math.abs(expected), 1e-6), what);
    }

    private static Map<String, Tensor> train(
            ReplacedTokenFixture fixture, String backend, int updates, List<TrainingCallback.Step> done) {
        ReplacedTokenPhases phases =
                new ReplacedTokenPhases(fixture.config(), fixture.weight(), () -> Dropout.NONE, TokenSampler.given());
        List<TrainingPhase> all = fixture.isDecoupled() ? phases.decoupled(OptionalDouble.empty()) : phases.joint();
        Map<String, Tensor> stored = fixture.tensors("model");
        Map<String, Tensor> parameters = new HashMap<>();
        for (TrainingPhase phase : all) {
            RandomWeights.types(phase.program()).keySet().forEach(name -> parameters.put(name, stored.get(name)));
        }
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
        TrainableModel model = TrainableModel.of(all, parameters, 0);
        return new Trainer(model, batches(fixture), options(fixture).withBackend(backend))
                .with(recorder)
                .train()
                .parameters();
    }

    private static Batches batches(ReplacedTokenFixture fixture) {
        return new Batches() {
            @Override
            public int updates() {
                return fixture.steps().size();
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                Map<String, Tensor> inputs = fixture.inputs(update);
                int rows = Math.toIntExact(inputs.get(InputNames.IDS).dim(0));
                return List.of(new Batch(inputs, rows, rows));
            }

            @Override
            public long rows() {
                return updates();
            }
        };
    }

    private static TrainingOptions options(ReplacedTokenFixture fixture) {
        JsonNode recipe = fixture.json("train.json");
        JsonNode optimizer = recipe.path("optimizer");
        JsonNode schedule = recipe.path("schedule");
        OptimizerOptions options = OptimizerOptions.MICROSOFT
                .with(new XAdam(
                        optimizer.path("beta1").asDouble(),
                        optimizer.path("beta2").asDouble(),
                        optimizer.path("eps").asDouble(),
                        XAdam.Form.ADAM,
                        false,
                        0,
                        XAdam.DEFAULT.lookaheadShare()))
                .withLearningRate(optimizer.path("lr").asDouble())
                .withWeightDecay(optimizer.path("weight_decay").asDouble())
                .withMaxGradNorm(recipe.path("max_grad_norm").asDouble())
                .withSchedule(schedule.path("name").asString(), Map.of())
                .withWarmupRatio(schedule.path("warmup").asDouble());
        return TrainingOptions.MICROSOFT
                .with(options)
                .withMaxSteps(schedule.path("total_steps").asLong());
    }

    private static void checkParameters(ReplacedTokenFixture fixture, Map<String, Tensor> after, int steps) {
        Map<String, Tensor> expected = fixture.tensors("params");
        // The original lets positions decay that its discriminator does not read, and saves sums of tables.
        expected.keySet().removeIf(name -> isUnread(name) || isSum(name, expected));
        assertEquals(new TreeSet<>(expected.keySet()), new TreeSet<>(after.keySet()));
        double most = 2
                * steps
                * fixture.json("train.json").path("optimizer").path("lr").asDouble();
        long elements = 0;
        long far = 0;
        for (String name : expected.keySet()) {
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

    private static boolean isUnread(String name) {
        return name.startsWith("discriminator.deberta.embeddings.position_embeddings.");
    }

    private static boolean isSum(String name, Map<String, Tensor> all) {
        return all.containsKey(name.replaceFirst("\\.weight$", "._weight")) && name.endsWith(".weight");
    }

    /**
     * The original saves the table that the discriminator looked words up in at its last forward pass: the sum of the
     * generator's, which decoupled training has updated before, and of the difference before its last update.
     */
    private static void checkTables(
            ReplacedTokenFixture fixture, Map<String, Tensor> after, Map<String, Tensor> oneUpdateBefore) {
        Tensor expected = fixture.tensors("params").get("discriminator.deberta.embeddings.word_embeddings.weight");
        Tensor ofGenerator = (fixture.isDecoupled() ? after : oneUpdateBefore)
                .get("generator.deberta.embeddings.word_embeddings.weight");
        Tensor difference = oneUpdateBefore.get(OWN);
        long far = 0;
        for (long i = 0; i < expected.elements(); i++) {
            double sum = ofGenerator.getDouble(i) + difference.getDouble(i);
            far += Math.abs(expected.getDouble(i) - sum) > PARAMETER ? 1 : 0;
        }
        assertTrue(far <= EXEMPT * expected.elements(), fixture + ": " + far + " elements of the table are off");
    }
}
