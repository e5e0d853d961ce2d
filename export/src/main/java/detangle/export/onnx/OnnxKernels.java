package detangle.export.onnx;

import detangle.ir.Activation;
import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import java.util.List;

/** The kernel-level operations that ONNX has operators for. */
final class OnnxKernels {
    private final OnnxGraph graph;

    OnnxKernels(OnnxGraph graph) {
        this.graph = graph;
    }

    /** Returns whether {@link #lower} takes the operation; others are to be written in primitives. */
    static boolean has(KernelOp op) {
        return switch (op) {
            case KernelOp.Linear l -> true;
            case KernelOp.LayerNorm n -> true;
            case KernelOp.MaskedSoftmax s -> true;
            case KernelOp.Elementwise e -> false;
            case KernelOp.LayerNormGrad g -> false;
            case KernelOp.Embedding e -> false;
            case KernelOp.SumOfSquares s -> false;
            case KernelOp.DisentangledAttention a -> false;
            case KernelOp.PackedAttention a -> false;
            case KernelOp.DisentangledAttentionGrad g -> false;
            case KernelOp.PackedAttentionGrad g -> false;
        };
    }

    String lower(KernelOp op, Node node, List<String> in) {
        DType dtype = node.type().dtype();
        return switch (op) {
            case KernelOp.Linear linear -> {
                String weight = as(dtype, node.input(1), in.get(1));
                String transposed = graph.add("Transpose", weight, Attribute.of("perm", List.of(1L, 0L)));
                String product = graph.add("MatMul", List.of(in.get(0), transposed));
                String sum = linear.bias()
                        ? graph.add("Add", List.of(product, as(dtype, node.input(2), in.get(2))))
                        : product;
                yield activation(linear.activation(), sum, dtype);
            }
            case KernelOp.LayerNorm(double epsilon, boolean residual) -> {
                String x = residual ? graph.add("Add", in.subList(0, 2)) : in.get(0);
                int gamma = in.size() - 2;
                yield graph.add(
                        "LayerNormalization",
                        List.of(
                                x,
                                as(dtype, node.input(gamma), in.get(gamma)),
                                as(dtype, node.input(gamma + 1), in.get(gamma + 1))),
                        Attribute.of("epsilon", (float) epsilon));
            }
            case KernelOp.MaskedSoftmax() -> {
                String nothing = graph.scalar(dtype, Double.NEGATIVE_INFINITY);
                String masked = graph.add("Where", List.of(in.get(1), in.get(0), nothing));
                String softmax = graph.add("Softmax", masked, Attribute.of("axis", -1));
                // A row without any place is NaN until here.
                yield graph.add("Where", List.of(in.get(1), softmax, graph.scalar(dtype, 0)));
            }
            case KernelOp.Elementwise e -> throw inPrimitives(op);
            case KernelOp.LayerNormGrad g -> throw inPrimitives(op);
            case KernelOp.Embedding e -> throw inPrimitives(op);
            case KernelOp.SumOfSquares s -> throw inPrimitives(op);
            case KernelOp.DisentangledAttention a -> throw inPrimitives(op);
            case KernelOp.PackedAttention a -> throw inPrimitives(op);
            case KernelOp.DisentangledAttentionGrad g -> throw inPrimitives(op);
            case KernelOp.PackedAttentionGrad g -> throw inPrimitives(op);
        };
    }

    private static InternalException inPrimitives(KernelOp op) {
        return new InternalException(op + " was to be written in primitives");
    }

    private String as(DType dtype, Node node, String x) {
        return node.type().dtype() == dtype ? x : graph.add("Cast", x, Attribute.of("to", OnnxType.of(dtype)));
    }

    private String activation(Activation activation, String x, DType dtype) {
        return switch (activation) {
            case NONE -> x;
            // The form that ONNX Runtime and TensorRT look for to fuse it.
            case GELU -> {
                String erf = graph.add("Erf", graph.add("Div", List.of(x, graph.scalar(dtype, Math.sqrt(2)))));
                String shifted = graph.add("Add", List.of(erf, graph.scalar(dtype, 1)));
                yield graph.add("Mul", List.of(graph.add("Mul", List.of(x, shifted)), graph.scalar(dtype, 0.5)));
            }
            case TANH -> graph.add("Tanh", x);
            case RELU -> graph.add("Relu", x);
            case SILU -> graph.add("Mul", List.of(x, graph.add("Sigmoid", x)));
        };
    }
}
