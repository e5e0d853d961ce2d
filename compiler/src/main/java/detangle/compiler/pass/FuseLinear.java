package detangle.compiler.pass;

import static detangle.compiler.pass.Patterns.binary;
import static detangle.compiler.pass.Patterns.isDotTransposed;
import static detangle.compiler.pass.Patterns.isElementwise;
import static detangle.compiler.pass.Patterns.unconverted;

import detangle.compiler.Pass;
import detangle.ir.Activation;
import detangle.ir.BinaryFunction;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Idioms;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Pattern;
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
    private static final List<Rule> WITHOUT_ACTIVATION =
            List.of(FuseLinear::product, FuseLinear::ofVector, FuseLinear::bias);

    private static final List<Rule> ALL =
            List.of(FuseLinear::product, FuseLinear::ofVector, FuseLinear::bias, FuseLinear::activation);

    private final List<Rule> rules;

    public FuseLinear() {
        this(ALL);
    }

    private FuseLinear(List<Rule> rules) {
        this.rules = rules;
    }

    /**
     * Returns the pass for a program that will be differentiated: activations stay separate. Their gradient reads their
     * operand, which a kernel with an activation does not keep.
     */
    public static FuseLinear withoutActivation() {
        return new FuseLinear(WITHOUT_ACTIVATION);
    }

    @Override
    public String name() {
        return "fuse-linear";
    }

    @Override
    public Program run(Program program) {
        return Rewriter.rewrite(program, rules);
    }

    private static Optional<Node> product(Node node, Rule.Uses uses) {
        return isDotTransposed(node) && node.input(1).type().rank() == 2 && isFloat(node)
                ? Optional.of(linear(false, Activation.NONE, List.of(node.input(0), unconverted(node.input(1)))))
                : Optional.empty();
    }

    private static boolean isFloat(Node node) {
        return node.type().dtype() == DType.F32 || node.type().dtype() == DType.F64;
    }

    private static Node linear(boolean bias, Activation activation, List<Node> operands) {
        return new Builder().op(new KernelOp.Linear(bias, activation), operands);
    }

    private static boolean isPlain(Node node) {
        return node.op() instanceof KernelOp.Linear(boolean bias, Activation act) && act == Activation.NONE;
    }

    private static boolean hasBias(Node linear) {
        return ((KernelOp.Linear) linear.op()).bias();
    }

    /** A vector, which a product takes as a matrix of one row: {@code reshape(linear(reshape(x, [1,K]), w), [N])}. */
    private static Optional<Node> ofVector(Node node, Rule.Uses uses) {
        Node product = node.op() instanceof TensorOp.Reshape ? node.input(0) : node;
        if (node.type().rank() != 1 || !isPlain(product) || hasBias(product) || !uses.once(product)) {
            return Optional.empty();
        }
        Builder b = new Builder();
        Dim depth = product.input(0).type().dim(-1);
        Node weight = product.input(1);
        if (!node.type().dim(0).equals(weight.type().dim(0))) {
            // A vector of one product for each row of a matrix.
            return Optional.empty();
        }
        Pattern p = new Pattern(uses);
        Node x = p.any(TensorType.of(node.type().dtype(), depth));
        Node row = b.op(product.op(), b.reshape(x, Dim.of(1), depth), weight);
        return p.matches(b.reshape(row, node.shape()), node)
                ? Optional.of(linear(false, Activation.NONE, List.of(p.at(x), weight)))
                : Optional.empty();
    }

    private static Optional<Node> bias(Node node, Rule.Uses uses) {
        if (!binary(node, BinaryFunction.ADD) || node.type().rank() == 0) {
            return Optional.empty();
        }
        Pattern p = new Pattern(uses);
        Node linear = p.once(node.type(), n -> isPlain(n) && !hasBias(n));
        Node bias = p.any(TensorType.of(node.type().dtype(), node.type().dim(-1)));
        if (!p.matches(new Builder().add(linear, bias), node)) {
            return Optional.empty();
        }
        List<Node> operands = new ArrayList<>(p.at(linear).inputs());
        operands.add(unconverted(p.at(bias)));
        return Optional.of(linear(true, Activation.NONE, operands));
    }

    private static Optional<Node> activation(Node node, Rule.Uses uses) {
        if (!isElementwise(node) || !isFloat(node)) {
            return Optional.empty();
        }
        Idioms idioms = new Idioms(new Builder());
        for (Activation activation : Activation.values()) {
            Pattern p = new Pattern(uses);
            // GELU itself reads it twice.
            Node linear = activation == Activation.GELU
                    ? p.any(node.type(), FuseLinear::isPlain)
                    : p.once(node.type(), FuseLinear::isPlain);
            if (p.matches(idioms.activation(activation, linear), node)) {
                return Optional.of(
                        linear(hasBias(p.at(linear)), activation, p.at(linear).inputs()));
            }
        }
        return Optional.empty();
    }
}
