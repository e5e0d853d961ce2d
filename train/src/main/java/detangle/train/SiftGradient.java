package detangle.train;

import detangle.compiler.gradient.Gradient;
import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import detangle.models.deberta.SiftNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * Puts the inner gradient of SiFT into a program: it replaces the input that stands for it, so that the perturbation
 * and the losses are one program. The gradient is taken with respect to the noise alone, so no gradient of a weight is
 * computed for it.
 *
 * <pre>
 * %d = add %noise, (step of %gradient)          %g = (gradient of %inner with respect to %n)
 * return %inner, %n, (loss of %d)         =>    %d = add %n, (step of %g)
 *                                               return (loss of %d)
 * </pre>
 */
public final class SiftGradient {
    /** The outputs that the gradient needs. */
    static final Set<String> OUTPUTS = Set.of(SiftNames.INNER_LOSS, SiftNames.NOISE);

    private SiftGradient() {}

    /**
     * Returns a program in which SiFT's inputs have their values, or the program itself if it has no such inputs.
     *
     * @param forward a program with its loss, before or after {@link detangle.compiler.Passes#training}
     * @param factor the factor by which the inner loss is multiplied before it is differentiated, as the loss is, and
     *     by which its gradient is divided
     * @param layers the layers that the backward pass computes again: see {@link detangle.compiler.gradient.Gradients}
     */
    public static Program in(Program forward, Node factor, Function<String, OptionalInt> layers) {
        Optional<Node> given = input(forward, SiftNames.GRADIENT);
        if (given.isEmpty()) {
            return forward;
        }
        Node noise = input(forward, SiftNames.NOISE).orElseThrow();
        Builder b = new Builder();
        Node scaled = b.mul(forward.output(SiftNames.INNER_LOSS), factor);
        Node gradient = b.div(Gradient.of(scaled, List.of(noise), layers).getFirst(), factor);
        List<Node> inputs = forward.inputs().stream()
                .filter(input -> input != noise && input != given.get())
                .toList();
        Program alone = new Program(forward.name(), inputs, forward.outputs(), forward.constants());
        Program stepped = Rewriter.replace(alone, Map.of(given.get(), gradient));
        return Rewriter.replace(stepped, Map.of(noise, forward.output(SiftNames.NOISE)));
    }

    private static Optional<Node> input(Program program, String name) {
        return program.inputs().stream()
                .filter(node -> node.op() instanceof TensorOp.Input(String of, TensorType type) && of.equals(name))
                .findFirst();
    }
}
