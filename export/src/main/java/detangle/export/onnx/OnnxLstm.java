package detangle.export.onnx;

import detangle.ir.DType;
import detangle.ir.Tensor;
import java.util.List;

/** ONNX's LSTM with the weights of PyTorch's, whose gates stand in another order. */
public final class OnnxLstm {
    /** ONNX has input, output, forget and cell gate; PyTorch has input, forget, cell and output gate. */
    private static final int[] GATES = {0, 3, 1, 2};

    private OnnxLstm() {}

    /**
     * The tensors of a direction, by PyTorch's names of them, with H of its states.
     *
     * @param weightIh {@code [4H,D]}
     * @param weightHh {@code [4H,H]}
     * @param biasIh {@code [4H]}
     * @param biasHh {@code [4H]}
     */
    public record Direction(Tensor weightIh, Tensor weightHh, Tensor biasIh, Tensor biasHh) {}

    /**
     * Adds an LSTM of one layer that goes over sequences in both directions.
     *
     * @param name of its constants
     * @param x {@code f32[B,N,D]}
     * @param lengths of the sequences, {@code i64[B]}, at least 1 each
     * @param directions forwards and backwards
     * @return {@code f32[B,N,2H]}, with zeros behind the end of a sequence
     */
    public static String bidirectional(
            OnnxModel model, String name, String x, String lengths, List<Direction> directions) {
        long states = directions.getFirst().weightHh().dim(1);
        String weights = model.constant(
                name + ".W",
                Gates.together(directions.stream()
                        .map(d -> Gates.ordered(d.weightIh(), GATES))
                        .toList()));
        String recurrent = model.constant(
                name + ".R",
                Gates.together(directions.stream()
                        .map(d -> Gates.ordered(d.weightHh(), GATES))
                        .toList()));
        String biases = model.constant(
                name + ".B",
                Gates.together(directions.stream()
                        .map(d -> Gates.joined(Gates.ordered(d.biasIh(), GATES), Gates.ordered(d.biasHh(), GATES)))
                        .toList()));
        // Steps stand first there: [N,B,D] in, [N,2,B,H] out.
        String steps = model.operator("Transpose", List.of(x), Attribute.of("perm", List.of(1L, 0L, 2L)));
        String all = model.operator(
                "LSTM",
                List.of(steps, weights, recurrent, biases, model.cast(lengths, DType.I32)),
                Attribute.of("direction", "bidirectional"),
                Attribute.of("hidden_size", states));
        String sequences = model.operator("Transpose", List.of(all), Attribute.of("perm", List.of(2L, 0L, 1L, 3L)));
        return model.operator("Reshape", List.of(sequences, model.longs(0, 0, 2 * states)));
    }
}
