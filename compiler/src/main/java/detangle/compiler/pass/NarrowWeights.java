package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Weights of linear layers that are stored in f32 are rounded to 16 bits, which halves the memory that they take;
 * products are computed in f32 as before. A backend rounds them when it packs them.
 *
 * <pre>
 * %w = constant @"w" : f32[64,64]           =>   %n = convert %w : bf16[64,64]
 * %y = linear %x, %w                             %y = linear %x, %n
 * </pre>
 */
public final class NarrowWeights implements Pass {
    private final DType dtype;

    /** @param dtype f16 or bf16 */
    public NarrowWeights(DType dtype) {
        if (dtype != DType.F16 && dtype != DType.BF16) {
            throw new IllegalArgumentException("weights are kept in f16 or bf16, not in " + dtype.text());
        }
        this.dtype = dtype;
    }

    @Override
    public String name() {
        return "narrow-weights-" + dtype.text();
    }

    @Override
    public Program run(Program program) {
        return new CommonSubexpressions().run(Rewriter.rewrite(program, List.of(this::linear)));
    }

    private Optional<Node> linear(Node node, Rule.Uses uses) {
        boolean stored = node.op() instanceof KernelOp.Linear
                && node.input(1).op() instanceof TensorOp.Constant(Literal.Named name, TensorType type)
                && type.dtype() == DType.F32;
        if (!stored) {
            return Optional.empty();
        }
        List<Node> operands = new ArrayList<>(node.inputs());
        operands.set(1, new Builder().convert(node.input(1), dtype));
        return Optional.of(new Builder().op(node.op(), operands).withName(node.name()));
    }
}
