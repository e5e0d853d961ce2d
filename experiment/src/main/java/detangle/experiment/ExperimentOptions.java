package detangle.experiment;

import detangle.models.deberta.SiftOptions;
import detangle.train.EvaluationOptions;
import detangle.train.Moment;
import detangle.train.SavingOptions;
import detangle.train.TrainingException;
import detangle.train.TrainingOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * These options say what an experiment does. The names are those of the original (DeBERTa/apps/run.py).
 *
 * @param dataDir the folder with the files of the task
 * @param outputDir the folder to which results and checkpoints are written
 * @param maxSeqLength the most tokens of an example
 * @param doTrain whether the model is trained
 * @param doEval whether the model is evaluated before it is trained, or alone
 * @param doPredict whether the sets without answers are predicted, after the training if there is one
 * @param evalBatchSize the number of examples that are evaluated together
 * @param predictBatchSize the number of examples that are predicted together
 * @param tag the prefix of results that do not belong to an update
 * @param debug whether a task takes some of its examples only
 * @param dumpInterval the number of updates between two evaluations, each with a checkpoint; the end of each epoch has
 *     one too
 * @param exportOnnxModel whether each evaluation also writes the model in ONNX's format
 * @param sift the options of SiFT; empty if the model is fine-tuned without it
 * @param training the options of the training. Those of evaluation and saving have no effect, except those of resuming
 * @param taskOptions the values of the task's own options by name
 */
public record ExperimentOptions(
        Path dataDir,
        Path outputDir,
        int maxSeqLength,
        boolean doTrain,
        boolean doEval,
        boolean doPredict,
        int evalBatchSize,
        int predictBatchSize,
        String tag,
        boolean debug,
        long dumpInterval,
        boolean exportOnnxModel,
        Optional<SiftOptions> sift,
        TrainingOptions training,
        Map<String, String> taskOptions) {
    /** The name of the metric that decides on the best model. */
    static final String METRIC = "metric";

    /** @throws TrainingException if there is nothing to do, a number is outside its range, or the tag names no file */
    public ExperimentOptions {
        taskOptions = Map.copyOf(taskOptions);
        if (!doTrain && !doEval && !doPredict) {
            throw new TrainingException("there is nothing to do: say do_train, do_eval or do_predict");
        }
        if (!tag.matches("[^/\\\\\\p{Cntrl}]*")) {
            throw new TrainingException("tag is '" + tag + "': it is a part of the names of files, without slashes");
        }
        if (evalBatchSize < 1 || predictBatchSize < 1 || dumpInterval < 1) {
            throw new TrainingException("eval_batch_size is " + evalBatchSize + ", predict_batch_size is "
                    + predictBatchSize + " and dump_interval is " + dumpInterval + ": each must be at least 1");
        }
    }

    /** Returns options with the original's defaults, and nothing to do but to train. */
    public static ExperimentOptions of(Path dataDir, Path outputDir) {
        // The original takes rows in an order that does not depend on the seed.
        TrainingOptions training = TrainingOptions.MICROSOFT.withDataSeed(0);
        return new ExperimentOptions(
                dataDir,
                outputDir,
                128,
                true,
                false,
                false,
                32,
                32,
                "final",
                false,
                1000,
                false,
                Optional.empty(),
                training,
                Map.of());
    }

    public ExperimentOptions withMaxSeqLength(int tokens) {
        return with(o -> o.maxSeqLength = tokens);
    }

    /** Sets whether the model is trained, evaluated, and asked for predictions. */
    public ExperimentOptions withWork(boolean train, boolean eval, boolean predict) {
        return with(o -> {
            o.doTrain = train;
            o.doEval = eval;
            o.doPredict = predict;
        });
    }

    public ExperimentOptions withEvalBatchSize(int examples) {
        return with(o -> o.evalBatchSize = examples);
    }

    public ExperimentOptions withPredictBatchSize(int examples) {
        return with(o -> o.predictBatchSize = examples);
    }

    public ExperimentOptions withTag(String name) {
        return with(o -> o.tag = name);
    }

    public ExperimentOptions withDebug(boolean wanted) {
        return with(o -> o.debug = wanted);
    }

    public ExperimentOptions withDumpInterval(long updates) {
        return with(o -> o.dumpInterval = updates);
    }

    public ExperimentOptions withExportOnnxModel(boolean wanted) {
        return with(o -> o.exportOnnxModel = wanted);
    }

    public ExperimentOptions with(SiftOptions other) {
        return with(o -> o.sift = Optional.of(other));
    }

    public ExperimentOptions with(TrainingOptions other) {
        return with(o -> o.training = other);
    }

    public ExperimentOptions withTaskOptions(Map<String, String> values) {
        return with(o -> o.taskOptions = values);
    }

    /** Returns the values of all of a task's own options by name; an option that nobody gave has its default. */
    public Map<String, String> ofTask(ExperimentTask task) {
        Map<String, String> values = new LinkedHashMap<>();
        task.options().forEach(option -> values.put(option.name(), option.otherwise()));
        values.putAll(taskOptions);
        return values;
    }

    /** Returns the options of a training that evaluates and saves each {@code dump_interval} updates and each epoch. */
    public TrainingOptions trainingWithDumps() {
        SavingOptions saving = SavingOptions.in(outputDir)
                .withStrategy(Moment.STEPS_AND_EPOCH, dumpInterval)
                .withResume(training.saving().resume())
                .withOverwrites(training.saving().overwrites());
        return training.with(training.saving()
                        .resumesFrom()
                        .map(saving::withResumeFrom)
                        .orElse(saving))
                .with(EvaluationOptions.NONE
                        .withStrategy(Moment.STEPS_AND_EPOCH, dumpInterval)
                        .withMetricForBestModel(METRIC)
                        .withGreaterIsBetter(true));
    }

    private ExperimentOptions with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.options();
    }

    /** The components as fields, so that one of them can be set by its name. */
    private static final class Draft {
        private final Path dataDir;
        private final Path outputDir;
        private int maxSeqLength;
        private boolean doTrain;
        private boolean doEval;
        private boolean doPredict;
        private int evalBatchSize;
        private int predictBatchSize;
        private String tag;
        private boolean debug;
        private long dumpInterval;
        private boolean exportOnnxModel;
        private Optional<SiftOptions> sift;
        private TrainingOptions training;
        private Map<String, String> taskOptions;

        Draft(ExperimentOptions options) {
            dataDir = options.dataDir;
            outputDir = options.outputDir;
            maxSeqLength = options.maxSeqLength;
            doTrain = options.doTrain;
            doEval = options.doEval;
            doPredict = options.doPredict;
            evalBatchSize = options.evalBatchSize;
            predictBatchSize = options.predictBatchSize;
            tag = options.tag;
            debug = options.debug;
            dumpInterval = options.dumpInterval;
            exportOnnxModel = options.exportOnnxModel;
            sift = options.sift;
            training = options.training;
            taskOptions = options.taskOptions;
        }

        ExperimentOptions options() {
            return new ExperimentOptions(
                    dataDir,
                    outputDir,
                    maxSeqLength,
                    doTrain,
                    doEval,
                    doPredict,
                    evalBatchSize,
                    predictBatchSize,
                    tag,
                    debug,
                    dumpInterval,
                    exportOnnxModel,
                    sift,
                    training,
                    taskOptions);
        }
    }
}
