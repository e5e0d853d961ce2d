package detangle.conformance;

import static detangle.conformance.FixtureTraining.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Dropout;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.ReplacedTokens;
import detangle.models.deberta.TokenSampler;
import detangle.train.TrainableModel;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingPhase;
import detangle.train.task.ReplacedTokenPhases;
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
    private static final double LOSS_TOLERANCE = 2e-5;
    private static final double NORM_TOLERANCE = 1e-4;
    private static final double RATE_TOLERANCE = 1e-9;

    /** The table that gradient-disentangled sharing adds to the generator's words. */
    private static final String RESIDUAL_TABLE = "discriminator.deberta.embeddings.word_embeddings._weight";

    static Stream<Arguments> trainings() {
        return ReplacedTokenFixture.all().stream()
                .flatMap(name -> Stream.of("vector", "reference").map(backend -> Arguments.of(name, backend)));
    }

    @ParameterizedTest
    @MethodSource("trainings")
    void agreesWithTheOriginal(String name, String backend) {
        ReplacedTokenFixture fixture = ReplacedTokenFixture.named(name);
        JsonNode steps = fixture.steps();
        FixtureTraining trained = train(fixture, backend, steps.size());
        for (int i = 0; i < steps.size(); i++) {
            JsonNode step = steps.get(i);
            List<TrainingCallback.Phase> phases = trained.steps().get(i).phases();
            assertEquals(fixture.isDecoupled() ? 2 : 1, phases.size());
            String at = name + " update " + i;
            check(step, phases.getFirst(), at);
            assertClose(
                    step.path("mlm_losses").get(0).asDouble(),
                    measure(phases, ReplacedTokens.MLM_LOSS),
                    LOSS_TOLERANCE,
                    at);
            assertClose(
                    step.path("rtd_losses").get(0).asDouble(),
                    measure(phases, ReplacedTokens.RTD_LOSS),
                    LOSS_TOLERANCE,
                    at);
            if (fixture.isDecoupled()) {
                check(step.path("discriminator"), phases.getLast(), at + " discriminator");
            }
        }
        checkParameters(fixture, trained, steps.size());
        if (trained.parameters().containsKey(RESIDUAL_TABLE)) {
            checkTables(
                    fixture,
                    trained.parameters(),
                    train(fixture, backend, steps.size() - 1).parameters());
        }
    }

    private static double measure(List<TrainingCallback.Phase> phases, String name) {
        return phases.stream()
                .flatMap(phase -> Stream.ofNullable(phase.measures().get(name)))
                .findFirst()
                .orElseThrow();
    }

    private static void check(JsonNode step, TrainingCallback.Phase phase, String at) {
        assertClose(step.path("loss").asDouble(), phase.loss(), LOSS_TOLERANCE, at + ": loss");
        assertClose(step.path("grad_norm").asDouble(), phase.gradNorm(), NORM_TOLERANCE, at + ": norm");
        assertClose(step.path("lr").asDouble(), phase.learningRate(), RATE_TOLERANCE, at + ": rate");
    }

    private static FixtureTraining train(ReplacedTokenFixture fixture, String backend, int updates) {
        ReplacedTokenPhases phases =
                new ReplacedTokenPhases(fixture.config(), fixture.weight(), () -> Dropout.NONE, TokenSampler.given());
        List<TrainingPhase> all = fixture.isDecoupled() ? phases.decoupled(OptionalDouble.empty()) : phases.joint();
        Map<String, Tensor> stored = fixture.tensors("model");
        Map<String, Tensor> parameters = new HashMap<>();
        for (TrainingPhase phase : all) {
            RandomWeights.types(phase.program()).keySet().forEach(name -> parameters.put(name, stored.get(name)));
        }
        TrainingOptions options = FixtureTraining.options(
                fixture.json("train.json"), fixture.steps().size());
        return FixtureTraining.of(
                TrainableModel.of(all, parameters, 0),
                FixtureTraining.batches(fixture.steps().size(), update -> List.of(fixture.inputs(update))),
                options.withBackend(backend),
                updates);
    }

    private static void checkParameters(ReplacedTokenFixture fixture, FixtureTraining trained, int steps) {
        Map<String, Tensor> expected = fixture.tensors("params");
        // The original lets positions decay that its discriminator does not read, and saves sums of tables.
        expected.keySet().removeIf(name -> isUnread(name) || isSum(name, expected));
        assertEquals(
                new TreeSet<>(expected.keySet()),
                new TreeSet<>(trained.parameters().keySet()));
        double rate = fixture.json("train.json").path("optimizer").path("lr").asDouble();
        trained.assertParameters(fixture, expected, 2 * steps * rate);
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
        Tensor difference = oneUpdateBefore.get(RESIDUAL_TABLE);
        long far = 0;
        for (long i = 0; i < expected.elements(); i++) {
            double sum = ofGenerator.getDouble(i) + difference.getDouble(i);
            far += Math.abs(expected.getDouble(i) - sum) > FixtureTraining.PARAMETER_TOLERANCE ? 1 : 0;
        }
        assertTrue(
                far <= FixtureTraining.EXEMPT_SHARE * expected.elements(),
                fixture + ": " + far + " elements of the table are off");
    }
}
