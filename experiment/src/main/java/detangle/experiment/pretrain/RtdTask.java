package detangle.experiment.pretrain;

import detangle.experiment.Experiment;
import detangle.experiment.ExperimentOptions;
import detangle.experiment.Pretraining;
import detangle.experiment.PretrainingTask;
import detangle.experiment.TaskOption;
import detangle.ir.Tensor;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.ReplacedTokenConfig;
import detangle.models.deberta.ReplacedTokenWeights;
import detangle.models.deberta.ReplacedTokenWriter;
import detangle.models.deberta.ReplacedTokens;
import detangle.models.deberta.TokenSampler;
import detangle.models.text.Tokenizer;
import detangle.train.TrainableModel;
import detangle.train.TrainingPhase;
import detangle.train.data.Collator;
import detangle.train.data.Corpus;
import detangle.train.data.CorpusBatches;
import detangle.train.data.DataException;
import detangle.train.data.NGramMasking;
import detangle.train.data.WordParts;
import detangle.train.task.ReplacedTokenPhases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Replaced-token detection (apps/tasks/rtd_task.py): a generator fills masked tokens in, and a discriminator learns to
 * tell them from the original ones. The folder has {@code train.txt} and {@code valid.txt}, as
 * {@link detangle.train.data.CorpusWriter} writes them, and {@code --model_config} describes both models. Checkpoints,
 * and the output when training ends, have folders {@code generator} and {@code discriminator}, which are models of
 * HuggingFace.
 */
final class RtdTask implements PretrainingTask {
    static final String WEIGHT = "rtd_lambda";
    static final String DECOUPLED = "decoupled_training";
    static final String RATE = "discriminator_learning_rate";
    static final String GENERATOR = "init_generator";
    static final String DISCRIMINATOR = "init_discriminator";

    @Override
    public String name() {
        return "rtd";
    }

    @Override
    public String description() {
        return "pre-training: replaced-token detection by a generator and a discriminator, from a corpus";
    }

    @Override
    public List<TaskOption> options() {
        return List.of(
                new TaskOption(WEIGHT, "10", "the weight of the discriminator's loss"),
                new TaskOption(
                        DECOUPLED, "True", "whether each model has an optimizer of its own, and not both one loss"),
                CorpusFiles.STEPS,
                new TaskOption(RATE, "-1", "the learning rate of the discriminator; -1: that of the generator"),
                new TaskOption(GENERATOR, "", "the generator to begin with: a folder or a file of weights"),
                new TaskOption(DISCRIMINATOR, "", "the discriminator to begin with: a folder or a file of weights"));
    }

    @Override
    public void run(Experiment experiment) {
        ExperimentOptions options = experiment.options();
        RtdOptions own = RtdOptions.of(options.ofTask(this));
        ReplacedTokenConfig config = config(experiment);
        CorpusFiles files = CorpusFiles.of(experiment, this, config.generator());
        Collator collator = collator(files.tokenizer(), config, options);
        ReplacedTokenWeights begin = ReplacedTokenWeights.of(
                config, own.generator(), own.discriminator(), options.training().seed());
        ReplacedTokenWriter writer =
                ReplacedTokenWriter.of(config, experiment.model().tokenizer());
        TrainableModel model = TrainableModel.of(phases(config, own), begin.parameters(), 0)
                .withEvaluation(ReplacedTokens.evaluation(config, TokenSampler.random()))
                .withWriter(writer::writeInto)
                .withObjective(Map.of(
                        WEIGHT,
                        Double.toString(own.weight()),
                        DECOUPLED,
                        Boolean.toString(own.decoupled()),
                        "embedding_sharing",
                        config.sharing().text()));
        Corpus valid = files.corpus("valid.txt");
        ReplacedTokenEvaluator evaluator = new ReplacedTokenEvaluator(
                CorpusBatches.inOrder(valid, collator, options.maxSeqLength(), options.evalBatchSize()));
        Optional<Map<String, Tensor>> trained = new Pretraining(
                        experiment, model, begin.notices(), "dev", evaluator, ReplacedTokenEvaluator.ACCURACY)
                .run(() -> files.batches(collator));
        trained.ifPresent(parameters -> write(writer, options.outputDir(), parameters));
    }

    private static ReplacedTokenConfig config(Experiment experiment) {
        if (experiment.options().sift().isPresent()) {
            throw new DataException("RTD has losses of its own: leave vat_lambda out");
        }
        if (experiment.model().initModel().isPresent()) {
            throw new DataException("RTD begins with two models: name them by " + GENERATOR + " and " + DISCRIMINATOR
                    + ", and leave init_model out");
        }
        Path given = experiment
                .model()
                .modelConfig()
                .orElseThrow(() -> new DataException("RTD needs a model_config with a generator, a discriminator and"
                        + " embedding_sharing: a file, or one of " + RtdConfigs.names()));
        Optional<ConfigFields> published = Files.exists(given) ? Optional.empty() : RtdConfigs.named(given);
        return published.map(ReplacedTokenConfig::of).orElseGet(() -> ReplacedTokenConfig.read(given));
    }

    private static List<TrainingPhase> phases(ReplacedTokenConfig config, RtdOptions own) {
        ReplacedTokenPhases phases = ReplacedTokenPhases.of(config, own.weight());
        return own.decoupled() ? phases.decoupled(own.discriminatorRate()) : phases.joint();
    }

    /** Returns the masks of the generator: single tokens, all of which become {@code [MASK]}. */
    private static Collator collator(Tokenizer tokenizer, ReplacedTokenConfig config, ExperimentOptions options) {
        NGramMasking masking = NGramMasking.of(
                        tokenizer
                                .maskTokenId()
                                .orElseThrow(() -> new DataException("the tokenizer has no [MASK], which RTD needs")),
                        Math.min(tokenizer.vocabSize(), config.generator().vocabSize()),
                        WordParts.of(tokenizer),
                        1,
                        NGramMasking.PROBABILITY,
                        options.maxSeqLength(),
                        options.training().seed())
                .withMasksOnly();
        return Collator.of(tokenizer.padTokenId(), config.generator().typeVocabSize() > 0)
                .withMasking(masking);
    }

    /** Writes both models in the place of those of an earlier training. */
    private static void write(ReplacedTokenWriter writer, Path folder, Map<String, Tensor> parameters) {
        Pretraining.delete(folder.resolve(ReplacedTokens.GENERATOR));
        Pretraining.delete(folder.resolve(ReplacedTokens.DISCRIMINATOR));
        writer.write(folder, parameters);
    }
}
