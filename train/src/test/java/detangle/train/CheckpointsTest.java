package detangle.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DetangleException;
import detangle.train.Toy.Recorder;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.ReduceOnPlateau;
import detangle.train.optimizer.XAdam;
import detangle.train.report.LogEntry;
import detangle.train.report.TrainingLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
    private static final TrainingOptions OPTIONS =
            TrainingOptions.DEFAULT.withMaxSteps(7).with(OptimizerOptions.HUGGINGFACE.withLearningRate(0.01));

    @TempDir
    Path folder;

    private TrainingOptions saving(String name) {
        return OPTIONS.with(SavingOptions.in(folder.resolve(name)).withStrategy(Moment.STEPS, 1));
    }

    private static Trainer trainer(TrainingOptions options) {
        return new Trainer(Toy.model(), Toy.batches(options), options);
    }

    private static TrainingOptions resuming(TrainingOptions options) {
        return options.with(options.saving().withResume(true));
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Interrupted after each update, with each optimizer, with and without accumulation. */
    @Test
    void goesOnBitForBit() throws IOException {
        XAdam slow = new XAdam(0.9, 0.999, 1e-6, XAdam.Form.ADAM, false, 3, 0.5);
        TrainingOptions plain = OPTIONS.withMaxSteps(4);
        TrainingOptions accumulating = plain.with(
                        OPTIONS.optimizer().with(slow).withLossScaler(LossScaler.Microsoft.begin(Math.scalb(1, 64), 1)))
                .withGradientAccumulationSteps(2);
        for (TrainingOptions base : List.of(plain, accumulating)) {
            String name = "whole-" + base.gradientAccumulationSteps();
            TrainingOptions whole = base.with(saving(name).saving());
            TrainingResult expected = trainer(whole).train();
            for (int cut = 1; cut < 4; cut++) {
                String other = name + "-" + cut;
                TrainingOptions parts = base.with(saving(other).saving());
                trainer(parts).with(new Recorder(cut)).train();
                Recorder rest = new Recorder();
                TrainingResult found = trainer(resuming(parts)).with(rest).train();
                assertEquals(cut, rest.begin.orElseThrow().done());
                assertEquals(4 - cut, rest.steps.size());
                TrainerTest.assertSameBits(expected.parameters(), found.parameters());
                for (String file : List.of("optimizer.safetensors", "model.safetensors", "trainer_state.json")) {
                    assertEquals(
                            -1,
                            Files.mismatch(
                                    folder.resolve(name + "/checkpoint-4/" + file),
                                    folder.resolve(other + "/checkpoint-4/" + file)),
                            file + " after a cut at " + cut);
                }
            }
        }
    }

    /** How evaluations went is kept: the rate falls after the second and after the fourth of them. */
    @Test
    void aRateThatFollowsEvaluationsGoesOn() throws IOException {
        double[] losses = {1, 1, 1, 1, 1};
        for (int cut = 0; cut < 5; cut++) {
            TrainingOptions options = plateau(saving("plateau-" + cut).withMaxSteps(5));
            if (cut > 0) {
                trainer(options)
                        .with(Toy.losses(losses))
                        .with(new Recorder(cut))
                        .train();
            }
            Recorder rest = new Recorder();
            trainer(resuming(options)).with(Toy.losses(losses)).with(rest).train();
            List<Double> rates =
                    rest.steps.stream().map(TrainingCallback.Step::learningRate).toList();
            assertEquals(List.of(0.01, 0.01, 0.01, 0.005, 0.005).subList(cut, 5), rates, "after a cut at " + cut);
            for (String file : List.of("optimizer.safetensors", "model.safetensors", "trainer_state.json")) {
                assertEquals(
                        -1,
                        Files.mismatch(
                                folder.resolve("plateau-0/checkpoint-5/" + file),
                                folder.resolve("plateau-" + cut + "/checkpoint-5/" + file)),
                        file + " after a cut at " + cut);
            }
        }
    }

    private static TrainingOptions plateau(TrainingOptions options) {
        Map<String, String> settings = Map.of("factor", "0.5", "patience", "1");
        return options.with(OPTIONS.optimizer().withSchedule(ReduceOnPlateau.NAME, settings))
                .with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 1));
    }

    @Test
    void theOldestGoAndTheBestStays() throws IOException {
        TrainingOptions options = saving("limited")
                .with(EvaluationOptions.everyEpoch()
                        .withStrategy(Moment.STEPS, 1)
                        .withLoadBestModelAtEnd(true));
        TrainingOptions limited = options.with(options.saving().withSaveTotalLimit(2));
        Recorder recorder = new Recorder();
        TrainingResult result = trainer(limited)
                .with(Toy.losses(5, 1, 4, 3, 2, 9, 8))
                .with(recorder)
                .train();
        assertEquals(List.of("checkpoint-2", "checkpoint-7"), names(folder.resolve("limited")));
        assertEquals(7, recorder.saved.size());
        Path best = folder.resolve("limited/checkpoint-2");
        assertEquals(Optional.of(best), result.bestCheckpoint());
        TrainerTest.assertSameBits(
                trainer(OPTIONS).with(new Recorder(2)).train().parameters(), result.parameters());
    }

    @Test
    void onlyTheBestIfThatIsWanted() throws IOException {
        TrainingOptions options = saving("best")
                .with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 1).withLoadBestModelAtEnd(true));
        trainer(options.with(options.saving().withStrategy(Moment.BEST, 1)))
                .with(Toy.losses(5, 1, 4, 3, 0.5, 9, 8))
                .train();
        assertEquals(List.of("checkpoint-1", "checkpoint-2", "checkpoint-5"), names(folder.resolve("best")));
    }

    /** As with a disk that is full half-way. */
    @Test
    void aCheckpointThatFailsLeavesTheLastGoodOne() throws IOException {
        TrainingOptions options = saving("full");
        TrainableModel model = Toy.model();
        ModelWriter whole = model.writer().orElseThrow();
        int[] saved = {0};
        TrainableModel failing = model.withWriter((path, parameters) -> {
            Files.writeString(path.resolve("config.json"), "{");
            if (saved[0]++ == 3) {
                throw new IOException("No space left on device");
            }
            whole.write(path, parameters);
        });
        DetangleException e = assertThrows(
                DetangleException.class, () -> new Trainer(failing, Toy.batches(options), options).train());
        assertTrue(e.getMessage().contains("checkpoint-4: cannot be written: No space left on device"), e.getMessage());
        assertEquals(List.of("checkpoint-1", "checkpoint-2", "checkpoint-3"), names(folder.resolve("full")));
        Recorder rest = new Recorder();
        TrainingResult found = trainer(resuming(options)).with(rest).train();
        assertEquals(3, rest.begin.orElseThrow().done());
        TrainerTest.assertSameBits(trainer(OPTIONS).train().parameters(), found.parameters());
    }

    @Test
    void partsAreCleared() throws IOException {
        TrainingOptions options = saving("parts");
        Path part = folder.resolve("parts/.checkpoint-3.0b7c.part");
        Files.createDirectories(part);
        Files.writeString(part.resolve("model.safetensors"), "half");
        trainer(resuming(options)).train();
        assertFalse(Files.exists(part));
    }

    @Test
    void saysWhatDoesNotGoTogether() throws IOException {
        TrainingOptions options = saving("other");
        trainer(options).with(new Recorder(2)).train();
        assertRefused("is there: choose another output_dir", options);
        assertRefused(
                "was written by a training whose seed is 42, and here it is 1",
                resuming(options).withSeed(1));
        assertRefused(
                "whose data_seed is not said, and here it is 1",
                resuming(options).withDataSeed(1));
        assertRefused(
                "whose train_batch_size is 8, and here it is 4",
                resuming(options).withPerDeviceTrainBatchSize(4));
        assertRefused(
                "does not hold optimizer.v_max.first.bias",
                resuming(options).with(OPTIONS.optimizer().with(new AdamW(0.9, 0.999, 1e-8, true))));
        assertRefused(
                "whose optim is adamw_torch, and here it is xadam",
                resuming(options)
                        .with(OPTIONS.optimizer().with(new XAdam(0.9, 0.999, 1e-6, XAdam.Form.ADAM, false, 3, 0.5))));
        TrainingOptions scaled = options.with(OPTIONS.optimizer().withLossScaler(LossScaler.Torch.DEFAULT));
        assertRefused("that did not scale its loss, and this one does", resuming(scaled));
        TrainingOptions kept = scaled.with(saving("scaled").saving());
        trainer(kept).with(new Recorder(2)).train();
        assertRefused("that scaled its loss, and this one does not", resuming(kept.with(OPTIONS.optimizer())));
        Files.writeString(folder.resolve("other/checkpoint-2/trainer_state.json"), "{");
        assertRefused("trainer_state.json cannot be read", resuming(options));
        assertThrows(TrainingException.class, () -> SavingOptions.NONE.withStrategy(Moment.EPOCH, 1));
        assertThrows(TrainingException.class, () -> EvaluationOptions.NONE.withLoadBestModelAtEnd(true));
    }

    /** Changes a text in the state of a checkpoint. */
    private static Path edit(Path checkpoint, String regex, String replacement) throws IOException {
        Path state = checkpoint.resolve("trainer_state.json");
        String before = Files.readString(state);
        String after = before.replaceFirst(regex, replacement);
        assertNotEquals(before, after);
        return Files.writeString(state, after);
    }

    /** Newer checkpoints may be all that is left where an older one cannot be read. */
    @Test
    void newerCheckpointsStayWhereTheNamedOneIsDamaged() throws IOException {
        TrainingOptions options = saving("damaged");
        trainer(options)
                .with(new TrainingLog(1, entry -> {}))
                .with(new Recorder(3))
                .train();
        Path first = folder.resolve("damaged/checkpoint-1");
        Path state = edit(first, "\"step\" : 1", "\"step\" : -1");
        TrainingOptions resuming =
                options.with(options.saving().withResumeFrom(first).withOverwrites(true));
        Trainer trainer = trainer(resuming).with(new TrainingLog(1, entry -> {}));
        String told = assertThrows(TrainingException.class, trainer::train).getMessage();
        assertTrue(told.startsWith(state + " is damaged: step in log_history must be"), told);
        assertEquals(List.of("checkpoint-1", "checkpoint-2", "checkpoint-3"), names(folder.resolve("damaged")));
    }

    /** A training with an entry for each update may write more entries than are read. */
    @Test
    void aLongLogIsCutWhereItIsWritten() {
        TrainingOptions options = saving("long").withMaxSteps(2);
        SequencedMap<String, Double> values = new LinkedHashMap<>();
        List.of("loss", "grad_norm", "learning_rate").forEach(name -> values.put(name, 1.0 / 3));
        TrainingLog log = new TrainingLog(1, entry -> {});
        for (int i = 0; i < 200_000; i++) {
            log.add(new LogEntry(0, 0, values));
        }
        trainer(options).with(log).with(new Recorder(1)).train();
        TrainingLog rest = new TrainingLog(1, entry -> {});
        trainer(resuming(options)).with(rest).train();
        assertEquals(2, rest.entries().getLast().step());
        int kept = rest.entries().size();
        assertTrue(kept > 120_000 && kept < 200_000, "entries that are kept: " + kept);
    }

    /** Returns a training of two phases, of which the second scales its loss or does not. */
    private static Trainer phases(TrainingOptions options, boolean scales) {
        TrainableModel model = Toy.twoPhases(o -> scales ? o.withLossScaler(LossScaler.Torch.DEFAULT) : o);
        return new Trainer(model, Toy.batches(options), options);
    }

    @Test
    void eachPhaseGoesOnFromItsOwnState() throws IOException {
        TrainingOptions options = saving("phases");
        phases(options, true).with(new Recorder(2)).train();
        Path checkpoint = folder.resolve("phases/checkpoint-2");
        String told = assertThrows(TrainingException.class, phases(resuming(options), false)::train)
                .getMessage();
        assertTrue(told.contains("scaled its loss, and this one does not, in further_phases[0]: go on"), told);
        Path state = edit(checkpoint, "(?s)\"further_phases\" : .*?} ]", "\"further_phases\" : [ ]");
        told = assertThrows(TrainingException.class, phases(resuming(options), true)::train)
                .getMessage();
        assertTrue(told.startsWith(state + " is damaged: further_phases[0] is missing; it must be an object"), told);
        edit(checkpoint, "\"further_phases\" : \\[ ]", "\"further_phases\" : [ 7 ]");
        told = assertThrows(TrainingException.class, phases(resuming(options), true)::train)
                .getMessage();
        assertTrue(told.contains("further_phases[0] is 7; it must be an object"), told);
    }

    @Test
    void anotherPrecisionIsRefused() throws IOException {
        TrainingOptions options = saving("precision");
        trainer(options).with(new Recorder(2)).train();
        Path checkpoint = folder.resolve("precision/checkpoint-2");
        edit(checkpoint, "\"precision\" : \"fp32\"", "\"precision\" : \"bf16\"");
        assertRefused("whose precision is bf16, and here it is fp32", resuming(options));
        edit(checkpoint, "\"precision\" : \"bf16\",", "");
        assertEquals(2, begun(resuming(options), 3), "checkpoints of earlier versions do not name fp32");
        Path third = folder.resolve("precision/checkpoint-3");
        edit(third, "\"precision\" : \"fp32\",", "");
        edit(third, "\"objective\" : \\{", "\"objective\" : { \"precision\" : \"bf16\"");
        assertRefused("whose precision is bf16, and here it is fp32", resuming(options));
    }

    /** Of nine updates, a half are five, and a quarter are three: the fifth would have no checkpoint. */
    @Test
    void sharesOfAllUpdatesGoTogetherOnceTheyAreRounded() throws IOException {
        TrainingOptions options = OPTIONS.withMaxSteps(9)
                .with(SavingOptions.in(folder.resolve("shares")).withStrategy(Moment.STEPS, 0.25))
                .with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 0.5).withLoadBestModelAtEnd(true));
        TrainingException e = assertThrows(
                TrainingException.class,
                () -> trainer(options).with(Toy.losses(1)).train());
        assertTrue(e.getMessage().contains("load_best_model_at_end needs a checkpoint of each evaluation"));
        TrainingOptions eight = options.withMaxSteps(8);
        TrainingResult result = trainer(eight).with(Toy.losses(1, 2)).train();
        assertEquals(Optional.of(folder.resolve("shares/checkpoint-4")), result.bestCheckpoint());
    }

    /** The parameters of the best evaluation are wanted at the end, and they may be those of that checkpoint. */
    @Test
    void aCheckpointWhoseBestOneIsElsewhereIsRefused() {
        TrainingOptions options = saving("first")
                .with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 1).withLoadBestModelAtEnd(true));
        trainer(options).with(Toy.losses(1, 2, 3)).with(new Recorder(3)).train();
        TrainingOptions elsewhere =
                options.with(saving("second").saving().withResumeFrom(folder.resolve("first/checkpoint-3")));
        TrainingException e = assertThrows(
                TrainingException.class,
                () -> trainer(elsewhere).with(Toy.losses(5, 5, 5, 5)).train());
        assertTrue(e.getMessage().contains("second/checkpoint-1 is the best so far and is not there"), e.getMessage());
    }

    /**
     * A training that is begun several times deletes once the checkpoints that it does not go on from, and then goes on
     * from its own.
     */
    @Test
    void aFolderThatIsPreparedMayBeBegunInOftener() throws IOException {
        TrainingOptions options = saving("prepared").withMaxSteps(4);
        trainer(options.withMaxSteps(2)).train();
        assertThrows(TrainingException.class, () -> options.saving().prepared());
        SavingOptions prepared = options.saving().withOverwrites(true).prepared();
        assertEquals(List.of(), names(folder.resolve("prepared")));
        assertEquals(0, begun(options.with(prepared), 1));
        assertEquals(1, begun(options.with(prepared), 4));
        TrainingOptions other = saving("next").withMaxSteps(4);
        SavingOptions next = other.saving()
                .withResumeFrom(folder.resolve("prepared/checkpoint-2"))
                .prepared();
        assertEquals(2, begun(other.with(next), 3));
        assertEquals(3, begun(other.with(next), 4));
    }

    /** Trains until some updates are done, and returns how many were when it began. */
    private static long begun(TrainingOptions options, long most) {
        Recorder recorder = new Recorder(most);
        trainer(options).with(recorder).train();
        return recorder.begin.orElseThrow().done();
    }

    private static void assertRefused(String message, TrainingOptions options) {
        TrainingException e =
                assertThrows(TrainingException.class, () -> trainer(options).train());
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
