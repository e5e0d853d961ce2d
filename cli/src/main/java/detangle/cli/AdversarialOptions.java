package detangle.cli;

import detangle.models.deberta.SiftLossFunction;
import detangle.models.deberta.SiftOptions;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The original's options of {@code experiment} for adversarial fine-tuning (SiFT). */
final class AdversarialOptions {
    @Option(
            names = "--vat_lambda",
            paramLabel = "X",
            description = "The weight of the adversarial loss; 0 by default, for none.")
    private double lambda;

    @Option(
            names = "--vat_learning_rate",
            paramLabel = "X",
            description = "The size of the step of the perturbation; 1e-4 by default.")
    private double learningRate = 1e-4;

    @Option(
            names = "--vat_init_perturbation",
            paramLabel = "X",
            description = "The standard deviation of the perturbation before that step; 1e-2 by default.")
    private double initPerturbation = 1e-2;

    @Option(
            names = "--vat_loss_fn",
            paramLabel = "NAME",
            converter = SiftArguments.LossFunctions.class,
            completionCandidates = SiftArguments.LossFunctions.class,
            description = "The loss that the step increases: ${COMPLETION-CANDIDATES}; symmetric-kl by default.")
    private SiftLossFunction lossFunction = SiftLossFunction.SYMMETRIC_KL;

    /** Returns the options of SiFT, if the weight of its loss is not 0. Numbers are compared as in the original. */
    Optional<SiftOptions> sift() {
        return lambda == 0
                ? Optional.empty()
                : Optional.of(new SiftOptions(lambda, learningRate, initPerturbation, Optional.of(lossFunction), true));
    }
}
