package detangle.export.onnx;

import detangle.ir.Tensor;
import java.util.List;

/** ONNX's GRU with the weights of PyTorch's, whose gates stand in another order. */
public final class OnnxGru {
    /** ONNX has update, reset and hidden gate; PyTorch has reset, update and new gate. */
    private static final int[] GATES = {1, 0, 2};

    private OnnxGru() {}

    /**
     * The tensors, by PyTorch's names of them, with H of the states.
     *
     * @param weightIh {@code [3H,D]}
     * @param weightHh {@code [3H,H]}
     * @param biasIh {@code [3H]}
     * @param biasHh {@code [3H]}
     */
    public record Parameters(Tensor weightIh, Tensor weightHh, Tensor biasIh, Tensor biasHh) {}

    /**
     * Adds a GRU of one layer that goes forwards.
     *
     * @param name of its constants
     * @param x {@code f32[N,B,D]}, the steps first
     * @param states those before the first step, {@code f32[B,H]}
     * @return the states after each step, {@code f32[N,B,H]}
     */
    public static String forwards(OnnxModel model, String name, String x, String states, Parameters parameters) {
        String weights =
                model.constant(name + ".W", Gates.together(List.of(Gates.ordered(parameters.weightIh(), GATES))));
        String recurrent =
                model.constant(name + ".R", Gates.together(List.of(Gates.ordered(parameters.weightHh(), GATES))));
        Tensor bias =
                Gates.joined(Gates.ordered(parameters.biasIh(), GATES), Gates.ordered(parameters.biasHh(), GATES));
        String biases = model.constant(name + ".B", Gates.together(List.of(bias)));
        String initial = model.operator("Unsqueeze", List.of(states, model.longs(0)));
        String all = model.operator(
                "GRU",
                List.of(x, weights, recurrent, biases, "", initial),
                Attribute.of("hidden_size", parameters.weightHh().dim(1)),
                // The reset gate multiplies what the matrix makes of the state, with its bias, as in PyTorch.
                Attribute.of("linear_before_reset", 1));
        return model.operator("Squeeze", List.of(all, model.longs(1)));
    }
}
