package detangle.compiler.gradient;

import detangle.compiler.CompileException;
import detangle.ir.Builder;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;

/** Gradients of a program with respect to its parameters. */
public final class Gradients {
    private Gradients() {}

    /**
     * Returns the gradient of a loss with respect to each of some parameters. Each is a node over nodes of the program,
     * which the caller makes an output or an update of a program, or computes with.
     *
     * <p>They come in the order in which a backward pass finds them: those of the last layer first. A program that
     * computes with them in this order needs the least memory, as each gradient is computed while the values that it
     * reads are needed anyway.
     *
     * @param lossOutput the name of an output, a float scalar
     * @param parameters names of parameters that the program reads
     * @throws CompileException if the program does not read one of the parameters, or the output is not a float scalar
     */
    public static SequencedMap<String, Node> of(Program forward, String lossOutput, Collection<String> parameters) {
        return of(forward, lossOutput, parameters, weight -> OptionalInt.empty());
    }

    /**
     * Returns what {@link #of(Program, String, Collection)} returns, with layers that the backward pass computes
     * again, so that the program takes less memory and more time. The values below a layer that the layer reads are
     * kept, such as the layer's input. Each value in a layer is computed again when the program has come to the
     * gradients of that layer. The last layer is not computed again. The gradients are the same.
     *
     * @param layers the number, from 0, of the layer that a parameter or a named constant belongs to; empty if it
     *     belongs to none
     */
    public static SequencedMap<String, Node> of(
            Program forward, String lossOutput, Collection<String> parameters, Function<String, OptionalInt> layers) {
        Set<String> wanted = new LinkedHashSet<>(parameters);
        SequencedMap<String, List<Node>> byName = new LinkedHashMap<>();
        for (Node node : forward.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type) && wanted.contains(name)) {
                byName.computeIfAbsent(name, n -> new ArrayList<>()).add(node);
            }
        }
        wanted.removeAll(byName.keySet());
        if (!wanted.isEmpty()) {
            throw new CompileException("the program " + forward.name() + " does not read the parameter "
                    + wanted.iterator().next() + ": leave it out of those that are trained");
        }
        List<Node> targets = byName.values().stream().flatMap(List::stream).toList();
        Map<Node, Node> gradients = new IdentityHashMap<>();
        List<Node> found = Gradient.of(forward.output(lossOutput), targets, layers);
        for (int i = 0; i < targets.size(); i++) {
            gradients.put(targets.get(i), found.get(i));
        }
        Builder b = new Builder();
        SequencedMap<String, Node> result = new LinkedHashMap<>();
        // A parameter that stands in a program as several nodes is one parameter.
        byName.reversed()
                .forEach((name, nodes) -> result.put(
                        name, nodes.stream().map(gradients::get).reduce(b::add).orElseThrow()));
        return result;
    }
}
