package detangle.experiment;

import detangle.experiment.data.DataFolder;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
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
import detangle.train.data.DataException;
import detangle.train.data.EpochBatches;
import detangle.train.data.Example;
import detangle.train.data.Order;
import detangle.train.data.Target;
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
        this.tokenizer = experiment.model().loadTokenizer();
        this.input = new TaskInput(
                new DataFolder(options.dataDir(), task.name(), task.origin()),
                new SegmentFeatures(tokenizer, options.maxSeqLength()),
                options.debug(),
                options.ofTask(task));
    }

    void run() {
        List<EvaluationSet> evaluated = options.doEval() || options.doTrain() ? task.evaluation(input) : List.of();
        List<EvaluationSet> tested = options.doPredict() ? task.test(input) : List.of();
        List<Example> training = options.doTrain() ? task.training(input) : List.of();
        evaluated.forEach(set -> checkExamples(set.name(), set.examples()));
        tested.forEach(set -> checkExamples(set.name(), set.examples()));
        evaluated.forEach(set -> checkAnswers(set.name(), set.examples()));
        if (options.doTrain()) {
            checkExamples("train", training);
            checkAnswers("train", training);
        }
        TaskModel model = experiment
                .model()
                .model(task.head(), options.sift(), options.training().seed());
        model.notices().forEach(experiment.log());
        Collator collator = Collator.of(tokenizer.padTokenId(), model.config().typeVocabSize() > 0);
        SetsEvaluator evaluator = new SetsEvaluator(
                evaluated, collator, options.evalBatchSize(), options.outputDir(), options.tag(), experiment.log());
        Optional<OnnxFiles> onnx = options.exportOnnxModel()
                ? Optional.of(OnnxFiles.of(task, options.outputDir(), evaluator::prefix, experiment.log()))
                : Optional.empty();
        Map<String, Tensor> initial = model.model().parameters();
        if (options.doEval()) {
            experiment.log().accept("evaluating with " + counts(evaluated));
            Program program = model.model().evaluation().orElseThrow();
            ModelEvaluation.of(program, initial, options.training(), evaluator);
            onnx.ifPresent(files -> files.write(model.files(), initial));
        }
        Map<String, Tensor> parameters = initial;
        if (options.doTrain()) {
            experiment
                    .log()
                    .accept("training on " + training.size() + " examples, evaluating with " + counts(evaluated));
            parameters = train(model, training, collator, evaluator, onnx);
        }
        if (options.doPredict()) {
            predict(tested, model, parameters, collator);
        }
    }

    /** Refuses a set without examples, which nothing can be learned from, measured with or predicted of. */
    private void checkExamples(String set, List<Example> examples) {
        if (examples.isEmpty()) {
            throw new DataException("the task " + task.name() + " has no examples for the set " + set + ": its file in "
                    + options.dataDir() + " has no rows; download it again (" + task.origin() + ")");
        }
    }

    /** Refuses examples without an answer where they are to be trained or measured with. */
    private void checkAnswers(String set, List<Example> examples) {
        for (int i = 0; i < examples.size(); i++) {
            if (examples.get(i).target() == Target.NONE) {
                throw new DataException("the task " + task.name() + " has no answer for example " + i + " of the set "
                        + set + ", counted from 0: its file lacks the label of a row");
            }
        }
    }

    private static String counts(List<EvaluationSet> sets) {
        return String.join(
                ", ",
                sets.stream()
                        .map(set -> set.name() + " (" + set.examples().size() + ")")
                        .toList());
    }

    /** Trains the model, and returns its parameters after the last update. */
    private Map<String, Tensor> train(
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
        ResultFiles.writeConfiguration(model.files(), options.outputDir());
        Trainer trainer = new Trainer(model.model(), batches, training)
                .with((Evaluator) evaluator)
                .with((TrainingCallback) evaluator)
                .with(new BestModel(options.outputDir(), experiment.log()));
        List<TrainingCallback> callbacks = new ArrayList<>(experiment.callbacks());
        onnx.ifPresent(callbacks::add);
        for (TrainingCallback callback : callbacks) {
            trainer = trainer.with(callback);
        }
        return trainer.train().parameters();
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
