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
                together(directions.stream().map(d -> ordered(d.weightIh())).toList()));
        String recurrent = model.constant(
                name + ".R",
                together(directions.stream().map(d -> ordered(d.weightHh())).toList()));
        String biases = model.constant(
                name + ".B",
                together(directions.stream()
                        .map(d -> joined(ordered(d.biasIh()), ordered(d.biasHh())))
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

    /** The gates of a matrix or a bias in ONNX's order. */
    private static Tensor ordered(Tensor tensor) {
        float[] values = tensor.toFloats();
        int gate = values.length / GATES.length;
        float[] ordered = new float[values.length];
        for (int i = 0; i < GATES.length; i++) {
            System.arraycopy(values, GATES[i] * gate, ordered, i * gate, gate);
        }
        return Tensor.of(ordered, tensor.shape());
    }

    private static Tensor joined(Tensor a, Tensor b) {
        float[] first = a.toFloats();
        float[] second = b.toFloats();
        float[] both = new float[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return Tensor.of(both, both.length);
    }

    /** Tensors of the same shape along a new first axis. */
    private static Tensor together(List<Tensor> tensors) {
        long[] one = tensors.getFirst().shape();
        long[] shape = new long[one.length + 1];
        shape[0] = tensors.size();
        System.arraycopy(one, 0, shape, 1, one.length);
        int size = Math.toIntExact(tensors.getFirst().elements());
        float[] values = new float[Math.multiplyExact(size, tensors.size())];
        for (int i = 0; i < tensors.size(); i++) {
            System.arraycopy(tensors.get(i).toFloats(), 0, values, i * size, size);
        }
        return Tensor.of(values, shape);
    }
}
