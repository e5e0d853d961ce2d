package detangle.experiment.pretrain;

import detangle.experiment.Experiment;
import detangle.experiment.ExperimentOptions;
import detangle.experiment.Pretraining;
import detangle.experiment.PretrainingTask;
import detangle.experiment.TaskHead;
import detangle.experiment.TaskOption;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Tokenizer;
import detangle.train.TrainableModel;
import detangle.train.data.Collator;
import detangle.train.data.Corpus;
import detangle.train.data.CorpusBatches;
import detangle.train.data.DataException;
import detangle.train.data.NGramMasking;
import detangle.train.data.WordParts;
import detangle.train.metrics.GuessScorer;
import detangle.train.task.Task;
import detangle.train.task.TaskEvaluator;
import detangle.train.task.TaskModel;
import java.util.List;
import java.util.Map;

/**
 * Masked language modelling with the enhanced mask decoder (apps/tasks/mlm_task.py). The folder has {@code train.txt}
 * and {@code valid.txt}, as {@link detangle.train.data.CorpusWriter} writes them.
 */
final class MlmTask implements PretrainingTask {
    /** The length from which the original computes how many tokens of an example are masked at most. */
    private static final int MASKED_LENGTH = 512;

    private static final TaskOption MAX_NGRAM = new TaskOption(
            "max_ngram", "1", "the most words that are masked beside each other; 3 in the original's v2");

    @Override
    public String name() {
        return "mlm";
    }

    @Override
    public String description() {
        return "pre-training: masked language modelling with the enhanced mask decoder, from a corpus";
    }

    @Override
    public List<TaskOption> options() {
        return List.of(MAX_NGRAM, CorpusFiles.STEPS);
    }

    @Override
    public void run(Experiment experiment) {
        ExperimentOptions options = experiment.options();
        CorpusFiles files = CorpusFiles.of(
                experiment, this, DebertaConfig.of(experiment.model().config()));
        TaskModel model = experiment
                .model()
                .model(
                        TaskHead.of(Task.of(Architecture.MASKED_LM_EMD)),
                        options.sift(),
                        options.training().seed());
        Collator collator = collator(files, model, options);
        Corpus valid = files.corpus("valid.txt");
        TaskEvaluator evaluator = new TaskEvaluator(
                CorpusBatches.inOrder(valid, collator, options.maxSeqLength(), options.evalBatchSize()),
                valid.lines(),
                GuessScorer::new,
                Architecture.MASKED_LM_EMD);
        Experiment told = experiment.with(Pretraining.configuration(model.files(), options.outputDir()));
        TrainableModel trained =
                model.model().withObjective(Map.of(MAX_NGRAM.name(), Integer.toString(files.number(MAX_NGRAM))));
        new Pretraining(told, trained, model.notices(), "dev", evaluator, "accuracy")
                .run(() -> files.batches(collator));
    }

    private static Collator collator(CorpusFiles files, TaskModel model, ExperimentOptions options) {
        Tokenizer tokenizer = files.tokenizer();
        NGramMasking masking = NGramMasking.of(
                tokenizer
                        .maskTokenId()
                        .orElseThrow(() -> new DataException("the tokenizer has no [MASK], which MLM needs")),
                Math.min(tokenizer.vocabSize(), model.config().vocabSize()),
                WordParts.of(tokenizer),
                files.number(MAX_NGRAM),
                NGramMasking.PROBABILITY,
                MASKED_LENGTH,
                options.training().seed());
        return Collator.of(tokenizer.padTokenId(), model.config().typeVocabSize() > 0)
                .withMasking(masking);
    }
}
