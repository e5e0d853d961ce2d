package detangle.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.HeadLosses;
import detangle.train.Toy.Recorder;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.ReduceOnPlateau;
import detangle.train.optimizer.XAdam;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainerTest {
    private static final TrainingOptions OPTIONS =
            TrainingOptions.DEFAULT.withNumTrainEpochs(30).with(OptimizerOptions.HUGGINGFACE.withLearningRate(0.01));

    private static TrainingResult train(TrainingOptions options, TrainingCallback callback) {
        return new Trainer(Toy.model(), Toy.batches(options), options)
                .with(callback)
                .train();
    }

    static void assertSameBits(Map<String, Tensor> expected, Map<String, Tensor> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, value) -> {
            float[] wanted = value.toFloats();
            float[] found = actual.get(name).toFloats();
            for (int i = 0; i < wanted.length; i++) {
                assertEquals(Float.floatToRawIntBits(wanted[i]), Float.floatToRawIntBits(found[i]), name);
            }
        });
    }

    @Test
    void learns() {
        Recorder recorder = new Recorder();
        TrainingResult result = train(OPTIONS, recorder);
        List<TrainingCallback.Step> steps = recorder.steps;
        assertEquals(90, result.steps());
        assertEquals(90, steps.size());
        assertTrue(
                steps.getLast().loss() < steps.getFirst().loss() / 5,
                "the loss is " + steps.getLast().loss());
        assertEquals(30, steps.getLast().epoch());
        assertEquals(0.01, steps.getFirst().learningRate());
        assertEquals(0.01 / 90, steps.getLast().learningRate(), 1e-15);
        assertEquals(8, steps.getFirst().rows());
        assertEquals(6, steps.get(2).rows());
        double mean = steps.stream()
                .mapToDouble(TrainingCallback.Step::loss)
                .average()
                .orElseThrow();
        assertEquals(mean, result.loss(), 1e-12);
        TrainingMemory memory = recorder.begin.orElseThrow().memory();
        assertEquals(4L * (Toy.HIDDEN * Toy.WIDTH + 2 * Toy.HIDDEN), memory.parameterBytes());
        assertEquals(2 * memory.parameterBytes(), memory.optimizerBytes());
        assertTrue(memory.activationBytes() > 0);
    }

    private static double mean(List<TrainingCallback.Step> steps) {
        return steps.stream().mapToDouble(TrainingCallback.Step::loss).average().orElseThrow();
    }

    /**
     * What is added up from micro-batches is the gradient of the whole batch: in the order of sums alone they differ.
     */
    @Test
    void accumulationIsTheWholeBatch() {
        TrainingOptions whole = OPTIONS.withNumTrainEpochs(1).withPerDeviceTrainBatchSize(22);
        TrainingOptions parts = whole.withPerDeviceTrainBatchSize(11).withGradientAccumulationSteps(2);
        Recorder one = new Recorder();
        Recorder two = new Recorder();
        // Dropout differs between the two, so that it is left out.
        for (var run : List.of(Map.entry(whole, one), Map.entry(parts, two))) {
            TrainableModel model = Toy.model();
            new Trainer(
                            TrainableModel.of(model.evaluation().orElseThrow(), model.parameters(), 0),
                            Toy.batches(run.getKey()),
                            run.getKey())
                    .with(run.getValue())
                    .train();
        }
        assertEquals(1, two.steps.size());
        assertEquals(one.steps.getFirst().loss(), two.steps.getFirst().loss(), 1e-6);
        assertEquals(one.steps.getFirst().gradNorm(), two.steps.getFirst().gradNorm(), 1e-5);
    }

    /** The program for one micro-batch would update with each of them. */
    @Test
    void severalMicroBatchesNeedAccumulation() {
        TrainingOptions parts = OPTIONS.withPerDeviceTrainBatchSize(11).withGradientAccumulationSteps(2);
        Trainer trainer = new Trainer(Toy.model(), Toy.batches(parts), parts.withGradientAccumulationSteps(1));
        assertEquals(
                "an update has 2 micro-batches, and gradient_accumulation_steps is 1: set it to the most micro-batches"
                        + " of an update",
                assertThrows(TrainingException.class, trainer::train).getMessage());
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        TrainingOptions options = OPTIONS.withNumTrainEpochs(2);
        Map<String, Tensor> first = train(options, new Recorder()).parameters();
        assertSameBits(first, train(options, new Recorder()).parameters());
        Map<String, Tensor> other = train(options.withSeed(7), new Recorder()).parameters();
        assertNotEquals(
                first.get("first.bias").getDouble(0), other.get("first.bias").getDouble(0));
    }

    @Test
    void fractionsOfEpochsAndMaxSteps() {
        assertEquals(5, train(OPTIONS.withNumTrainEpochs(1.5), new Recorder()).steps());
        assertEquals(4, train(OPTIONS.withMaxSteps(4), new Recorder()).steps());
        TrainingOptions original =
                TrainingOptions.MICROSOFT.withPerDeviceTrainBatchSize(8).withNumTrainEpochs(2.5);
        Recorder recorder = new Recorder();
        // 55 rows are six batches of eight, though an epoch has three batches.
        assertEquals(6, train(original, recorder).steps());
        assertEquals(0, recorder.steps.getFirst().learningRate());
        TrainingException none = assertThrows(
                TrainingException.class, () -> train(original.withPerDeviceTrainBatchSize(64), new Recorder()));
        assertTrue(none.getMessage().contains("not one batch of 64 out of 22 rows"), none.getMessage());
    }

    @Test
    void frozenParametersStay() {
        TrainingOptions options =
                OPTIONS.withNumTrainEpochs(1).with(OPTIONS.optimizer().withFrozen(List.of("first.")));
        Map<String, Tensor> before = Toy.model().parameters();
        Map<String, Tensor> after = train(options, new Recorder()).parameters();
        assertArrayEquals(
                before.get("first.weight").toFloats(), after.get("first.weight").toFloats());
        assertNotEquals(
                before.get("second.weight").getDouble(0),
                after.get("second.weight").getDouble(0));
        TrainingOptions patterned =
                OPTIONS.withNumTrainEpochs(1).with(OPTIONS.optimizer().withFrozenPatterns(List.of("first\\..*")));
        assertSameBits(after, train(patterned, new Recorder()).parameters());
        TrainingOptions none = options.with(options.optimizer().withFrozen(List.of("first.", "second.")));
        TrainingException e = assertThrows(TrainingException.class, () -> train(none, new Recorder()));
        assertTrue(e.getMessage().startsWith("no parameter is left to train"), e.getMessage());
    }

    @Test
    void everyOptimizerLearns() {
        OptimizerOptions options = OPTIONS.optimizer().withLearningRate(0.003);
        for (var optimizer : List.of(
                new AdamW(0.9, 0.99, 1e-8, true),
                XAdam.DEFAULT,
                new XAdam(0.9, 0.999, 1e-6, XAdam.Form.ADMAX, false, 0, 0.5),
                new XAdam(0.9, 0.999, 1e-6, XAdam.Form.ADAM, false, 3, 0.5))) {
            Recorder recorder = new Recorder();
            train(OPTIONS.withMaxSteps(30).with(options.with(optimizer)), recorder);
            double first = mean(recorder.steps.subList(0, 3));
            double last = mean(recorder.steps.subList(27, 30));
            assertTrue(last < first, optimizer + " went from " + first + " to " + last);
        }
    }

    @Test
    void stopsWhereTheLossIsNotANumber() {
        TrainingOptions options = OPTIONS.withNumTrainEpochs(3);
        for (int accumulation = 1; accumulation < 3; accumulation++) {
            TrainingOptions now = options.withGradientAccumulationSteps(accumulation);
            Recorder recorder = new Recorder();
            Trainer trainer = new Trainer(Toy.model(), Toy.spoilt(Toy.batches(now), 1, 0), now).with(recorder);
            TrainingException e = assertThrows(TrainingException.class, trainer::train);
            int update = accumulation == 1 ? 4 : 3;
            assertTrue(
                    e.getMessage().startsWith("training stopped at update " + update + " of ")
                            && e.getMessage().contains("the loss is NaN"),
                    e.getMessage());
            assertEquals(update - 1, recorder.steps.size());
        }
    }

    /** The update looks at the gradients alone. They do not depend on what is NaN here, and are all 1. */
    @Test
    void aLossThatIsNotANumberMayHaveGradientsThatAre() {
        Builder b = new Builder();
        Node x = b.input("t", TensorType.of(DType.F32, Dim.symbol("B"), Dim.of(1)));
        Node weight = b.param("weight", TensorType.of(DType.F32, 4));
        Node loss = b.add(
                b.reshape(b.reduce(ReduceFunction.SUM, weight, 0), Shape.SCALAR),
                b.reshape(b.reduce(ReduceFunction.SUM, x, 0), Shape.SCALAR));
        Program program = new Program("sum", List.of(x), List.of(new Output(HeadLosses.LOSS, loss)), Map.of());
        TrainableModel model = TrainableModel.of(program, Map.of("weight", Tensor.of(new float[4], 4)), 0);
        TrainingException e = assertThrows(
                TrainingException.class,
                () -> new Trainer(model, Toy.spoilt(Toy.batches(OPTIONS), 0, 1), OPTIONS).train());
        String told = e.getMessage();
        assertTrue(told.startsWith("training stopped at update 2 of 90: the loss is NaN, though the norm"), told);
        assertTrue(told.contains("the gradients is 2.0; parameters may be changed by it, and checkpoints are"), told);
        assertFalse(told.contains("no parameter was changed"), told);
    }

    /**
     * The parameters after the last update are checked too, as no later loss shows that they are not finite: neither a
     * checkpoint nor the result may have them.
     */
    @Test
    void parametersThatAreNotFiniteAreNoResult() {
        TrainingOptions options =
                OPTIONS.withMaxSteps(1).with(OPTIONS.optimizer().withLearningRate(1e39));
        TrainingException e = assertThrows(TrainingException.class, () -> train(options, new Recorder()));
        String told = e.getMessage();
        assertTrue(told.startsWith("training stopped after update 1 of 1: "), told);
        assertTrue(told.contains(" has elements that are not finite numbers"), told);
    }

    /**
     * Factors are powers of two, so that they change no bit. The first ones are too large for the sum of the squares.
     */
    @Test
    void aScaledLossGivesTheSameBits() {
        TrainingOptions options = OPTIONS.withMaxSteps(3);
        Map<String, Tensor> unscaled = train(options, new Recorder()).parameters();
        double large = Math.scalb(1, 64);
        LossScaler repeating = LossScaler.Microsoft.begin(large, 1);
        TrainingOptions scaled = options.with(options.optimizer().withLossScaler(repeating));
        assertSameBits(unscaled, train(scaled, new Recorder()).parameters());
    }

    /** An update that is skipped counts as one, but neither for the schedule nor for the optimizer. */
    @Test
    void skipsWhatIsTooLarge() {
        TrainingOptions options = OPTIONS.withMaxSteps(12)
                .with(OPTIONS.optimizer().withLossScaler(new LossScaler.Torch(Math.scalb(1, 64), 2000, 0)));
        Recorder recorder = new Recorder();
        train(options, recorder);
        assertEquals(12, recorder.steps.size());
        int done = 0;
        for (TrainingCallback.Step step : recorder.steps) {
            assertEquals(0.01 * (12 - done) / 12, step.learningRate(), 1e-15);
            done += Double.isFinite(step.gradNorm()) ? 1 : 0;
        }
        assertTrue(done > 0 && done < 12, done + " of 12 updates were done");
    }

    @Test
    void evaluatesWhenItIsTold() {
        Recorder recorder = new Recorder();
        TrainingOptions options =
                OPTIONS.withNumTrainEpochs(4).with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 5));
        TrainingResult result = new Trainer(Toy.model(), Toy.batches(options), options)
                .with(Toy.evaluator())
                .with(recorder)
                .train();
        assertEquals(
                List.of(5L, 10L),
                recorder.evaluations.stream()
                        .map(TrainingCallback.Evaluation::done)
                        .toList());
        assertTrue(result.bestMetric().isPresent());
        TrainingException e = assertThrows(
                TrainingException.class, () -> new Trainer(Toy.model(), Toy.batches(options), options).train());
        assertTrue(e.getMessage().contains("give the trainer an evaluator"), e.getMessage());
    }

    /** A metric that is better, but not by more than the threshold, is the best and still counts as bad. */
    @Test
    void stopsEarly() {
        Recorder recorder = new Recorder();
        TrainingOptions options = OPTIONS.with(EvaluationOptions.everyEpoch().withEarlyStopping(2, 0.01));
        TrainingResult result = new Trainer(Toy.model(), Toy.batches(options), options)
                .with(Toy.losses(1, 0.5, 0.6, 0.3, 0.295, 0.4, 0))
                .with(recorder)
                .train();
        assertEquals(6, recorder.evaluations.size());
        assertEquals(18, result.steps());
        assertEquals(0.295, result.bestMetric().orElseThrow());
        assertEquals(
                List.of(true, true, false, true, true, false),
                recorder.evaluations.stream()
                        .map(TrainingCallback.Evaluation::isBest)
                        .toList());
    }

    /** The settings say what is an improvement, or else greater_is_better. */
    @Test
    void theRateFollowsTheDirectionOfTheMetric() {
        OptimizerOptions plateau =
                OPTIONS.optimizer().withSchedule(ReduceOnPlateau.NAME, Map.of("factor", "0.5", "patience", "0"));
        EvaluationOptions epochs = EvaluationOptions.everyEpoch();
        TrainingOptions options = OPTIONS.withNumTrainEpochs(5).with(plateau).with(epochs);
        assertEquals(List.of(1.0, 1.0, 0.5, 0.5, 0.25), shares(options));
        assertEquals(List.of(1.0, 1.0, 1.0, 0.5, 0.25), shares(options.with(epochs.withGreaterIsBetter(true))));
        Map<String, String> asSaid = Map.of("factor", "0.5", "patience", "0", "mode", "min");
        assertEquals(
                shares(options),
                shares(options.with(plateau.withSchedule(ReduceOnPlateau.NAME, asSaid))
                        .with(epochs.withGreaterIsBetter(true))));
    }

    /** Returns the rate of each epoch's first update as a share of the first rate. */
    private static List<Double> shares(TrainingOptions options) {
        Recorder recorder = new Recorder();
        new Trainer(Toy.model(), Toy.batches(options), options)
                .with(Toy.losses(0.4, 0.5, 0.3, 0.5, 0))
                .with(recorder)
                .train();
        return recorder.steps.stream()
                .filter(step -> step.done() % 3 == 1)
                .map(step -> step.learningRate() / 0.01)
                .toList();
    }

    /** Correlations are not a number while a model says the same of every row. */
    @Test
    void aMetricThatIsNotANumberIsNeverTheBest() {
        Recorder recorder = new Recorder();
        TrainingOptions options = OPTIONS.with(EvaluationOptions.everyEpoch().withEarlyStopping(3, 0));
        TrainingResult result = new Trainer(Toy.model(), Toy.batches(options), options)
                .with(Toy.losses(Double.NaN, 0.5, Double.NaN, 0.4, 0.6, 0.6, Double.NaN, 0))
                .with(recorder)
                .train();
        assertEquals(0.4, result.bestMetric().orElseThrow());
        assertEquals(
                List.of(false, true, false, true, false, false, false),
                recorder.evaluations.stream()
                        .map(TrainingCallback.Evaluation::isBest)
                        .toList());
    }

    @Test
    void aRateThatFollowsEvaluationsNeedsThem() {
        TrainingOptions blind = OPTIONS.with(OPTIONS.optimizer().withSchedule(ReduceOnPlateau.NAME, Map.of()));
        TrainingException e = assertThrows(TrainingException.class, () -> train(blind, new Recorder()));
        assertTrue(e.getMessage().contains("whose rate follows from evaluations: set eval_strategy"), e.getMessage());
    }

    @Test
    void refusesWhatDoesNotFitIntoTheHeap() {
        TrainingMemory memory = new TrainingMemory(700L << 20, 1400L << 20, 0, 900L << 20);
        memory.check(3L << 30);
        TrainingException e = assertThrows(TrainingException.class, () -> memory.check(2L << 30));
        assertTrue(
                e.getMessage()
                        .startsWith("training does not fit into the heap of 2048 MiB (memory: 3,000 MiB:"
                                + " parameters 700, optimizer 1,400, packed matrices 0, activations of the"
                                + " first batch 900)"),
                e.getMessage());
    }
}
