package detangle.cli;

import detangle.models.deberta.SiftLossFunction;
import detangle.models.deberta.SiftOptions;
import detangle.runtime.OptionValues;
import detangle.train.Recipe;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of adversarial fine-tuning (SiFT), by the names of microsoft's options. */
final class SiftArguments {
    /** The words of {@code --vat-loss-fn}. */
    static final class LossFunctions extends NamedValues<SiftLossFunction> {
        LossFunctions() {
            super(all(SiftLossFunction.class), SiftLossFunction::text);
        }
    }

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--vat-lambda",
            paramLabel = "X",
            description = "The weight of the adversarial loss of SiFT, such as 5: the model learns to give the same"
                    + " answer when its embeddings are perturbed. 0 by default, for none.")
    private double lambda;

    @Option(
            names = "--vat-learning-rate",
            paramLabel = "X",
            description = "The size of the perturbation's step against the model's answer; 1e-4 by default.")
    private Optional<Double> learningRate;

    @Option(
            names = "--vat-init-perturbation",
            paramLabel = "X",
            description = "The standard deviation of the noise that the perturbation begins with; 1e-2 by default.")
    private Optional<Double> initPerturbation;

    @Option(
            names = "--vat-loss-fn",
            paramLabel = "NAME",
            converter = LossFunctions.class,
            completionCandidates = LossFunctions.class,
            description = "The distance that the perturbation increases: ${COMPLETION-CANDIDATES}; symmetric-kl by"
                    + " default, mse for regression.")
    private Optional<SiftLossFunction> lossFunction;

    /**
     * Returns the options of SiFT, if it is asked for. With microsoft's recipe, numbers of regression are compared by a
     * softmax over the batch.
     */
    Optional<SiftOptions> options(Recipe recipe) {
        if (lambda == 0) {
            if (Stream.of(learningRate, initPerturbation, lossFunction).anyMatch(Optional::isPresent)) {
                throw new ParameterException(spec.commandLine(), "options of SiFT go with --vat-lambda above 0");
            }
            return Optional.empty();
        }
        SiftOptions asked = SiftOptions.DEFAULT.withLambda(lambda).withSoftmaxOverBatch(recipe == Recipe.MICROSOFT);
        SiftOptions stepped = OptionValues.with(asked, learningRate, SiftOptions::withLearningRate);
        SiftOptions begun = OptionValues.with(stepped, initPerturbation, SiftOptions::withInitPerturbation);
        return Optional.of(OptionValues.with(begun, lossFunction, SiftOptions::withLossFunction));
    }
}
