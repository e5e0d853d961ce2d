package detangle.train;

import detangle.backend.Device;
import detangle.ir.Tensor;
import detangle.runtime.Backends;
import detangle.train.optimizer.Schedule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Trains a model, as HuggingFace's Trainer or microsoft's does.
 *
 * <pre>{@code
 * TrainingResult result = new Trainer(model, batches, TrainingOptions.DEFAULT.withNumTrainEpochs(3)).train();
 * }</pre>
 *
 * The same model, batches and options give the same bits at each run, whatever the number of threads, and whether
 * training was interrupted or not; docs/TRAINING.md says what that holds for.
 */
public final class Trainer {
    private final TrainableModel model;
    private final Batches batches;
    private final TrainingOptions options;
    private final Optional<Evaluator> evaluator;
    private final List<TrainingCallback> callbacks;

    /** A trainer that evaluates nothing. */
    public Trainer(TrainableModel model, Batches batches, TrainingOptions options) {
        this(model, batches, options, Optional.empty(), List.of());
    }

    private Trainer(
            TrainableModel model,
            Batches batches,
            TrainingOptions options,
            Optional<Evaluator> evaluator,
            List<TrainingCallback> callbacks) {
        this.model = model;
        this.batches = batches;
        this.options = options;
        this.evaluator = evaluator;
        this.callbacks = List.copyOf(callbacks);
    }

    /** A trainer that evaluates the model when the options say so. */
    public Trainer with(Evaluator judge) {
        return new Trainer(model, batches, options, Optional.of(judge), callbacks);
    }

    /** A trainer that tells one more how it goes. */
    public Trainer with(TrainingCallback callback) {
        List<TrainingCallback> all = new ArrayList<>(callbacks);
        all.add(callback);
        return new Trainer(model, batches, options, evaluator, all);
    }

    /**
     * Trains.
     *
     * @throws TrainingException if options do not fit together, training does not fit into memory, a loss is not a number,
     *     or a checkpoint cannot be read
     * @throws detangle.ir.DetangleException of the part at fault
     */
    public TrainingResult train() {
        check();
        Device device = Backends.device(options.backend(), Set.of());
        TrainingPrograms programs = TrainingPrograms.of(
                model.training(), options.optimizer().plan(options.recipe(), model.layers()), options.packing());
        try (DeviceModel loaded = DeviceModel.load(
                device,
                programs,
                model.evaluation().map(program -> TrainingPrograms.evaluation(program, options.packing())),
                model.parameters(),
                options.gradientAccumulationSteps() > 1)) {
            return new Run(loaded, options.updates(batches)).train();
        }
    }

    private void check() {
        boolean evaluates = options.evaluation().evalStrategy() != Moment.NEVER;
        if (evaluates && (evaluator.isEmpty() || model.evaluation().isEmpty())) {
            throw new TrainingException(
                    "eval_strategy asks for evaluations: give the trainer an evaluator, and the model an evaluation program");
        }
        if (options.saving().saveStrategy() != Moment.NEVER && model.writer().isEmpty()) {
            throw new TrainingException("save_strategy asks for checkpoints: give the model a writer of its files");
        }
        if (options.evaluation().loadBestModelAtEnd()
                && (options.saving().saveStrategy() != options.evaluation().evalStrategy())) {
            throw new TrainingException(
                    "load_best_model_at_end needs a checkpoint of each evaluation: save_strategy must be eval_strategy");
        }
    }

    /** One training from its beginning, or from a checkpoint, to its end. */
    private final class Run {
        private final DeviceModel loaded;
        private final long updates;
        private final int perEpoch = batches.updates();
        private final Schedule schedule;
        private TrainerState state = TrainerState.BEGIN;

        Run(DeviceModel loaded, long updates) {
            this.loaded = loaded;
            this.updates = updates;
            this.schedule = options.optimizer().schedule(updates);
        }

        TrainingResult train() {
            TrainingMemory memory = loaded.memory(batches.update(0, 0).getFirst());
            memory.check(Runtime.getRuntime().maxMemory());
            long before = state.step();
            double lossBefore = state.lossSum();
            callbacks.forEach(c -> c.onBegin(new TrainingCallback.Begin(before, updates, perEpoch, memory)));
            while (state.step() < updates && !stops()) {
                update();
                evaluate();
            }
            double loss = (state.lossSum() - lossBefore) / Math.max(1, state.step() - before);
            return new TrainingResult(state.step(), loss, state.bestMetric(), Optional.empty(), parameters());
        }

        private boolean stops() {
            int patience = options.evaluation().earlyStoppingPatience();
            return patience > 0 && state.badEvaluations() >= patience
                    || callbacks.stream().anyMatch(TrainingCallback::stops);
        }

        private double epoch() {
            return (double) state.step() / perEpoch;
        }

        private void update() {
            long step = state.step();
            List<Batch> rows = batches.update(Math.toIntExact(step / perEpoch), (int) (step % perEpoch));
            double rate = options.optimizer().learningRate() * schedule.factor(step);
            DeviceModel.Outcome outcome =
                    loaded.update(rows, new DeviceModel.Scalars(step, rate, options.seed() + step, 1));
            if (!Double.isFinite(outcome.loss()) || !Double.isFinite(outcome.norm())) {
                throw new TrainingException(notFinite(step, outcome));
            }
            state = state.afterUpdate(outcome.loss());
            int count = rows.stream().mapToInt(Batch::rows).sum();
            TrainingCallback.Step done = new TrainingCallback.Step(
                    state.step(), updates, epoch(), outcome.loss(), outcome.norm(), rate, count);
            callbacks.forEach(c -> c.onStep(done));
        }

        /** The parameters are as they were before the update. */
        private String notFinite(long step, DeviceModel.Outcome outcome) {
            String what = Double.isFinite(outcome.loss())
                    ? "the norm of the gradients is " + outcome.norm()
                    : "the loss is " + outcome.loss();
            return "training stopped at update " + (step + 1) + " of " + updates + ": " + what
                    + "; no parameter was changed by it. The learning rate may be too high, the warm-up too short, or the"
                    + " labels of a batch may all be ignored";
        }

        private void evaluate() {
            EvaluationOptions when = options.evaluation();
            if (!when.evalStrategy().isAfter(state.step(), when.evalSteps(), updates, perEpoch)) {
                return;
            }
            SequencedMap<String, Double> metrics = evaluator.orElseThrow().evaluate(loaded::evaluate);
            Double metric = metrics.get(when.metricForBestModel());
            if (metric == null) {
                throw new TrainingException("metric_for_best_model is " + when.metricForBestModel()
                        + ", and the evaluation has " + metrics.keySet());
            }
            state = state.afterEvaluation(metric, when);
            boolean isBest =
                    state.bestStep().filter(best -> best == state.step()).isPresent();
            TrainingCallback.Evaluation done = new TrainingCallback.Evaluation(state.step(), epoch(), metrics, isBest);
            callbacks.forEach(c -> c.onEvaluate(done));
        }

        private Map<String, Tensor> parameters() {
            Map<String, Tensor> parameters = new HashMap<>();
            model.parameters()
                    .keySet()
                    .forEach(name -> parameters.put(name, loaded.variables().read(name)));
            return parameters;
        }
    }
}
