package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.runtime.Backends;
import detangle.runtime.OptionValues;
import detangle.train.OptimizerOptions;
import detangle.train.Recipe;
import detangle.train.optimizer.LossScaler;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * The precision of training, by the names of HuggingFace's Trainer and by those of the other commands. {@code --bf16}
 * is {@code --precision bf16}. No backend trains in fp16, so {@code --fp16} computes in single precision, and one line
 * says so.
 */
final class PrecisionArguments {
    /** The scaler of the loss with which microsoft's apps.run begins. */
    private static final LossScaler MICROSOFT_SCALER = LossScaler.Microsoft.begin(16_384, 250);

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
            description = "The same as --precision bf16: products are in bf16, and weights, sums and updates in fp32.")
    private boolean brain;

    @Option(
            names = {"--fp16-full-eval", "--bf16-full-eval"},
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "true|false",
            description = "Refused: evaluations during training have its precision, and weights as they are.")
    private boolean evaluation;

    /** Refuses combinations that cannot be computed. */
    void check() {
        if (half && brain) {
            throw wrongUse("--fp16 and --bf16 exclude each other: take one of them");
        }
        if (evaluation) {
            throw wrongUse("evaluations during training do not round weights: leave --fp16-full-eval and"
                    + " --bf16-full-eval out, and measure 16-bit weights by detangle evaluate --weight-type");
        }
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /**
     * Returns the precision for a backend.
     *
     * @param named the precision that --precision names
     * @param backend the name that chooses it, if one is given
     * @throws detangle.backend.BackendException if the backend does not have it
     */
    ComputePrecision chosen(ComputePrecision named, Optional<String> backend) {
        if (brain && named != ComputePrecision.FP32 && named != ComputePrecision.BF16) {
            throw wrongUse("--bf16 and --precision " + named + " exclude each other: take one of them");
        }
        ComputePrecision all = brain ? ComputePrecision.BF16 : named;
        if (half && all != ComputePrecision.FP32) {
            throw wrongUse("--fp16 scales the loss of training in single precision: leave it or " + all + " out");
        }
        if (all != ComputePrecision.FP32) {
            Backends.device(backend, Set.of(), all);
        }
        return all;
    }

    /** Returns the line that tells the user what is computed in a precision. */
    Optional<String> notice(ComputePrecision chosen) {
        if (half) {
            return Optional.of("--fp16: training is computed in single precision, as no backend trains in fp16; the"
                    + " loss is scaled as there");
        }
        return chosen == ComputePrecision.FP32
                ? Optional.empty()
                : Optional.of("products are in " + chosen + "; weights, sums and updates are in single precision");
    }

    /** Scales the loss if it is asked for, as the trainer of the recipe does. */
    OptimizerOptions scaled(OptimizerOptions options, Recipe recipe) {
        Optional<LossScaler> scaler = half
                ? Optional.of(recipe == Recipe.MICROSOFT ? MICROSOFT_SCALER : LossScaler.Torch.DEFAULT)
                : Optional.empty();
        return OptionValues.with(options, scaler, OptimizerOptions::withLossScaler);
    }
}
