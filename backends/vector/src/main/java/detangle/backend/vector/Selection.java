package detangle.backend.vector;

import detangle.backend.vector.Kernel.Reads;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The kernels of a program's nodes, chosen once from the table in {@link Kernels}, and what follows from how they read
 * their operands.
 */
final class Selection {
    private static final System.Logger LOG = System.getLogger("detangle.backend.vector");

    /** The operations that a line of the log has named. */
    private static final Set<String> NAMED = ConcurrentHashMap.newKeySet();

    private final Program program;
    private final Sources sources;
    private final Map<Node, Optional<Kernel>> kernels = new IdentityHashMap<>();

    private Selection(Program program) {
        this.program = program;
        program.nodes().forEach(node -> kernels.put(node, Kernels.of(node)));
        this.sources = Sources.of(program, this::reads);
    }

    static Selection of(Program program) {
        return new Selection(program);
    }

    /** Returns the kernel that computes a node; empty where the interpreter does. */
    Optional<Kernel> kernel(Node node) {
        return kernels.get(node);
    }

    /** Returns how a node's kernel reads an operand; the interpreter reads all from memory. */
    Reads reads(Node node, int operand) {
        return kernel(node).map(k -> k.reads(operand)).orElse(Reads.MEMORY);
    }

    /** Returns the nodes that the interpreter computes at each run. */
    List<Node> interpreted() {
        return program.nodes().stream()
                .filter(node -> sources.steps().contains(node) && kernel(node).isEmpty())
                .toList();
    }

    /** Says in the log, once for each operation, that the interpreter runs it. */
    void logInterpreted() {
        for (Node node : interpreted()) {
            String operation = node.op().mnemonic();
            if (NAMED.add(operation)) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "{0} has no kernel for vectors at its types and shapes, such as {1}: the interpreter runs it, slowly",
                        operation,
                        node.type());
            }
        }
    }

    /** Returns where each value comes from that a run reads from memory. */
    Sources sources() {
        return sources;
    }

    /** Packs the weights ahead of the first run, and returns the program without the data that is no longer needed. */
    Program pack(Constants constants) {
        Map<String, Tensor> kept = new HashMap<>(program.constants());
        Set<String> needed = new HashSet<>();
        Set<Node> read = Collections.newSetFromMap(new IdentityHashMap<>());
        read.addAll(program.roots());
        read.addAll(sources.steps());
        // Users come before operands, so that all readers of a node are known when its turn comes.
        for (Node node : program.nodes().reversed()) {
            if (!read.contains(node)) {
                continue;
            }
            addName(node, needed);
            for (int i = 0; i < node.inputs().size(); i++) {
                if (sources.steps().contains(node) && reads(node, i) == Reads.PACKED) {
                    pack(node, i, constants);
                } else {
                    // What never changes is evaluated by the interpreter, which reads weights as they are.
                    read.add(node.input(i));
                }
            }
        }
        kept.keySet().retainAll(needed);
        return program.withConstants(kept);
    }

    private static void pack(Node node, int operand, Constants constants) {
        Node constant = node.input(operand);
        if (constant.type().rank() == 2) {
            constants.matrix(constant);
        } else {
            constants.packHeads(constant);
        }
    }

    private static void addName(Node node, Set<String> names) {
        if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), var type)) {
            names.add(name);
        }
    }
}
