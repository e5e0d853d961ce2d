package detangle.compiler.pass;

import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.rewrite.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Weights of linear layers that are stored in f32 are rounded to 16 bits, which halves the memory that they take and that
 * short inputs wait for; products are computed in f32 as before. The program is that of a checkpoint with such weights.
 *
 * <pre>
 * %w = constant @"w" : f32[64,64]   =>   %w = constant @"w:bf16" : bf16[64,64]
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
        return "narrow-weights";
    }

    @Override
    public Program run(Program program) {
        Map<String, Tensor> narrow = new HashMap<>();
        Map<String, Node> constants = new HashMap<>();
        Rule rule = (node, uses) -> {
            boolean stored = node.op() instanceof KernelOp.Linear
                    && node.input(1).op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)
                    && type.dtype() == DType.F32
                    && program.constants().containsKey(name);
            if (!stored) {
                return Optional.empty();
            }
            Node constant = constants.computeIfAbsent(name(node.input(1)), name -> {
                String rounded = name + ":" + dtype.text();
                narrow.put(rounded, program.constants().get(name).convertedTo(dtype));
                return new Builder()
                        .constant(
                                new Literal.Named(rounded), narrow.get(rounded).type());
            });
            List<Node> operands = new ArrayList<>(node.inputs());
            operands.set(1, constant);
            return Optional.of(new Builder().op(node.op(), operands).withName(node.name()));
        };
        return Rewriter.rewrite(program, List.of(rule)).plusConstants(narrow);
    }

    private static String name(Node constant) {
        return ((Literal.Named) ((TensorOp.Constant) constant.op()).value()).name();
    }
}
