package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.text.Tokenizer;
import detangle.train.data.Collator;
import detangle.train.data.TokenMasking;
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
            description = "The share of tokens that a masked language model has to guess; 0.15 by default.")
    private Optional<Double> mlmProbability;

    void check(CommandSpec spec) {
        if (batch < 1) {
            throw new ParameterException(spec.commandLine(), "--per-device-eval-batch-size is at least 1");
        }
        if (mlmProbability.filter(x -> !(x > 0 && x < 1)).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--mlm-probability is between 0 and 1");
        }
    }

    int batch() {
        return batch;
    }

    /** Makes the collator of batches for a model. */
    Collator collator(Tokenizer tokenizer, DebertaConfig config, Architecture head, long seed) {
        Collator collator = Collator.of(tokenizer.padTokenId(), config.typeVocabSize() > 0);
        if (head != Architecture.MASKED_LM) {
            if (mlmProbability.isPresent()) {
                throw new CliException(
                        "--mlm-probability is for masked-lm, and this is " + DataOptions.name(head) + ": leave it out");
            }
            return collator;
        }
        int mask = tokenizer
                .maskTokenId()
                .orElseThrow(() -> new CliException("the tokenizer has no [MASK], which masked-lm needs"));
        return collator.withMasking(new TokenMasking(
                mask,
                Math.min(tokenizer.vocabSize(), config.vocabSize()),
                mlmProbability.orElse(MLM_PROBABILITY),
                seed));
    }
}
