package detangle.compiler.gradient;

import detangle.compiler.CompileException;
import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Gradients of a program with respect to its parameters. */
public final class Gradients {
    private Gradients() {}

    /**
     * The gradient of a loss with respect to each of some parameters, in their order. Each is a node over nodes of the
     * program, which the caller makes an output or an update of a program.
     *
     * @param lossOutput the name of an output, a float scalar
     * @param parameters names of parameters that the program reads
     * @throws CompileException if the program does not read one of the parameters, or the output is not a float scalar
     */
    public static SequencedMap<String, Node> of(Program forward, String lossOutput, Collection<String> parameters) {
        Map<String, List<Node>> byName = new LinkedHashMap<>();
        parameters.forEach(name -> byName.put(name, new ArrayList<>()));
        for (Node node : forward.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type) && byName.containsKey(name)) {
                byName.get(name).add(node);
            }
        }
        byName.forEach((name, nodes) -> {
            if (nodes.isEmpty()) {
                throw new CompileException("the program " + forward.name() + " does not read the parameter " + name
                        + ": leave it out of those that are trained");
            }
        });
        List<Node> targets = byName.values().stream().flatMap(List::stream).toList();
        List<Node> gradients = Gradient.of(forward.output(lossOutput), targets);
        SequencedMap<String, Node> result = new LinkedHashMap<>();
        int next = 0;
        for (Map.Entry<String, List<Node>> parameter : byName.entrySet()) {
            int count = parameter.getValue().size();
            // A parameter that stands in a program several times is one parameter.
            Node sum = gradients.subList(next, next + count).stream()
                    .reduce(new Builder()::add)
                    .orElseThrow();
            result.put(parameter.getKey(), sum);
            next += count;
        }
        return result;
    }
}
