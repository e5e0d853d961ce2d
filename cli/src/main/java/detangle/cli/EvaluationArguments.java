package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Tokenizer;
import detangle.train.data.Collator;
import detangle.train.data.Masking;
import detangle.train.data.NGramMasking;
import detangle.train.data.TokenMasking;
import detangle.train.data.WordParts;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options that say how rows become batches, for the commands that train and evaluate. */
final class EvaluationArguments {
    /** The seed of the masks of an evaluation without a training: HuggingFace's default. */
    static final long SEED = 42;

    private static final double MLM_PROBABILITY = 0.15;

    @Option(
            names = "--per-device-eval-batch-size",
            paramLabel = "N",
            description = "The number of rows that are evaluated together; 8 by default.")
    private int batch = 8;

    @Option(
            names = "--mlm-probability",
            paramLabel = "X",
            description = "The share of tokens that a masked language model must predict; 0.15 by default.")
    private Optional<Double> mlmProbability;

    @Option(
            names = "--max-ngram",
            paramLabel = "N",
            description = "Mask runs of up to N whole words, as the original does, instead of single tokens as"
                    + " HuggingFace does; with 1 runs of one token. 3 for the original's v2 models.")
    private Optional<Integer> maxGram;

    void check(CommandSpec spec) {
        if (batch < 1) {
            throw new ParameterException(spec.commandLine(), "--per-device-eval-batch-size must be at least 1");
        }
        if (maxGram.filter(n -> n < 1).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--max-ngram must be at least 1");
        }
        if (mlmProbability.filter(x -> !(x > 0 && x < 1)).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--mlm-probability is between 0 and 1");
        }
    }

    int batch() {
        return batch;
    }

    /** Returns what the loss of a masked language model follows from, by the names of options. */
    Map<String, String> objective(Architecture head) {
        if (!head.predictsMasks()) {
            return Map.of();
        }
        Map<String, String> objective = new HashMap<>();
        objective.put("mlm_probability", Double.toString(mlmProbability.orElse(MLM_PROBABILITY)));
        maxGram.ifPresent(n -> objective.put("max_ngram", Integer.toString(n)));
        return objective;
    }

    /**
     * Makes the collator of batches for a model.
     *
     * @param how the tokenizer, and the most tokens of an example
     */
    Collator collator(LabelledData.Reading how, DebertaConfig config, Architecture head, long seed) {
        Collator collator = Collator.of(how.tokenizer().padTokenId(), config.typeVocabSize() > 0);
        return head.predictsMasks()
                ? collator.withMasking(masking(how, config, seed))
                : withoutMasks(collator, DataOptions.name(head));
    }

    private Collator withoutMasks(Collator collator, String task) {
        if (mlmProbability.isPresent() || maxGram.isPresent()) {
            String option = mlmProbability.isPresent() ? "--mlm-probability" : "--max-ngram";
            throw new CliException(option + " is for masked-lm, and this is " + task + ": leave it out");
        }
        return collator;
    }

    private Masking masking(LabelledData.Reading how, DebertaConfig config, long seed) {
        Tokenizer tokenizer = how.tokenizer();
        int mask = tokenizer
                .maskTokenId()
                .orElseThrow(() -> new CliException("the tokenizer has no [MASK], which masked-lm needs"));
        int vocabulary = Math.min(tokenizer.vocabSize(), config.vocabSize());
        double probability = mlmProbability.orElse(MLM_PROBABILITY);
        return maxGram.<Masking>map(n -> NGramMasking.of(
                        mask, vocabulary, WordParts.of(tokenizer), n, probability, how.maxLength(), seed))
                .orElseGet(() -> new TokenMasking(mask, vocabulary, probability, seed));
    }
}
