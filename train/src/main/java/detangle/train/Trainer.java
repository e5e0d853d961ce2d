package detangle.train;

import detangle.backend.Device;
import detangle.ir.TensorType;
import detangle.runtime.Backends;
import detangle.train.optimizer.Schedule;
import detangle.train.parallel.DataParallel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Trains a model, as HuggingFace's Trainer or microsoft's does.
 *
 * <pre>{@code
 * TrainingResult result = new Trainer(model, batches, TrainingOptions.DEFAULT.withNumTrainEpochs(3)).train();
 * }</pre>
 *
 * The same model, batches and options give the same bits at each run, whatever the number of threads, and whether
 * training was interrupted or not; docs/TRAINING.md says when this holds.
 *
 * @param model the model that is trained
 * @param batches the batches that it is trained with
 * @param evaluator the evaluator that measures the model when the options say so
 * @param callbacks the callbacks that are told of the progress; of several processes, the first alone tells of
 *     evaluations and checkpoints
 * @param parallel the processes that train the model together, each with the same model, batches and options
 */
public record Trainer(
        TrainableModel model,
        Batches batches,
        TrainingOptions options,
        Optional<Evaluator> evaluator,
        List<TrainingCallback> callbacks,
        DataParallel parallel) {
    public Trainer {
        callbacks = List.copyOf(callbacks);
    }

    /** Makes a trainer that evaluates nothing. */
    public Trainer(TrainableModel model, Batches batches, TrainingOptions options) {
        this(model, batches, options, Optional.empty(), List.of(), DataParallel.ALONE);
    }

    /** Makes a trainer that evaluates the model when the options say so. */
    public Trainer with(Evaluator judge) {
        return new Trainer(model, batches, options, Optional.of(judge), callbacks, parallel);
    }

    /** Adds a callback that is told of the progress. */
    public Trainer with(TrainingCallback callback) {
        List<TrainingCallback> all = new ArrayList<>(callbacks);
        all.add(callback);
        return new Trainer(model, batches, options, evaluator, all, parallel);
    }

    /**
     * Trains together with other processes. The batches are those of all processes; each takes its slice of them. The
     * first process evaluates, and writes checkpoints into a folder that all processes reach.
     */
    public Trainer with(DataParallel processes) {
        return new Trainer(model, batches, options, evaluator, callbacks, processes);
    }

    /**
     * Trains the model.
     *
     * @throws TrainingException if options do not fit together, training does not fit into memory, a loss is not a
     *     number, or a checkpoint cannot be read
     * @throws detangle.train.parallel.PeerException if another process is gone or does not answer
     * @throws detangle.ir.DetangleException of the part at fault
     */
    public TrainingResult train() {
        check();
        Device device = Backends.device(options.backend(), Set.of(), options.precision());
        device.warmUp(); // The warm-up runs while the compiler does.
        List<TrainingPrograms> programs = programs();
        try (DeviceModel loaded = DeviceModel.load(
                device,
                programs,
                model.evaluation()
                        .filter(program -> isFirst())
                        .map(program -> TrainingPrograms.evaluation(program, options.packing())),
                model.parameters(),
                options.gradientAccumulationSteps() > 1,
                parallel)) {
            return new TrainingRun(this, loaded, trained(programs)).train();
        }
    }

    /** Returns whether this process evaluates and writes checkpoints. */
    boolean isFirst() {
        return parallel.group().rank() == 0;
    }

    /** Returns the batches of this process. */
    Batches ownBatches() {
        int size = parallel.group().size();
        return size == 1 ? batches : batches.slice(parallel.group().rank(), size);
    }

    private List<TrainingPrograms> programs() {
        return model.phases().stream().map(this::programs).toList();
    }

    private TrainingPrograms programs(TrainingPhase phase) {
        OptimizerOptions optimizer = phase.optimizer().apply(options.optimizer());
        TrainingPrograms programs = TrainingPrograms.of(
                phase.program(), phase.outputs(), optimizer.plan(options.recipe(), model.layers()), options.packing());
        return options.gradientCheckpointing() ? programs.withGradientCheckpointing() : programs;
    }

    /** Returns the parameters that are trained, each by one phase. */
    private static Map<String, TensorType> trained(List<TrainingPrograms> programs) {
        Map<String, TensorType> trained = new HashMap<>();
        for (TrainingPrograms phase : programs) {
            phase.trained().forEach((name, type) -> {
                if (trained.put(name, type) != null) {
                    throw new TrainingException(name + " would be trained by two phases: freeze it in one of them");
                }
            });
        }
        return trained;
    }

    /**
     * Refuses options that do not go together, or do not go with the rows, before anything is computed. {@link #train}
     * does so too.
     *
     * @throws TrainingException if options do not fit
     * @throws detangle.train.optimizer.OptimizerException if the schedule does not
     */
    public void check() {
        EvaluationOptions evaluation = options.evaluation();
        SavingOptions saving = options.saving();
        boolean evaluates = evaluation.evalStrategy() != Moment.NEVER;
        if (parallel.isLocal() && options.optimizer().lossScaler().isPresent()) {
            throw new TrainingException("sync_every is " + parallel.syncEvery() + ", and the loss is scaled by a factor"
                    + " that all processes have to agree on in each update: leave one of the two out");
        }
        boolean isPlain =
                model.phases().stream().allMatch(phase -> phase.outputs().isEmpty());
        if (parallel.group().size() > 1 && !isPlain) {
            throw new TrainingException(
                    "several processes train a model of one loss alone, and this one's phases report"
                            + " or pass on more than that: train it in one process");
        }
        if (isFirst() && evaluates && (evaluator.isEmpty() || model.evaluation().isEmpty())) {
            throw new TrainingException(
                    "eval_strategy asks for evaluations: give the trainer an evaluator, and the model an"
                            + " evaluation program");
        }
        if (!evaluates && options.optimizer().followsMetric()) {
            throw new TrainingException(
                    "lr_scheduler_type is " + options.optimizer().lrSchedulerType()
                            + ", whose rate follows from evaluations: set eval_strategy");
        }
        Set<String> metrics = evaluator.map(Evaluator::metrics).orElse(Set.of());
        if (evaluates && !metrics.isEmpty()) {
            evaluation.checkMetric(metrics);
        }
        if (saving.saveStrategy() != Moment.NEVER && model.writer().isEmpty()) {
            throw new TrainingException("save_strategy asks for checkpoints: give the model a writer of its files");
        }
        if (saving.saveStrategy() == Moment.BEST && !evaluates) {
            throw new TrainingException("save_strategy is best, and nothing is evaluated: set eval_strategy");
        }
        if (evaluation.loadBestModelAtEnd() && !savesEachEvaluation(evaluation, saving)) {
            throw new TrainingException(
                    "load_best_model_at_end needs a checkpoint of each evaluation: save_strategy must"
                            + " be eval_strategy or best, and save_steps be eval_steps");
        }
        schedules();
    }

    /** Returns the options of the optimizer of each phase. */
    List<OptimizerOptions> optimizers() {
        return model.phases().stream()
                .map(phase -> phase.optimizer().apply(options.optimizer()))
                .toList();
    }

    /** Returns the schedule of each phase over all updates. */
    List<Schedule> schedules() {
        long updates = options.updates(ownBatches());
        return optimizers().stream()
                .map(o -> o.schedule(updates, options.evaluation().greaterIsBetter()))
                .toList();
    }

    private boolean savesEachEvaluation(EvaluationOptions evaluation, SavingOptions saving) {
        return switch (saving.saveStrategy()) {
            case NEVER -> false;
            case BEST -> true;
            case EPOCH -> evaluation.evalStrategy() == Moment.EPOCH;
            case STEPS -> evaluation.evalStrategy() == Moment.STEPS && intervalsFit(evaluation, saving);
            case STEPS_AND_EPOCH -> evaluation.evalStrategy() == Moment.EPOCH || intervalsFit(evaluation, saving);
        };
    }

    /** Shares of all updates are rounded to whole updates first; the whole updates have to go together. */
    private boolean intervalsFit(EvaluationOptions evaluation, SavingOptions saving) {
        long updates = options.updates(batches);
        return Moment.interval(evaluation.evalSteps(), updates) % Moment.interval(saving.saveSteps(), updates) == 0;
    }
}
