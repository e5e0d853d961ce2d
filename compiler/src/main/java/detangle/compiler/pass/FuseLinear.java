package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isDotTransposed;
import static detangle.compiler.pass.Patterns.splat;
import static detangle.compiler.pass.Patterns.unary;
import static detangle.compiler.pass.Patterns.unconverted;

import detangle.compiler.Pass;
import detangle.ir.Activation;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.UnaryFunction;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A product with a weight matrix, its bias and its activation become one kernel that reads the weight as it is stored.
 *
 * <pre>
 * %w = convert %stored : f32[N,K]
 * %y = gelu(add(dot(%x, %w) {rhs_t}, %b))   =>   %y = linear %x, %stored, %b {bias, act=gelu}
 * </pre>
 */
public final class FuseLinear implements Pass {
    private static final List<Rule> RULES =
            List.of(FuseLinear::product, FuseLinear::bias, FuseLinear::simpleActivation, FuseLinear::gelu);

    @Override
    public String name() {
        return "fuse-linear";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, RULES);
    }

    private static Optional<Node> product(Node node, Rule.Uses uses) {
        DType dtype = node.type().dtype();
        boolean fits =
                isDotTransposed(node) && node.input(1).type().rank() == 2 && (dtype == DType.F32 || dtype == DType.F64);
        return fits
                ? Optional.of(new Builder()
                        .op(new KernelOp.Linear(false, Activation.NONE), node.input(0), unconverted(node.input(1))))
                : Optional.empty();
    }

    private static Optional<Node> bias(Node node, Rule.Uses uses) {
        if (!binary(node, BinaryFunction.ADD)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Node linear = node.input(i);
            Node bias = node.input(1 - i);
            if (linear.op() instanceof KernelOp.Linear(boolean has, Activation act)
                    && !has
                    && act == Activation.NONE
                    && uses.once(linear)
                    && bias.shape().equals(Shape.of(linear.type().dim(-1)))) {
                List<Node> operands = new ArrayList<>(linear.inputs());
                operands.add(unconverted(bias));
                return Optional.of(new Builder().op(new KernelOp.Linear(true, Activation.NONE), operands));
            }
        }
        return Optional.empty();
    }

    private static boolean isPlainLinear(Node node) {
        return node.op() instanceof KernelOp.Linear(boolean bias, Activation act) && act == Activation.NONE;
    }

    private static Node activated(Node linear, Activation activation) {
        boolean bias = ((KernelOp.Linear) linear.op()).bias();
        return new Builder().op(new KernelOp.Linear(bias, activation), linear.inputs());
    }

    private static Optional<Node> simpleActivation(Node node, Rule.Uses uses) {
        if (unary(node, UnaryFunction.TANH) && isPlainLinear(node.input(0)) && uses.once(node.input(0))) {
            return Optional.of(activated(node.input(0), Activation.TANH));
        }
        if (binary(node, BinaryFunction.MAX)) {
            for (int i = 0; i < 2; i++) {
                Node linear = node.input(i);
                if (isPlainLinear(linear) && uses.once(linear) && splat(node.input(1 - i), 0)) {
                    return Optional.of(activated(linear, Activation.RELU));
                }
            }
        }
        return Optional.empty();
    }

    /** {@code (x * 0.5) * (erf(x * sqrt(0.5)) + 1)}. */
    private static Optional<Node> gelu(Node node, Rule.Uses uses) {
        if (!binary(node, BinaryFunction.MUL)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Optional<Node> x = scaledBy(node.input(i), 0.5);
            Node sum = node.input(1 - i);
            if (x.isPresent() && isPlainLinear(x.get()) && binary(sum, BinaryFunction.ADD)) {
                for (int j = 0; j < 2; j++) {
                    Node erf = sum.input(j);
                    boolean matches = splat(sum.input(1 - j), 1)
                            && unary(erf, UnaryFunction.ERF)
                            && scaledBy(erf.input(0), Math.sqrt(0.5))
                                    .filter(y -> y == x.get())
                                    .isPresent();
                    if (matches) {
                        return Optional.of(activated(x.get(), Activation.GELU));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Node> scaledBy(Node node, double factor) {
        if (!binary(node, BinaryFunction.MUL)) {
            return Optional.empty();
        }
        if (splat(node.input(1), factor)) {
            return Optional.of(node.input(0));
        }
        return splat(node.input(0), factor) ? Optional.of(node.input(1)) : Optional.empty();
    }
}
