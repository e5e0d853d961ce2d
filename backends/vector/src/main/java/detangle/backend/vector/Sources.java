package detangle.backend.vector;

import detangle.backend.vector.CutAnalysis.Cut;
import detangle.backend.vector.Kernel.Reads;
import detangle.ir.Node;
import detangle.ir.Program;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The source of each value that a run reads from memory.
 *
 * @param steps nodes that each run computes, inputs among them: those that may change, and those that follow from sizes
 *     and are not cuts
 * @param constants nodes that are the same at each run and at all sizes: they are evaluated once
 * @param tables nodes that are cuts of a table which is the same at all sizes: {@link LengthTables} keeps the longest
 *     part that was needed
 */
record Sources(Set<Node> steps, List<Node> constants, Map<Node, Cut> tables) {
    /** @param reads how a node reads an operand */
    static Sources of(Program program, BiFunction<Node, Integer, Reads> reads) {
        List<Node> nodes = program.nodes();
        Set<Node> steps = identitySet();
        steps.addAll(program.eachRun());
        Set<Node> sameAtSizes = identitySet();
        nodes.stream().filter(node -> !steps.contains(node)).forEach(sameAtSizes::add);
        CutAnalysis analysis = new CutAnalysis(program, sameAtSizes);
        Set<Node> read = identitySet();
        read.addAll(program.roots());
        List<Node> constants = new ArrayList<>();
        Map<Node, Cut> tables = new IdentityHashMap<>();
        // Users come before operands, so that all readers of a node are known when its turn comes.
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (sameAtSizes.contains(node) && read.contains(node)) {
                if (analysis.isFree(node)) {
                    constants.add(node);
                } else if (analysis.cut(node).isPresent()) {
                    tables.put(node, analysis.cut(node).get());
                } else {
                    steps.add(node);
                }
            }
            for (int operand = 0;
                    steps.contains(node) && operand < node.inputs().size();
                    operand++) {
                if (reads.apply(node, operand) == Reads.MEMORY) {
                    read.add(node.input(operand));
                }
            }
        }
        return new Sources(steps, constants.reversed(), tables);
    }

    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }
}
