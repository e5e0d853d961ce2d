package detangle.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.ir.Tensor;
import detangle.train.Toy.Recorder;
import detangle.train.optimizer.LossScaler;
import detangle.train.parallel.DataParallel;
import detangle.train.parallel.PeerException;
import detangle.train.parallel.Ranks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes train as one process does, whatever rows each of them gets. */
class DataParallelTest {
    private static final TrainingOptions OPTIONS =
            TrainingOptions.DEFAULT.withNumTrainEpochs(3).with(OptimizerOptions.HUGGINGFACE.withLearningRate(0.01));

    @TempDir
    private Path folder;

    /** The result of a training, and the calls that its callback has received. */
    private record Done(TrainingResult result, Recorder told) {}

    private static Done train(TrainableModel model, TrainingOptions options, DataParallel parallel, Recorder recorder) {
        Batches batches = Toy.batches(options, parallel.group().size());
        Trainer trainer = new Trainer(model, batches, options)
                .with(Toy.evaluator())
                .with(recorder)
                .with(parallel);
        return new Done(trainer.train(), recorder);
    }

    private static Done alone(TrainingOptions options) {
        return train(Toy.withoutDropout(), options, DataParallel.ALONE, new Recorder());
    }

    private static List<Done> together(int size, TrainingOptions options, int syncEvery) {
        return Ranks.together(
                size,
                group -> train(Toy.withoutDropout(), options, new DataParallel(group, syncEvery), new Recorder()));
    }

    /**
     * Compares trainings in which the means of batches are added up in different orders. An update moves a parameter by
     * its gradient over the root of the average of its squares, times 0.01. So a rounding error of the gradients, a few
     * units of 2^-24, is multiplied by 0.01 and by the ratio of the largest gradient to a small one.
     */
    private static void assertSameTraining(Done one, List<Done> several) {
        for (Done rank : several) {
            assertEquals(one.told.steps.size(), rank.told.steps.size());
            for (int i = 0; i < one.told.steps.size(); i++) {
                TrainingCallback.Step expected = one.told.steps.get(i);
                TrainingCallback.Step found = rank.told.steps.get(i);
                assertEquals(expected.loss(), found.loss(), 2e-6);
                assertEquals(expected.gradNorm(), found.gradNorm(), 1e-5);
                assertEquals(expected.learningRate(), found.learningRate());
                assertEquals(expected.rows(), found.rows());
            }
            assertEquals(one.result.loss(), rank.result.loss(), 2e-6);
            one.result.parameters().forEach((name, value) -> {
                float[] expected = value.toFloats();
                float[] found = rank.result.parameters().get(name).toFloats();
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], found[i], 1e-5, name);
                }
            });
            TrainerTest.assertSameBits(several.getFirst().result.parameters(), rank.result.parameters());
        }
    }

    /** 22 rows are batches of 12 and 10, the second of which three processes divide into slices of 3, 3 and 4. */
    @Test
    void severalProcessesAreOne() {
        for (int size = 2; size < 4; size++) {
            TrainingOptions options = OPTIONS.withGradientAccumulationSteps(size - 1);
            Done one = alone(options.withPerDeviceTrainBatchSize(12));
            List<Done> several = together(size, options.withPerDeviceTrainBatchSize(12 / size), 1);
            assertSameTraining(one, several);
            // The two moments, the gradients, and twice the tensors that are exchanged.
            TrainingMemory memory = several.getFirst().told.begin.orElseThrow().memory();
            assertEquals(5 * memory.parameterBytes(), memory.optimizerBytes());
        }
    }

    /** In microsoft's recipe a batch is that of all processes. The last one has one row, and two of three have none. */
    @Test
    void aProcessMayHaveNoRow() {
        TrainingOptions options = TrainingOptions.MICROSOFT
                .with(OptimizerOptions.MICROSOFT.withLearningRate(0.01))
                .withPerDeviceTrainBatchSize(7)
                .withMaxSteps(8);
        Done one = alone(options);
        assertEquals(1, one.told.steps.get(3).rows());
        assertSameTraining(one, together(3, options, 1));
    }

    /** Each process draws its own places to drop. */
    @Test
    void dropoutDiffersAndParametersDoNot() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(8).withMaxSteps(2);
        List<Done> ranks =
                Ranks.together(2, group -> train(Toy.model(), options, DataParallel.of(group), new Recorder()));
        TrainerTest.assertSameBits(
                ranks.get(0).result.parameters(), ranks.get(1).result.parameters());
        Done one = train(Toy.model(), options.withPerDeviceTrainBatchSize(16), DataParallel.ALONE, new Recorder());
        assertNotEquals(
                one.told.steps.getFirst().loss(),
                ranks.getFirst().told.steps.getFirst().loss(),
                1e-4);
    }

    /** Processes that meet once, at the end, end with the average of what each of them alone would end with. */
    @Test
    void localUpdatesAreAveraged() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(8);
        List<Done> ranks = together(2, options, 1000);
        List<TrainingResult> alone = new ArrayList<>();
        for (int rank = 0; rank < 2; rank++) {
            Batches slice = Toy.batches(options, 2).slice(rank, 2);
            alone.add(new Trainer(Toy.withoutDropout(), slice, options).train());
        }
        Map<String, Tensor> average = new HashMap<>();
        alone.get(0).parameters().forEach((name, value) -> {
            float[] first = value.toFloats();
            float[] second = alone.get(1).parameters().get(name).toFloats();
            for (int i = 0; i < first.length; i++) {
                first[i] = (first[i] + second[i]) * 0.5f;
            }
            average.put(name, Tensor.of(first, value.shape()));
        });
        for (Done rank : ranks) {
            TrainerTest.assertSameBits(average, rank.result.parameters());
            // 16 and 6 rows of each epoch are divided evenly.
            assertEquals((alone.get(0).loss() + alone.get(1).loss()) / 2, rank.result.loss(), 1e-9);
        }
    }

    @Test
    void localUpdatesLearn() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4).withNumTrainEpochs(12);
        Done often =
                together(2, options.with(EvaluationOptions.everyEpoch()), 1).getFirst();
        Done seldom =
                together(2, options.with(EvaluationOptions.everyEpoch()), 8).getFirst();
        double begun = often.told.evaluations.getFirst().metrics().get("loss");
        double wanted = often.told.evaluations.getLast().metrics().get("loss");
        double found = seldom.told.evaluations.getLast().metrics().get("loss");
        assertTrue(begun - found > 0.7 * (begun - wanted), begun + " became " + wanted + " and " + found);
    }

    private TrainingOptions saving(TrainingOptions options, String name) {
        return options.withPerDeviceTrainBatchSize(4)
                .with(EvaluationOptions.everyEpoch())
                .with(SavingOptions.in(folder.resolve(name)).withStrategy(Moment.EPOCH, 1));
    }

    /** An interrupted training ends with the same bits, whether updates are local or not. */
    @Test
    void goesOnFromTheLastCheckpoint() {
        for (int syncEvery : new int[] {1, 2}) {
            TrainingOptions options = saving(OPTIONS, "sync" + syncEvery);
            List<Done> whole = together(2, options, syncEvery);
            assertEquals(List.of("checkpoint-3", "checkpoint-6", "checkpoint-9"), whole.getFirst().told.saved);
            assertEquals(3, whole.getFirst().told.evaluations.size());
            assertEquals(List.of(), whole.get(1).told.saved);
            assertEquals(List.of(), whole.get(1).told.evaluations);
            assertEquals(
                    whole.getFirst().result.bestMetric(), whole.get(1).result.bestMetric());

            TrainingOptions cut = saving(OPTIONS, "cut" + syncEvery);
            List<Ranks.Ended<Done>> ended = Ranks.each(2, Duration.ofSeconds(60), group -> {
                Recorder recorder = new Recorder();
                TrainingCallback dies = new TrainingCallback() {
                    @Override
                    public void onStep(Step step) {
                        if (group.rank() == 1 && step.done() == 5) {
                            throw new IllegalStateException("dead");
                        }
                    }
                };
                Trainer trainer = new Trainer(Toy.withoutDropout(), Toy.batches(cut, 2), cut)
                        .with(Toy.evaluator())
                        .with(dies)
                        .with(new DataParallel(group, syncEvery));
                return new Done(trainer.train(), recorder);
            });
            PeerException lost =
                    assertInstanceOf(PeerException.class, ended.getFirst().failure());
            assertTrue(lost.getMessage().startsWith("rank 0 of 2 has lost rank 1 at "), lost.getMessage());
            List<Done> rest = together(2, cut.with(cut.saving().withResume(true)), syncEvery);
            assertEquals(3, rest.getFirst().told.begin.orElseThrow().done());
            TrainerTest.assertSameBits(
                    whole.getFirst().result.parameters(), rest.getFirst().result.parameters());
        }
    }

    /** The batch of all processes is what must stay, and not the number of processes. */
    @Test
    void anotherNumberOfProcessesGoesOnWithTheSameBatch() {
        TrainingOptions options = saving(OPTIONS, "other");
        Ranks.together(2, group -> train(Toy.withoutDropout(), options, DataParallel.of(group), new Recorder(3)));
        TrainingOptions resumed = options.with(options.saving().withResume(true));
        TrainingException e = assertThrows(TrainingException.class, () -> alone(resumed));
        assertTrue(e.getMessage().contains("whose train_batch_size is 8, and here it is 4"), e.getMessage());
        Done one = alone(resumed.withPerDeviceTrainBatchSize(8));
        assertEquals(3, one.told.begin.orElseThrow().done());
        assertEquals(9, one.result.steps());
    }

    /** Metrics that the first process alone knows end the training of all. */
    @Test
    void stopsEarlyTogether() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4)
                .with(EvaluationOptions.everyEpoch().withEarlyStopping(1, 0));
        List<TrainingResult> ranks = Ranks.together(
                2,
                group -> new Trainer(Toy.withoutDropout(), Toy.batches(options, 2), options)
                        .with(Toy.losses(0.5, 0.6, 0))
                        .with(DataParallel.of(group))
                        .train());
        ranks.forEach(rank -> assertEquals(6, rank.steps()));
    }

    /** Another model in one process is found before the first update. */
    @Test
    void processesThatBeginOtherwiseAreRefused() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4);
        List<Ranks.Ended<TrainingResult>> ended = Ranks.each(2, Duration.ofSeconds(60), group -> {
            Map<String, Tensor> parameters = new HashMap<>(Toy.withoutDropout().parameters());
            if (group.rank() == 1) {
                parameters.put("first.bias", Tensor.of(new float[Toy.HIDDEN], Toy.HIDDEN));
            }
            TrainableModel model = TrainableModel.of(Toy.model().training(), parameters, 0);
            return new Trainer(model, Toy.batches(options, 2), options)
                    .with(DataParallel.of(group))
                    .train();
        });
        for (Ranks.Ended<TrainingResult> rank : ended) {
            String told =
                    assertInstanceOf(TrainingException.class, rank.failure()).getMessage();
            assertTrue(told.startsWith("rank 1 begins with parameters of the checksum "), told);
        }
    }

    @Test
    void processesOfDifferentPrecisionsAreRefused() {
        System.setProperty(ComputePrecision.EMULATION, "true");
        try {
            List<Ranks.Ended<TrainingResult>> ended = Ranks.each(2, Duration.ofSeconds(60), group -> {
                TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4)
                        .withPrecision(group.rank() == 0 ? ComputePrecision.FP32 : ComputePrecision.BF16);
                return new Trainer(Toy.withoutDropout(), Toy.batches(options, 2), options)
                        .with(DataParallel.of(group))
                        .train();
            });
            for (Ranks.Ended<TrainingResult> rank : ended) {
                assertEquals(
                        "rank 1 computes in bf16, and rank 0 computes in fp32: all processes must be given the same"
                                + " precision",
                        assertInstanceOf(TrainingException.class, rank.failure())
                                .getMessage());
            }
        } finally {
            System.clearProperty(ComputePrecision.EMULATION);
        }
    }

    /** The first process finds the checkpoint, and one that does not reach its folder says so. */
    @Test
    void aCheckpointThatIsNotReachedIsNamed() {
        alone(saving(OPTIONS, "first").withPerDeviceTrainBatchSize(8));
        List<Ranks.Ended<TrainingResult>> ended = Ranks.each(2, Duration.ofSeconds(60), group -> {
            TrainingOptions own = saving(OPTIONS, group.rank() == 0 ? "first" : "second");
            return new Trainer(
                            Toy.withoutDropout(),
                            Toy.batches(own, 2),
                            own.with(own.saving().withResume(true)))
                    .with(Toy.evaluator())
                    .with(DataParallel.of(group))
                    .train();
        });
        String told = ended.get(1).failure().getMessage();
        assertTrue(told.endsWith("second/checkpoint-9 is not a checkpoint: it has no trainer_state.json"), told);
        assertInstanceOf(PeerException.class, ended.getFirst().failure());
    }

    /** A loss that is not a number in one slice makes the loss of the whole batch one that is not a number. */
    @Test
    void stopsEverywhereWhereTheLossIsNotANumber() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4);
        List<Ranks.Ended<TrainingResult>> ended = Ranks.each(2, Duration.ofSeconds(60), group -> {
            Batches slice = Toy.batches(options, 2).slice(group.rank(), 2);
            Batches spoilt = group.rank() == 1 ? Toy.spoilt(slice, 0, 1) : slice;
            return new Trainer(Toy.withoutDropout(), sliced(spoilt), options)
                    .with(DataParallel.of(group))
                    .train();
        });
        for (Ranks.Ended<TrainingResult> rank : ended) {
            String told =
                    assertInstanceOf(TrainingException.class, rank.failure()).getMessage();
            assertTrue(told.startsWith("training stopped at update 2 of 9: the loss is NaN"), told);
        }
    }

    /** Returns batches that are slices already. */
    private static Batches sliced(Batches slice) {
        return new Batches() {
            @Override
            public int updates() {
                return slice.updates();
            }

            @Override
            public List<Batch> update(int epoch, int update) {
                return slice.update(epoch, update);
            }

            @Override
            public long rows() {
                return slice.rows();
            }

            @Override
            public Batches slice(int rank, int size) {
                return slice;
            }
        };
    }

    @Test
    void refusesWhatCannotBeDivided() {
        TrainingOptions options = OPTIONS.withPerDeviceTrainBatchSize(4);
        Batches undivided = Toy.spoilt(Toy.batches(options, 2), 0, 0);
        List<Ranks.Ended<TrainingResult>> ended = Ranks.each(
                2,
                Duration.ofSeconds(60),
                group -> new Trainer(Toy.withoutDropout(), undivided, options)
                        .with(DataParallel.of(group))
                        .train());
        String told = ended.getFirst().failure().getMessage();
        assertTrue(told.contains("cannot be divided among 2 processes"), told);
        TrainingOptions scaled = options.with(options.optimizer().withLossScaler(new LossScaler.Torch(8, 2000, 0)));
        List<Ranks.Ended<Done>> local = Ranks.each(
                2,
                Duration.ofSeconds(60),
                group -> train(Toy.withoutDropout(), scaled, new DataParallel(group, 4), new Recorder()));
        told = local.getFirst().failure().getMessage();
        assertTrue(told.startsWith("sync_every is 4, and the loss is scaled"), told);
        TrainingException e = assertThrows(TrainingException.class, () -> DataParallel.ALONE.withSyncEvery(0));
        assertEquals("sync_every is 0: it must be at least 1", e.getMessage());
    }
}
