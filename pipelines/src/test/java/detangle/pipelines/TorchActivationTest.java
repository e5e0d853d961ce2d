package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Activations have the values of PyTorch. */
class TorchActivationTest {
    /** Of -2, -0.5, 0 and 3, as torch.nn gives them in double precision. */
    @ParameterizedTest
    @CsvSource({
        "IDENTITY, -2, -0.5, 0, 3",
        "SIGMOID, 0.11920292202211755, 0.3775406687981454, 0.5, 0.9525741268224334",
        "TANH, -0.9640275800758169, -0.46211715726000973, 0, 0.9950547536867305",
        "RELU, 0, 0, 0, 3",
        "LEAKY_RELU, -0.02, -0.005, 0, 3",
        "ELU, -0.8646647167633873, -0.3934693402873666, 0, 3",
        "GELU, -0.04550026389635842, -0.15426876936299344, 0, 2.9959503059107633",
        "SILU, -0.2384058440442351, -0.1887703343990727, 0, 2.8577223804673",
        "MISH, -0.2525014826957222, -0.22074377465173, 0, 2.9865350049679703",
        "SOFTPLUS, 0.1269280110429726, 0.4740769841801067, 0.6931471805599453, 3.048587351573742",
        "LOG_SIGMOID, -2.1269280110429727, -0.9740769841801067, -0.6931471805599453, -0.04858735157374196",
        "HARDTANH, -1, -0.5, 0, 1",
    })
    void valuesAreThoseOfPyTorch(TorchActivation activation, double a, double b, double c, double d) {
        assertArrayEquals(new double[] {a, b, c, d}, activation.apply(-2, -0.5, 0, 3), 1e-9);
    }

    @Test
    void aSoftmaxIsOfAllValuesTogether() {
        assertArrayEquals(new double[] {0.25, 0.75}, TorchActivation.SOFTMAX.apply(0, Math.log(3)), 1e-15);
    }

    @Test
    void namesEndInTheClass() {
        assertEquals(Optional.of(TorchActivation.TANH), TorchActivation.named("torch.nn.modules.activation.Tanh"));
        assertEquals(Optional.of(TorchActivation.IDENTITY), TorchActivation.named("torch.nn.Identity"));
        for (String other : new String[] {"Tanh", "mine.Tanh", "torch.nn.tanh", "torch.nn.Tanhx", "torch.", ""}) {
            assertEquals(Optional.empty(), TorchActivation.named(other), other);
        }
        assertEquals(
                "Identity, Sigmoid, Softmax, Tanh, ReLU, LeakyReLU, ELU, GELU, SiLU, Mish, Softplus, LogSigmoid, Hardtanh",
                TorchActivation.names());
    }
}
