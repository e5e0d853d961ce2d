package detangle.experiment.pretrain;

import detangle.experiment.Experiment;
import detangle.experiment.ExperimentOptions;
import detangle.experiment.ExperimentTask;
import detangle.experiment.TaskOption;
import detangle.experiment.data.DataFolder;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Tokenizer;
import detangle.train.BatchPlan;
import detangle.train.TrainingOptions;
import detangle.train.data.Collator;
import detangle.train.data.Corpus;
import detangle.train.data.CorpusBatches;
import detangle.train.data.DataException;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The corpora of an experiment that pre-trains.
 *
 * @param experiment the experiment
 * @param folder the folder with {@code train.txt} and {@code valid.txt}
 * @param tokenizer the tokenizer whose tokens they have
 */
record CorpusFiles(Experiment experiment, DataFolder folder, Tokenizer tokenizer) {
    /** The option that sets the number of updates. The corpus is read as often as they need. */
    static final TaskOption STEPS = new TaskOption(
            "num_training_steps",
            "",
            "the number of updates of an epoch; those of one reading of the corpus otherwise");

    private static final String ORIGIN = "detangle prepare-corpus makes it of texts";

    /**
     * Opens the folder.
     *
     * @param model the configuration of the model whose tokens the corpora have
     * @throws DataException if the options ask for something that needs examples
     */
    static CorpusFiles of(Experiment experiment, ExperimentTask task, DebertaConfig model) {
        String name = task.name().toUpperCase(Locale.ROOT);
        if (experiment.options().doPredict()) {
            throw new DataException(name + " has no set to predict: leave do_predict out");
        }
        if (experiment.options().exportOnnxModel()) {
            throw new DataException(
                    name + " writes folders alone: leave export_onnx_model out, and take detangle export");
        }
        if (experiment.model().clsDropOut().isPresent()) {
            throw new DataException(name + " has no classifier: leave cls_drop_out out");
        }
        return new CorpusFiles(
                experiment,
                new DataFolder(experiment.options().dataDir(), task.name(), ORIGIN),
                experiment.model().loadTokenizer(model));
    }

    /** Opens a corpus, which is read once from its beginning to its end. */
    Corpus corpus(String name) {
        Path file = folder.file(name);
        experiment.log().accept("reading " + file);
        Corpus corpus = Corpus.open(file, tokenizer);
        experiment.log().accept(file + " has " + corpus.lines() + " examples");
        return corpus;
    }

    /** Returns the batches to train with: as many slots as the updates need, or one for each line of the corpus. */
    CorpusBatches batches(Collator collator) {
        ExperimentOptions options = experiment.options();
        TrainingOptions training = options.training();
        Corpus corpus = corpus("train.txt");
        long slots =
                value(STEPS).isEmpty() ? corpus.lines() : (long) number(STEPS) * training.perDeviceTrainBatchSize();
        if (slots < 1 || slots > Integer.MAX_VALUE) {
            throw new DataException(STEPS.name() + " times train_batch_size is " + slots
                    + ": it must be at least 1 and " + Integer.MAX_VALUE + " at most");
        }
        BatchPlan plan = new BatchPlan(
                training.recipe(),
                (int) slots,
                training.perDeviceTrainBatchSize(),
                training.gradientAccumulationSteps());
        return new CorpusBatches(corpus, collator, options.maxSeqLength(), plan, training.orderSeed());
    }

    private String value(TaskOption option) {
        return experiment.options().taskOptions().getOrDefault(option.name(), option.otherwise());
    }

    /** Returns the value of an option that is a whole number. */
    int number(TaskOption option) {
        try {
            return Integer.parseInt(value(option).strip());
        } catch (NumberFormatException e) {
            throw new DataException(
                    option.name() + " is '" + value(option) + "': it must be a whole number, and " + Integer.MAX_VALUE
                            + " at most",
                    e);
        }
    }
}
