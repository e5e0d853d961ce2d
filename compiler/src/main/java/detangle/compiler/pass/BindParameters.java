package detangle.compiler.pass;

import detangle.compiler.CompileException;
import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.rewrite.Rewriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Parameters become constants, in the type they are stored in. Those that the program updates, or that are said to be
 * variables, stay parameters.
 *
 * <pre>
 * %w = param "w" : f32[64,64]   =>   %c = constant @"w" : f16[64,64]
 *                                    %w = convert %c    : f32[64,64]
 * </pre>
 */
public final class BindParameters implements Pass {
    private static final int MAX_NAMED = 8;

    private final Map<String, Tensor> weights;
    private final Set<String> variables;

    /** @param weights data by parameter name; what the program has no parameter for is left out */
    public BindParameters(Map<String, Tensor> weights) {
        this(weights, Set.of());
    }

    /**
     * Makes a pass for a program whose results follow when some of its parameters are replaced.
     *
     * @param variables names of parameters that stay parameters, whether they have data or not
     */
    public BindParameters(Map<String, Tensor> weights, Set<String> variables) {
        this.weights = Map.copyOf(weights);
        this.variables = Set.copyOf(variables);
    }

    @Override
    public String name() {
        return "bind-parameters";
    }

    /** @throws CompileException that names the parameters without data, or one of another shape */
    @Override
    public Program run(Program program) {
        Builder b = new Builder();
        Map<Node, Node> replacements = new IdentityHashMap<>();
        Map<String, Tensor> bound = new HashMap<>();
        List<String> absent = new ArrayList<>();
        Set<String> kept = new HashSet<>(variables);
        program.updates().forEach(update -> kept.add(update.name()));
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type) && !kept.contains(name)) {
                Optional<Tensor> tensor = Optional.ofNullable(weights.get(name));
                if (tensor.isEmpty()) {
                    absent.add(name);
                } else {
                    replacements.put(node, bind(b, node, name, type, tensor.get()));
                    bound.put(name, tensor.get());
                }
            }
        }
        if (!absent.isEmpty()) {
            throw new CompileException(absentMessage(absent));
        }
        return Rewriter.replace(program, replacements).plusConstants(bound);
    }

    private static String absentMessage(List<String> absent) {
        String listed = String.join(", ", absent.subList(0, Math.min(MAX_NAMED, absent.size())));
        String more = absent.size() > MAX_NAMED ? " and " + (absent.size() - MAX_NAMED) + " more" : "";
        return "the checkpoint lacks " + absent.size() + (absent.size() == 1 ? " parameter: " : " parameters: ")
                + listed + more
                + "; config.json and weights do not belong together, or the head is not the checkpoint's";
    }

    private static Node bind(Builder b, Node node, String name, TensorType type, Tensor tensor) {
        if (!tensor.type().shape().equals(type.shape())) {
            throw new CompileException("the parameter " + name + " has shape "
                    + tensor.type().shape() + " in the checkpoint, but the model needs " + type.shape()
                    + ": config.json and weights do not belong together");
        }
        Node constant = b.constant(new Literal.Named(name), tensor.type());
        return b.convert(constant, type.dtype()).withName(node.name());
    }
}
