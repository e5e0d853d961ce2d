package detangle.train.task;

import detangle.models.deberta.Dropout;
import detangle.models.deberta.EmbeddingSharing;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ReplacedTokenConfig;
import detangle.models.deberta.ReplacedTokens;
import detangle.models.deberta.TokenSampler;
import detangle.train.TrainingPhase;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The phases in which a generator and a discriminator are trained: a single one with one loss and one optimizer, or two
 * that take turns in each update.
 *
 * @param config the two models
 * @param weight the weight of the discriminator's loss, the original's {@code rtd_lambda}
 * @param dropout makes the dropout of a program, one for each
 * @param sampler chooses the tokens that the generator puts in
 */
public record ReplacedTokenPhases(
        ReplacedTokenConfig config, double weight, Supplier<Dropout> dropout, TokenSampler sampler) {
    /** Returns the phases of a training that drops elements as the configuration says, and draws tokens. */
    public static ReplacedTokenPhases of(ReplacedTokenConfig config, double weight) {
        return new ReplacedTokenPhases(config, weight, Dropout::random, TokenSampler.random());
    }

    /** Returns the phase that trains both models with the sum of their losses. */
    public List<TrainingPhase> joint() {
        return List.of(new TrainingPhase(
                "joint",
                ReplacedTokens.joint(config, weight, dropout.get(), sampler),
                List.of(ReplacedTokens.MLM_LOSS, ReplacedTokens.RTD_LOSS),
                UnaryOperator.identity()));
    }

    /**
     * Returns the phase of the generator and that of the discriminator, which sees the tokens that the generator has
     * drawn and reads its updated tables, but trains nothing of it: tables that are shared whole learn from the
     * generator's loss alone.
     *
     * @param discriminatorRate the learning rate of the discriminator; empty for the same rate
     */
    public List<TrainingPhase> decoupled(OptionalDouble discriminatorRate) {
        TrainingPhase generator = new TrainingPhase(
                ReplacedTokens.GENERATOR,
                ReplacedTokens.generator(config, dropout.get(), sampler),
                List.of(ReplacedTokens.MLM_LOSS, InputNames.SAMPLED),
                UnaryOperator.identity());
        TrainingPhase discriminator = new TrainingPhase(
                ReplacedTokens.DISCRIMINATOR,
                ReplacedTokens.discriminator(config, weight, dropout.get()),
                List.of(ReplacedTokens.RTD_LOSS),
                options -> {
                    var own = discriminatorRate.isPresent()
                            ? options.withLearningRate(discriminatorRate.getAsDouble())
                            : options;
                    return config.sharing() == EmbeddingSharing.NONE
                            ? own
                            : own.withFrozen(List.of(ReplacedTokens.GENERATOR + "."));
                });
        return List.of(generator, discriminator);
    }
}
