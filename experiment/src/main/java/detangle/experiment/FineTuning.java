package detangle.experiment;

import detangle.experiment.data.DataFolder;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HeadLosses;
import detangle.models.text.Tokenizer;
import detangle.train.Batch;
import detangle.train.BatchPlan;
import detangle.train.Evaluator;
import detangle.train.ModelEvaluation;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import detangle.train.data.Example;
import detangle.train.data.Order;
import detangle.train.task.TaskModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The work of an experiment whose task has examples with answers, in the order of the original's {@code main}. */
final class FineTuning {
    private final Experiment experiment;
    private final ExperimentOptions options;
    private final FineTuningTask task;
    private final TaskInput input;
    private final Tokenizer tokenizer;

    FineTuning(Experiment experiment, FineTuningTask task) {
        this.experiment = experiment;
        this.options = experiment.options();
        this.task = task;
        this.tokenizer = experiment
                .model()
                .loadTokenizer(DebertaConfig.of(experiment.model().config()));
        this.input = new TaskInput(
                new DataFolder(options.dataDir(), task.name(), task.origin()),
                new SegmentFeatures(tokenizer, options.maxSeqLength()),
                options.debug(),
                options.ofTask(task));
    }

    void run() {
        TaskSets sets = TaskSets.read(task, input, options, experiment.log());
        TaskModel model = experiment
                .model()
                .model(task.head(), options.sift(), options.training().seed());
        model.notices().forEach(experiment.log());
        Collator collator = Collator.of(tokenizer.padTokenId(), model.config().typeVocabSize() > 0);
        SetsEvaluator evaluator = new SetsEvaluator(
                sets.evaluated(),
                collator,
                options.evalBatchSize(),
                options.outputDir(),
                options.tag(),
                experiment.log());
        Optional<OnnxFiles> onnx = options.exportOnnxModel()
                ? Optional.of(OnnxFiles.of(task, options.outputDir(), evaluator::prefix, experiment.log()))
                : Optional.empty();
        Optional<Trainer> trainer = options.doTrain()
                ? Optional.of(trainer(model, sets.training(), collator, evaluator, onnx))
                : Optional.empty();
        trainer.ifPresent(Trainer::check);
        experiment.begin();
        Map<String, Tensor> initial = model.model().parameters();
        if (options.doEval()) {
            experiment.log().accept("evaluating with " + counts(sets.evaluated()));
            Program program = model.model().evaluation().orElseThrow();
            ModelEvaluation.of(program, initial, options.training(), evaluator);
            onnx.ifPresent(files -> files.write(model.files(), initial));
        }
        Map<String, Tensor> parameters = initial;
        if (trainer.isPresent()) {
            experiment
                    .log()
                    .accept("training on " + sets.training().size() + " examples, evaluating with "
                            + counts(sets.evaluated()));
            parameters = trainer.get().train().parameters();
        }
        if (options.doPredict()) {
            predict(sets.tested(), model, parameters, collator);
        }
    }

    private static String counts(List<EvaluationSet> sets) {
        return String.join(
                ", ",
                sets.stream()
                        .map(set -> set.name() + " (" + set.examples().size() + ")")
                        .toList());
    }

    private Trainer trainer(
            TaskModel model,
            List<Example> examples,
            Collator collator,
            SetsEvaluator evaluator,
            Optional<OnnxFiles> onnx) {
        TrainingOptions training = options.trainingWithDumps();
        EpochBatches batches = new EpochBatches(
                examples,
                collator,
                new BatchPlan(
                        training.recipe(),
                        examples.size(),
                        training.perDeviceTrainBatchSize(),
                        training.gradientAccumulationSteps()),
                Order.SHUFFLED,
                training.orderSeed());
        Trainer trainer = new Trainer(model.model(), batches, training)
                .with((Evaluator) evaluator)
                .with((TrainingCallback) evaluator)
                .with(ResultFiles.configuration(model.files(), options.outputDir()))
                .with(new BestModel(options.outputDir(), experiment.log()));
        List<TrainingCallback> callbacks = new ArrayList<>(experiment.callbacks());
        onnx.ifPresent(callbacks::add);
        for (TrainingCallback callback : callbacks) {
            trainer = trainer.with(callback);
        }
        return trainer;
    }

    private void predict(List<EvaluationSet> sets, TaskModel model, Map<String, Tensor> parameters, Collator collator) {
        Program program = withoutLoss(model);
        for (EvaluationSet set : sets) {
            experiment.log().accept("predicting " + counts(List.of(set)));
            Predictions predictions = new Predictions(set.examples());
            ModelEvaluation.of(program, parameters, options.training(), run -> {
                for (Batch batch : (Iterable<Batch>)
                        EpochBatches.inOrder(set.examples(), collator, options.predictBatchSize())::iterator) {
                    predictions.add(run.apply(batch.inputs()));
                }
                return new LinkedHashMap<>();
            });
            ResultFiles.writeTest(set, predictions, options.outputDir(), options.tag());
        }
    }

    /** Returns the evaluation of the model without its loss, as sets to predict have no answers to compute it from. */
    private static Program withoutLoss(TaskModel model) {
        Program whole = model.model().evaluation().orElseThrow();
        List<Program.Output> outputs = whole.outputs().stream()
                .filter(output -> !output.name().equals(HeadLosses.LOSS))
                .toList();
        List<Node> needed = new Program(whole.name(), List.of(), outputs, whole.constants()).nodes();
        return new Program(
                whole.name(), whole.inputs().stream().filter(needed::contains).toList(), outputs, whole.constants());
    }
}
