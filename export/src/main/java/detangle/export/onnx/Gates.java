package detangle.export.onnx;

import detangle.ir.Tensor;
import java.util.List;

/** Weights of recurrent layers as ONNX has them, of PyTorch's, whose gates stand in another order. */
final class Gates {
    private Gates() {}

    /**
     * Returns the gates of a matrix or a bias in another order.
     *
     * @param order the numbers of the gates as they stand in the tensor, in the order that is wanted
     */
    static Tensor ordered(Tensor tensor, int... order) {
        float[] values = tensor.toFloats();
        int gate = values.length / order.length;
        float[] ordered = new float[values.length];
        for (int i = 0; i < order.length; i++) {
            System.arraycopy(values, order[i] * gate, ordered, i * gate, gate);
        }
        return Tensor.of(ordered, tensor.shape());
    }

    /** Returns two biases, one after the other. */
    static Tensor joined(Tensor a, Tensor b) {
        float[] first = a.toFloats();
        float[] second = b.toFloats();
        float[] both = new float[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return Tensor.of(both, both.length);
    }

    /** Tensors of the same shape along a new first axis, which is that of directions. */
    static Tensor together(List<Tensor> tensors) {
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
