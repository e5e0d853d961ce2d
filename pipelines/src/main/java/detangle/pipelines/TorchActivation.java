package detangle.pipelines;

import detangle.ir.InternalException;
import detangle.ir.interpreter.Erf;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** PyTorch's activations as {@code torch.nn} makes them without arguments, by the names of their classes. */
enum TorchActivation {
    IDENTITY("Identity"),
    SIGMOID("Sigmoid"),
    SOFTMAX("Softmax"),
    TANH("Tanh"),
    RELU("ReLU"),
    LEAKY_RELU("LeakyReLU"),
    ELU("ELU"),
    GELU("GELU"),
    SILU("SiLU"),
    MISH("Mish"),
    SOFTPLUS("Softplus"),
    LOG_SIGMOID("LogSigmoid"),
    HARDTANH("Hardtanh");

    /** The prefix of all names of PyTorch's classes. */
    static final String TORCH = "torch.";

    private final String className;

    TorchActivation(String className) {
        this.className = className;
    }

    /** Returns the class that a name ends in: {@code torch.nn.modules.activation.Tanh}, or {@code torch.nn.Tanh}. */
    static Optional<TorchActivation> named(String name) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        return Arrays.stream(values())
                .filter(a -> name.startsWith(TORCH) && a.className.equals(last))
                .findFirst();
    }

    /** Returns the names of all activations, for messages. */
    static String names() {
        return Arrays.stream(values()).map(a -> a.className).collect(Collectors.joining(", "));
    }

    double[] apply(double... values) {
        return this == SOFTMAX
                ? Scores.softmax(values)
                : Arrays.stream(values).map(this::each).toArray();
    }

    private double each(double x) {
        return switch (this) {
            case IDENTITY -> x;
            case SIGMOID -> Scores.sigmoid(x);
            case TANH -> Math.tanh(x);
            case RELU -> Math.max(0, x);
            case LEAKY_RELU -> x < 0 ? 0.01 * x : x;
            case ELU -> x < 0 ? Math.expm1(x) : x;
            case GELU -> x * (1 + Erf.erf(x * Math.sqrt(0.5))) / 2;
            case SILU -> x * Scores.sigmoid(x);
            case MISH -> x * Math.tanh(softplus(x));
            case SOFTPLUS -> softplus(x);
            case LOG_SIGMOID -> -softplus(-x);
            case HARDTANH -> Math.clamp(x, -1.0, 1.0);
            case SOFTMAX -> throw new InternalException("a softmax is of all values together");
        };
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
