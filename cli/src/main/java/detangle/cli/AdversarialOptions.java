package detangle.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of {@code experiment} for adversarial fine-tuning (SiFT), as the original has them. */
final class AdversarialOptions {
    /** The words of {@code --vat_loss_fn}. */
    static final class LossNames extends NamedValues<String> {
        LossNames() {
            super(List.of("symmetric-kl", "kl", "mse"), word -> word);
        }
    }

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
            converter = LossNames.class,
            completionCandidates = LossNames.class,
            description = "The loss that the step increases: ${COMPLETION-CANDIDATES}; symmetric-kl by default.")
    private String lossFunction = "symmetric-kl";

    void check(CommandSpec spec) {
        if (lambda != 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--vat_lambda above 0 asks for adversarial fine-tuning, which this command does not do yet: leave it out");
        }
    }
}
