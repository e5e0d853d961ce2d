package detangle.conformance;

import static detangle.conformance.FixtureTraining.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.train.ModelEvaluation;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingPrograms;
import detangle.train.metrics.GuessScorer;
import detangle.train.optimizer.ParameterUpdates;
import detangle.train.optimizer.Schedule;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    @ParameterizedTest
    @MethodSource({"detangle.conformance.TrainingFixture#steps", "detangle.conformance.TrainingFixture#sift"})
    void vectorAgreesWithTheOriginals(String name) {
        check(TrainingFixture.named(name), "vector");
    }

    /** One fixture of each recipe is enough, as the interpreter is slow. */
    @ParameterizedTest
    @ValueSource(strings = {"seqcls-v1-microsoft", "seqcls-v3-hf", "llrd-freeze", "sift-seqcls"})
    void referenceAgreesWithTheOriginals(String name) {
        check(TrainingFixture.named(name), "reference");
    }

    /** The programs in double precision, where neither parameters nor the scalars of an update are rounded. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "seqcls-v1-microsoft",
                "seqcls-v3-hf",
                "mlm-emd-v2",
                "mlm-emd-v3",
                "llrd-freeze",
                "sift-seqcls-kl"
            })
    void agreesInDoublePrecision(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        JsonNode steps = fixture.json("expected.json").path("f64").path("steps");
        Program program = fixture.program(fixture.options().withDropout(false));
        TrainingOptions options = FixtureTraining.options(fixture, steps.size());
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

    /** The trained models guess the tokens behind masks as the original does: the same losses, as many right. */
    @ParameterizedTest
    @ValueSource(strings = {"mlm-emd-v2", "mlm-emd-v3"})
    void trainedModelsGuessAsTheOriginal(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        JsonNode after = fixture.json("expected.json").path("f64").path("after");
        Program program = fixture.program(fixture.options().withDropout(false));
        Map<String, Tensor> trained = fixture.parameters(program, "params.safetensors");
        ModelEvaluation.of(program, trained, TrainingOptions.MICROSOFT, model -> {
            for (int i = 0; i < after.path("losses").size(); i++) {
                Map<String, Tensor> batch = fixture.inputs(i).getFirst();
                Map<String, Tensor> outputs = model.apply(batch);
                String at = name + " batch " + i;
                assertClose(
                        after.path("losses").get(i).doubleValue(),
                        outputs.get("loss").getDouble(0),
                        LOSS,
                        at);
                GuessScorer scorer = new GuessScorer();
                scorer.add(batch, outputs);
                assertEquals(
                        after.path("accuracy").get(i).doubleValue(),
                        scorer.scores().get("accuracy"),
                        EXACT,
                        at);
            }
            return new TreeMap<>();
        });
    }

    /** Trains a fixture on a backend, and compares each update and the parameters with what the original code has. */
    static void check(TrainingFixture fixture, String backend) {
        JsonNode recipe = fixture.json("train.json");
        Program program = fixture.program(fixture.options().withDropout(false));
        Map<String, Tensor> before = fixture.parameters(program);
        JsonNode steps = fixture.json("expected.json").path("f64").path("steps");
        FixtureTraining trained = FixtureTraining.of(fixture, steps.size(), backend);
        List<TrainingCallback.Step> done = trained.steps();
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
        checkParameters(fixture, program, before, trained, most);
    }

    private static void checkParameters(
            TrainingFixture fixture,
            Program program,
            Map<String, Tensor> before,
            FixtureTraining trained,
            double most) {
        Map<String, Tensor> expected = after(fixture, program, before);
        assertEquals(expected.keySet(), trained.parameters().keySet());
        Map<String, Tensor> compared = new HashMap<>(expected);
        fixture.json("notes.json").path("zero_gradient").forEach(name -> compared.remove(name.asString()));
        trained.assertParameters(fixture, compared, most);
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
}
