package detangle.ir.rewrite;

import detangle.ir.InternalException;
import detangle.ir.IrException;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Applies rules to a program until none fires: sweeps from operands to users, the first rule that fires replaces the
 * node. Replacements keep the name of what they replace, so that dumps stay readable.
 */
public final class Rewriter {
    /** Far more than rules that make progress need on any model; two rules that undo each other end here. */
    private static final int MAX_SWEEPS = 1000;

    private Rewriter() {}

    public static Program rewrite(Program program, List<? extends Rule> rules) {
        Program current = program;
        for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
            Program next = sweep(current, rules);
            if (next == current) {
                return current;
            }
            current = next;
        }
        throw new IrException("the rules do not come to an end within " + MAX_SWEEPS + " rounds over the program "
                + program.name() + ": it is too deep");
    }

    /** Replaces nodes by others, everywhere; a node without a replacement stays, over its operands' replacements. */
    public static Program replace(Program program, Map<Node, Node> replacements) {
        return sweep(program, List.of((node, uses) -> Optional.empty()), replacements);
    }

    private static Program sweep(Program program, List<? extends Rule> rules) {
        return sweep(program, rules, Map.of());
    }

    private static Program sweep(Program program, List<? extends Rule> rules, Map<Node, Node> replacements) {
        Map<Node, Integer> counts = new IdentityHashMap<>();
        List<Node> nodes = program.nodes();
        for (Node node : nodes) {
            node.inputs().forEach(input -> counts.merge(input, 1, Integer::sum));
        }
        program.roots().forEach(root -> counts.merge(root, 1, Integer::sum));

        Map<Node, Node> done = new IdentityHashMap<>();
        boolean changed = false;
        for (Node node : nodes) {
            Node rebuilt = replacements.containsKey(node) ? replacements.get(node) : rebuild(node, done);
            if (rebuilt != node && counts.containsKey(node)) {
                counts.putIfAbsent(rebuilt, counts.get(node));
            }
            Node replaced = apply(rebuilt, rules, n -> counts.getOrDefault(n, 0) == 1);
            changed |= replaced != node;
            done.put(node, replaced);
        }
        if (!changed) {
            return program;
        }
        List<Node> inputs = program.inputs().stream().map(done::get).toList();
        List<Output> outputs = program.outputs().stream()
                .map(o -> new Output(o.name(), done.get(o.node())))
                .toList();
        List<Update> updates = program.updates().stream()
                .map(u -> new Update(done.get(u.parameter()), done.get(u.value())))
                .toList();
        return new Program(program.name(), inputs, outputs, updates, program.constants());
    }

    private static Node rebuild(Node node, Map<Node, Node> done) {
        List<Node> inputs = new ArrayList<>(node.inputs().size());
        boolean same = true;
        for (Node input : node.inputs()) {
            Node replacement = done.get(input);
            inputs.add(replacement);
            same &= replacement == input;
        }
        return same ? node : node.withInputs(inputs);
    }

    private static Node apply(Node node, List<? extends Rule> rules, Rule.Uses uses) {
        for (Rule rule : rules) {
            Optional<Node> replacement = rule.rewrite(node, uses);
            if (replacement.isPresent()) {
                Node result = replacement.get();
                if (!result.type().equals(node.type())) {
                    throw new InternalException("rule " + rule.getClass().getSimpleName() + " replaced " + node
                            + " by another type, " + result.type());
                }
                return result.name().isEmpty() && !node.name().isEmpty() ? result.withName(node.name()) : result;
            }
        }
        return node;
    }
}
