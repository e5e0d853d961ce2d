package detangle.cli;

import detangle.runtime.OptionValues;
import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.optimizer.LossScaler;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * The options of half precision, by the names of HuggingFace's Trainer. No backend trains in 16 bits, so training is
 * computed in single precision, and one line says so.
 */
final class PrecisionArguments {
    /** The scaler of the loss with which microsoft's apps.run begins. */
    private static final LossScaler MICROSOFT_SCALER = LossScaler.Microsoft.begin(16_384, 250);

    private static final String SINGLE_PRECISION =
            "training is computed in single precision, as no backend trains" + " in 16 bits";

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--fp16",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Scale the loss as training in 16 bits does; the arithmetic is in single precision.")
    private boolean half;

    @Option(
            names = "--bf16",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Accepted for scripts of HuggingFace: the arithmetic is in single precision.")
    private boolean brain;

    @Option(
            names = {"--fp16-full-eval", "--bf16-full-eval"},
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Refused: evaluations during training are in single precision.")
    private boolean evaluation;

    /** Refuses combinations that cannot be computed. */
    void check() {
        if (half && brain) {
            throw wrongUse("--fp16 and --bf16 exclude each other: take one of them");
        }
        if (evaluation) {
            throw wrongUse("evaluations during training are in single precision: leave --fp16-full-eval and"
                    + " --bf16-full-eval out, and measure 16-bit weights by detangle evaluate --weight-type");
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Returns the line that tells the user what is computed. */
    Optional<String> notice() {
        if (half) {
            return Optional.of("--fp16: " + SINGLE_PRECISION + "; the loss is scaled as there");
        }
        return brain ? Optional.of("--bf16: " + SINGLE_PRECISION) : Optional.empty();
    }

    /** Scales the loss if it is asked for, as the trainer of the recipe does. */
    OptimizerOptions scaled(OptimizerOptions options, Recipe recipe) {
        Optional<LossScaler> scaler = half
                ? Optional.of(recipe == Recipe.MICROSOFT ? MICROSOFT_SCALER : LossScaler.Torch.DEFAULT)
                : Optional.empty();
        return OptionValues.with(options, scaler, OptimizerOptions::withLossScaler);
    }
}
