package detangle.backend.tornado;

import static detangle.backend.tornado.Launcher.shape;
import static detangle.backend.tornado.Launcher.size;

import detangle.backend.ComputePrecision;
import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.ProductOptions;
import detangle.ir.Activation;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Strides;
import detangle.ir.TensorOp;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Products of matrices, and convolutions. */
final class ProductLowering {
    private ProductLowering() {}

    static Optional<Lowering> linear(KernelOp.Linear op, Node node) {
        return Lowering.when(DeviceKernels.isFloat(node), launcher -> {
            Node x = node.input(0);
            DType dtype = node.type().dtype();
            launch(
                    launcher,
                    dtype,
                    launcher.array(x, dtype),
                    DeviceKernels.isF32(node)
                            ? launcher.buffers().weight(node.input(1))
                            : launcher.buffers().of(node.input(1), dtype),
                    op.bias() ? Optional.of(launcher.array(node.input(2), dtype)) : Optional.empty(),
                    launcher.array(node),
                    op.activation(),
                    x.type().dim(-1),
                    b -> Product.ofRows(shape(x, b), size(node.type().dim(-1), b)));
        });
    }

    static Optional<Lowering> dot(TensorOp.Dot op, Node node) {
        boolean takes = DeviceKernels.isFloat(node) && node.type().rank() <= 2 + ProductKernel.BATCH_AXES;
        return Lowering.when(takes, launcher -> {
            Node lhs = node.input(0);
            Node rhs = node.input(1);
            DType dtype = node.type().dtype();
            launch(
                    launcher,
                    dtype,
                    launcher.array(lhs, dtype),
                    launcher.buffers().of(rhs, dtype),
                    launcher.array(node),
                    lhs.type().dim(op.transposeLhs() ? -2 : -1),
                    b -> Product.ofMatrices(
                            shape(lhs, b), op.transposeLhs(), shape(rhs, b), op.transposeRhs(), shape(node, b)));
        });
    }

    /**
     * Launches a product without bias and activation.
     *
     * @param dtype the type of the first operand and of the result
     */
    static void launch(
            Launcher launcher,
            DType dtype,
            Object a,
            DeviceArray b,
            Object out,
            Dim depth,
            Function<Map<String, Long>, Product> shape) {
        launch(launcher, dtype, a, b, Optional.empty(), out, Activation.NONE, depth, shape);
    }

    private static void launch(
            Launcher launcher,
            DType dtype,
            Object a,
            DeviceArray b,
            Optional<Object> bias,
            Object out,
            Activation activation,
            Dim depth,
            Function<Map<String, Long>, Product> shape) {
        // The library refuses operands of different types, and a product of no depth with a bias.
        boolean hasDepth = depth.isStatic() ? depth.size() > 0 : bias.isEmpty();
        if (launcher.library().isPresent() && hasDepth && b.dtype() == dtype) {
            ProductOptions options =
                    new ProductOptions(precision(dtype, launcher.library().get()), bias.isPresent());
            launcher.launch(
                    new LibraryProduct(options),
                    List.of(a, b.array(), bias.orElse(launcher.absent(dtype)), out),
                    sizes -> shape.apply(sizes).work());
            if (activation != Activation.NONE) {
                launcher.launch(
                        TaskClass.of(ActivationKernel.class, dtype),
                        List.of(out, DeviceFunctions.number(activation)),
                        ActivationKernel.THREADS,
                        sizes -> ActivationKernel.work(shape.apply(sizes).elements()));
            }
            return;
        }
        // Weights alone may be narrower than what they are multiplied with.
        boolean narrow = b.dtype() != dtype;
        int mantissa = narrow ? NarrowFloats.mantissa(b.dtype()) : 0;
        Object none = launcher.absent(dtype);
        launcher.launch(
                TaskClass.of(ProductKernel.class, dtype),
                List.of(
                        a,
                        narrow ? none : b.array(),
                        narrow ? b.array() : launcher.absent(DType.BF16),
                        narrow ? launcher.buffers().powers(b.dtype()).array() : none,
                        bias.orElse(none),
                        out,
                        mantissa,
                        bias.isPresent() ? 1 : 0,
                        DeviceFunctions.number(activation)),
                ProductKernel.THREADS,
                sizes -> shape.apply(sizes).work());
    }

    /** Returns how the library multiplies matrices of a type. */
    static ComputePrecision precision(DType dtype, ComputePrecision chosen) {
        return switch (dtype) {
            case F16 -> ComputePrecision.FP16;
            case BF16 -> ComputePrecision.BF16;
            default -> chosen == ComputePrecision.TF32 ? chosen : ComputePrecision.FP32;
        };
    }

    static Optional<Lowering> convolution(TensorOp.Conv1d op, Node node) {
        DType dtype = node.type().dtype();
        return Lowering.when(
                DeviceKernels.isFloat(node),
                launcher -> launcher.launch(
                        TaskClass.of(ConvolutionKernel.class, dtype),
                        List.of(
                                launcher.array(node.input(0), dtype),
                                launcher.array(node.input(1), dtype),
                                launcher.array(node)),
                        Launch.SEPARATE,
                        b -> {
                            int[] x = shape(node.input(0), b);
                            int[] weight = shape(node.input(1), b);
                            int[] out = shape(node, b);
                            return Work.elements(
                                    Strides.product(out, 0, 3),
                                    x[1],
                                    x[2],
                                    out[1],
                                    out[2],
                                    weight[2],
                                    weight[1],
                                    out[2] / op.groups(),
                                    op.padding());
                        }));
    }
}
