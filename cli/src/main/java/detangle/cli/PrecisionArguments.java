package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
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
            description = "An option of HuggingFace's that is refused: evaluations during training have the"
                    + " precision of training, and unrounded weights.")
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
     * Returns the precision for a backend, and refuses one that it does not train in before any data is read.
     *
     * @param option the option that names the precision
     * @param backend the name that chooses the backend, if one is given
     * @throws detangle.backend.BackendException if the backend does not have it
     */
    ComputePrecision chosen(PrecisionOption option, Optional<String> backend) {
        Optional<String> other = option.named().filter(name -> brain && !name.equals(ComputePrecision.BF16.toString()));
        if (other.isPresent()) {
            throw wrongUse("--bf16 and --precision " + other.get() + " exclude each other: take one of them");
        }
        ComputePrecision named = option.chosen(backend);
        ComputePrecision all = brain ? ComputePrecision.BF16 : named;
        if (half && all != ComputePrecision.FP32) {
            throw wrongUse("--fp16 scales the loss of training in single precision: leave it or " + all + " out");
        }
        if (all == ComputePrecision.FP16) {
            throw wrongUse("no backend trains in fp16: leave --precision fp16 out");
        }
        if (all != ComputePrecision.FP32) {
            refusal(Backends.device(backend, Set.of(), all), all).ifPresent(message -> {
                throw wrongUse(message);
            });
        }
        return all;
    }

    /**
     * Returns why a device that has a precision does not train in it. Devices beside the CPU keep all values in 16
     * bits there, and not the operands of products alone.
     */
    static Optional<String> refusal(Device device, ComputePrecision precision) {
        // The host of a CPU in bf16 is the same CPU in fp32.
        boolean isCpu = device.name().equals(device.host().name());
        boolean trains = precision != ComputePrecision.BF16 || isCpu;
        return trains
                ? Optional.empty()
                : Optional.of(device.name() + " does not train in bf16: leave --bf16 or --precision bf16 out, or train"
                        + " on the CPU");
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
