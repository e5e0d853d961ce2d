package detangle.train;

import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.weights.FiniteWeights;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** One training, from its beginning or from a checkpoint to its end. */
final class TrainingRun {
    /** The most attempts at a batch. The original repeats a batch without any limit. */
    private static final int MAX_ATTEMPTS = 20;

    /** The number that stands for the checkpoint that the options name, or for none if they name none. */
    private static final long NAMED_CHECKPOINT = -1;

    private final TrainableModel model;
    private final Batches batches;
    private final TrainingOptions options;
    private final Trainer trainer;
    private final DeviceModel loaded;
    private final Map<String, TensorType> trained;
    private final Optional<Checkpoints> checkpoints;
    private final Together together;
    private final List<OptimizerOptions> optimizers;
    private final long updates;
    private final int perEpoch;
    private TrainerState state;

    /** The checkpoint that training has gone on from. */
    private Optional<Path> goneOnFrom = Optional.empty();

    TrainingRun(Trainer trainer, DeviceModel loaded, Map<String, TensorType> trained) {
        this.trainer = trainer;
        this.model = trainer.model();
        this.batches = trainer.ownBatches();
        this.options = trainer.options();
        this.loaded = loaded;
        this.trained = trained;
        this.checkpoints = options.saving().outputDir().map(Checkpoints::new);
        this.together = new Together(trainer.parallel(), loaded.variables(), trained.keySet());
        this.updates = options.updates(batches);
        this.perEpoch = batches.updates();
        this.optimizers = trainer.optimizers();
        List<Schedule> schedules = trainer.schedules();
        List<PhaseState> phases = new ArrayList<>();
        for (int phase = 0; phase < schedules.size(); phase++) {
            phases.add(new PhaseState(0, optimizers.get(phase).lossScaler(), schedules.get(phase)));
        }
        this.state = TrainerState.begin(phases);
    }

    TrainingResult train() {
        TrainingMemory memory = loaded.memory(batches.update(0, 0).getFirst());
        memory.check(Runtime.getRuntime().maxMemory());
        Optional<JsonNode> from = begin();
        long before = state.step();
        double lossBefore = state.lossSum();
        tell(c -> c.onBegin(new TrainingCallback.Begin(
                before, updates, perEpoch, memory, from, goneOnFrom.map(TrainingCheckpoint::file))));
        clear();
        boolean stops = isOutOfPatience();
        while (state.step() < updates && !stops) {
            update();
            if (together.meetsAfter(state.step()) || isAtMoment()) {
                state = together.meet(state);
                evaluate();
                stops = isOutOfPatience()
                        || together.any(trainer.callbacks().stream().anyMatch(TrainingCallback::stops));
                save();
            }
        }
        double loss = (state.lossSum() - lossBefore) / Math.max(1, state.step() - before);
        Optional<Path> best = trainer.isFirst() ? best() : Optional.empty();
        if (options.evaluation().loadBestModelAtEnd()) {
            best.ifPresent(folder -> TrainingCheckpoint.read(folder, trained, loaded.variables(), identity(), state));
        }
        return new TrainingResult(state.step(), loss, state.bestMetric(), best, finiteParameters());
    }

    private void tell(Consumer<TrainingCallback> what) {
        trainer.callbacks().forEach(what);
    }

    private TrainingCheckpoint.Identity identity() {
        return new TrainingCheckpoint.Identity(
                options.recipe(),
                options.seed(),
                options.dataSeed(),
                batches.order(),
                optimizers.stream().map(o -> o.optimizer().name()).collect(Collectors.joining(", ")),
                options.batch(together.size()),
                options.gradientAccumulationSteps(),
                batches.rows(),
                batches.checksum(),
                perEpoch,
                options.precision(),
                model.objective());
    }

    /** Returns the fields of the checkpoint that training goes on from, if there is one. */
    private Optional<JsonNode> begin() {
        Optional<Path> from = checkpoints.flatMap(this::start);
        goneOnFrom = from;
        from.ifPresent(folder -> {
            state = TrainingCheckpoint.read(folder, trained, loaded.variables(), identity(), state);
            model.writer().ifPresent(writer -> writer.checkGoesOn(folder));
        });
        Optional<JsonNode> fields = from.map(TrainingCheckpoint::json);
        together.begin(state, batches, options.precision());
        if (checkpoints.isEmpty() || !trainer.isFirst()) {
            return fields;
        }
        if (options.evaluation().loadBestModelAtEnd() && state.bestStep().isPresent() && best().isEmpty()) {
            throw new TrainingException(
                    checkpoints.get().folder(state.bestStep().get())
                            + " is the best so far and is not there, and load_best_model_at_end may need it: copy it"
                            + " there, or leave that option out");
        }
        if (!options.saving().overwrites()) {
            checkpoints.get().clear(from, false);
        }
        return fields;
    }

    /** Deletes checkpoints that training does not go on with, once all has been checked that it goes on from. */
    private void clear() {
        if (trainer.isFirst()) {
            checkpoints.ifPresent(all -> {
                all.deleteParts();
                all.clear(goneOnFrom, options.saving().overwrites());
            });
        }
    }

    /**
     * Returns the checkpoint that training goes on from. The first process finds it for all, as others may not see one
     * yet that has just been written.
     */
    private Optional<Path> start(Checkpoints all) {
        Optional<Path> named = options.saving().resumesFrom();
        Optional<Path> found = trainer.isFirst() ? all.start(options.saving()) : named;
        double told = together.ofFirst(found.equals(named) ? NAMED_CHECKPOINT : all.step(found.orElseThrow()));
        return told == NAMED_CHECKPOINT ? named : Optional.of(all.folder((long) told));
    }

    private boolean isOutOfPatience() {
        int patience = options.evaluation().earlyStoppingPatience();
        return patience > 0 && state.badEvaluations() >= patience;
    }

    private double epoch() {
        return (double) state.step() / perEpoch;
    }

    private void update() {
        long step = state.step();
        List<Batch> rows = batches.update(Math.toIntExact(step / perEpoch), (int) (step % perEpoch));
        List<TrainingCallback.Phase> phases = new ArrayList<>();
        int count = 0;
        for (int phase = 0; phase < optimizers.size(); phase++) {
            // The schedule and the optimizer do not count an update that was skipped.
            PhaseState before = state.phases().get(phase);
            double rate =
                    optimizers.get(phase).learningRate() * before.schedule().factor(step - before.skipped());
            DeviceModel.Outcome outcome = update(phase, rows, rate);
            phases.add(new TrainingCallback.Phase(
                    model.phases().get(phase).name(), outcome.loss(), outcome.norm(), rate, outcome.measures()));
            rows = outcome.slices();
            count = outcome.rows();
        }
        TrainingCallback.Phase first = phases.getFirst();
        double loss = phases.stream().mapToDouble(TrainingCallback.Phase::loss).sum();
        state = state.afterUpdate(loss);
        together.add(loss, count);
        TrainingCallback.Step done = new TrainingCallback.Step(
                state.step(), updates, epoch(), loss, first.gradNorm(), first.learningRate(), count, phases);
        tell(c -> c.onStep(done));
    }

    private DeviceModel.Outcome update(int phase, List<Batch> rows, double rate) {
        DeviceModel.Outcome outcome = attempt(phase, rows, rate);
        for (int i = 0; i < MAX_ATTEMPTS && overflows(phase, outcome) && repeats(phase); i++) {
            outcome = attempt(phase, rows, rate);
        }
        boolean skips = overflows(phase, outcome)
                && !repeats(phase)
                && state.phases().get(phase).lossScale() >= 1;
        if (!Double.isFinite(outcome.loss()) || !Double.isFinite(outcome.norm()) && !skips) {
            throw new TrainingException(notFinite(phase, outcome));
        }
        if (skips) {
            state = state.with(phase, state.phases().get(phase).afterSkipping());
        }
        return outcome;
    }

    private DeviceModel.Outcome attempt(int phase, List<Batch> rows, double rate) {
        PhaseState before = state.phases().get(phase);
        DeviceModel.Outcome outcome = loaded.update(
                phase,
                rows,
                new DeviceModel.Scalars(
                        state.step(), state.step() - before.skipped(), rate, options.seed(), before.lossScale()));
        state = state.with(phase, before.afterAttempt(Double.isFinite(outcome.norm())));
        return outcome;
    }

    /** Returns whether the scaled loss was too large, though the loss itself is a number. */
    private boolean overflows(int phase, DeviceModel.Outcome outcome) {
        return state.phases().get(phase).scaler().isPresent()
                && Double.isFinite(outcome.loss())
                && !Double.isFinite(outcome.norm());
    }

    /**
     * Returns whether a batch is computed again with a smaller factor, as in the original, and not skipped as in
     * PyTorch.
     */
    private boolean repeats(int phase) {
        return state.phases()
                .get(phase)
                .scaler()
                .filter(LossScaler.Microsoft.class::isInstance)
                .isPresent();
    }

    /** Returns what messages say of the checkpoint that training has gone on from, whose files may be damaged. */
    private String begun() {
        return goneOnFrom.map(folder -> ", having gone on from " + folder).orElse("");
    }

    /** Returns the message for an update whose loss or gradients are not finite. */
    private String notFinite(int phase, DeviceModel.Outcome outcome) {
        String where = model.phases().size() == 1
                ? ""
                : " in its phase " + model.phases().get(phase).name();
        String norm = "the norm of the gradients is " + outcome.norm();
        String loss = "the loss is " + outcome.loss();
        boolean changes = Double.isFinite(outcome.norm());
        String what = changes ? loss + ", though " + norm : Double.isFinite(outcome.loss()) ? norm : loss;
        return "training stopped at update " + (state.step() + 1) + " of " + updates + where + begun() + ": " + what
                + (changes
                        ? "; parameters may be changed by it, and checkpoints are not"
                        : "; no parameter was changed by it")
                + ". The learning rate may be too high, the warm-up too short, or the labels of a batch may all be"
                + " ignored";
    }

    /** Returns whether the model is evaluated or saved now, or training ends. */
    private boolean isAtMoment() {
        return isTimeToEvaluate() || isTimeToSave() || state.step() == updates;
    }

    private boolean isTimeToEvaluate() {
        EvaluationOptions when = options.evaluation();
        return when.evalStrategy().isAfter(state.step(), when.evalSteps(), updates, perEpoch);
    }

    /** Evaluates the model in the first process, and tells the others the metric that decides. */
    private void evaluate() {
        if (!isTimeToEvaluate()) {
            return;
        }
        EvaluationOptions when = options.evaluation();
        if (!trainer.isFirst()) {
            state = state.afterEvaluation(together.ofFirst(0), when);
            return;
        }
        SequencedMap<String, Double> metrics = trainer.evaluator().orElseThrow().evaluate(loaded::evaluate);
        when.checkMetric(metrics.keySet());
        state = state.afterEvaluation(together.ofFirst(metrics.get(when.metricForBestModel())), when);
        boolean isBest = isBest();
        TrainingCallback.Evaluation done = new TrainingCallback.Evaluation(state.step(), epoch(), metrics, isBest);
        tell(c -> c.onEvaluate(done));
    }

    private boolean isBest() {
        return state.bestStep().filter(best -> best == state.step()).isPresent();
    }

    /** Returns whether a checkpoint is to be written. If that is at numbers of updates, it is at the end too. */
    private boolean isTimeToSave() {
        SavingOptions when = options.saving();
        boolean isLast = when.saveStrategy() == Moment.STEPS && state.step() == updates;
        boolean isTime = when.saveStrategy() == Moment.BEST
                ? isBest()
                : when.saveStrategy().isAfter(state.step(), when.saveSteps(), updates, perEpoch);
        return isTime || isLast;
    }

    private void save() {
        if (!isTimeToSave() || !trainer.isFirst()) {
            return;
        }
        SavingOptions when = options.saving();
        Path folder = checkpoints.orElseThrow().folder(state.step());
        TrainingCheckpoint.write(
                folder,
                model.writer().orElseThrow(),
                finiteParameters(),
                trained,
                loaded.variables(),
                identity(),
                state,
                kept());
        checkpoints.get().rotate(when.saveTotalLimit(), state.bestStep());
        tell(c -> c.onSave(folder));
    }

    private Map<String, JsonNode> kept() {
        Map<String, JsonNode> kept = new LinkedHashMap<>();
        trainer.callbacks().forEach(callback -> kept.putAll(callback.kept()));
        return kept;
    }

    private Optional<Path> best() {
        return state.bestStep()
                .flatMap(step -> checkpoints.map(all -> all.folder(step)))
                .filter(TrainingCheckpoint::is);
    }

    /** Returns the parameters, and refuses those that no later loss has shown to be wrong. */
    private Map<String, Tensor> finiteParameters() {
        Map<String, Tensor> parameters = new HashMap<>();
        model.parameters()
                .keySet()
                .forEach(name -> parameters.put(name, loaded.variables().read(name)));
        for (String name : trained.keySet()) {
            if (parameters.containsKey(name) && !FiniteWeights.isFinite(parameters.get(name))) {
                throw new TrainingException("training stopped after update " + state.step() + " of " + updates
                        + begun() + ": " + name
                        + " has elements that are not finite numbers; checkpoints are as they were. The learning"
                        + " rate may be too high, or the warm-up too short");
            }
        }
        return parameters;
    }
}
