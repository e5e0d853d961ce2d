package detangle.compiler;

import detangle.backend.MemoryPlan;
import detangle.backend.MemoryPlan.Slot;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Update;
import detangle.ir.Symbols;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Gives each intermediate value a slot for as long as it is read. A slot that has become free is taken again, the one
 * whose size fits best; a view shares its operand's; an elementwise result takes over an operand that dies with it, and so does a sum at ids.
 * What a parameter becomes is written into the parameter's own memory where it is elementwise and nothing reads the old
 * value afterwards. Sizes are symbolic, so the plan holds at every batch and length; where two are not comparable,
 * typical sizes decide.
 */
public final class MemoryPlanner {
    private static final long TYPICAL_SIZE = 128;

    private final List<DType> dtypes = new ArrayList<>();
    private final List<Set<Dim>> sizes = new ArrayList<>();

    /** The largest of each slot's sizes where symbols have typical ones. */
    private final List<Double> typicalSizes = new ArrayList<>();

    /** The parameter whose memory each slot is; empty for slots of an arena. */
    private final List<Optional<String>> parameters = new ArrayList<>();

    private final Map<String, Integer> slotOfParameter = new HashMap<>();

    private final List<Integer> free = new ArrayList<>();
    private final Map<Node, Integer> slotOf = new IdentityHashMap<>();
    private final Map<Integer, Integer> readers = new HashMap<>();

    /** All results of the operation that computes a node. */
    private final Map<Node, List<Node>> operationOf = new IdentityHashMap<>();

    private MemoryPlanner() {}

    public static MemoryPlan plan(Program program) {
        return new MemoryPlanner().run(program);
    }

    private MemoryPlan run(Program program) {
        // Constants are computed once for each binding, outside of the arena.
        Set<Node> eachRun = program.eachRun();
        Map<Node, Integer> uses = new IdentityHashMap<>();
        program.users().forEach((node, users) -> uses.put(node, users.size()));
        program.roots().forEach(root -> uses.merge(root, 1, Integer::sum));
        List<Node> late = LateNodes.of(program);
        Set<Node> lateSet = Collections.newSetFromMap(new IdentityHashMap<>());
        lateSet.addAll(late);
        List<Node> order = new ArrayList<>(program.nodes());
        order.removeIf(lateSet::contains);
        order.addAll(late);
        for (List<Node> results : program.operations()) {
            results.forEach(node -> operationOf.put(node, results));
        }
        for (Node node : order) {
            if (!eachRun.contains(node) || node.op() instanceof TensorOp.Input) {
                continue;
            }
            int slot = slot(node, lateSet.contains(node) ? inPlace(node, program) : OptionalInt.empty());
            slotOf.put(node, slot);
            Dim size = node.shape().elements();
            sizes.get(slot).add(size);
            typicalSizes.set(slot, Math.max(typicalSizes.get(slot), typical(size)));
            readers.merge(slot, uses.get(node), Integer::sum);
            // Operands are let go only now: a kernel must not write where it still reads.
            for (Node operand : node.inputs()) {
                release(operand);
            }
        }
        List<Slot> slots = new ArrayList<>();
        for (int i = 0; i < dtypes.size(); i++) {
            slots.add(new Slot(dtypes.get(i), List.copyOf(sizes.get(i)), parameters.get(i)));
        }
        return new MemoryPlan(slots, slotOf, late);
    }

    /** The slot of a parameter that becomes this node's value, if nothing else reads what it is now. */
    private OptionalInt inPlace(Node node, Program program) {
        for (Update update : program.updates()) {
            Integer slot = slotOf.get(update.parameter());
            if (update.value() == node && slot != null && diesHere(slot, node)) {
                return OptionalInt.of(slot);
            }
        }
        return OptionalInt.empty();
    }

    private void release(Node operand) {
        Integer slot = slotOf.get(operand);
        if (slot != null
                && readers.merge(slot, -1, Integer::sum) == 0
                && parameters.get(slot).isEmpty()) {
            free.add(slot);
        }
    }

    private int slot(Node node, OptionalInt inPlace) {
        if (inPlace.isPresent()) {
            return inPlace.getAsInt();
        }
        if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
            return slotOfParameter.computeIfAbsent(name, n -> newSlot(type.dtype(), Optional.of(n)));
        }
        OptionalInt shared = shared(node);
        return shared.isPresent() ? shared.getAsInt() : allocate(node);
    }

    /** The slot of an operand that this node is a view of, or may overwrite. */
    private OptionalInt shared(Node node) {
        return switch (node.op()) {
            case TensorOp.Reshape r -> slot(node.input(0));
            case KernelOp.Elementwise e ->
                node.inputs().stream()
                        .filter(x -> x.type().equals(node.type()) && diesHere(x, node))
                        .map(this::slot)
                        .filter(OptionalInt::isPresent)
                        .findFirst()
                        .orElse(OptionalInt.empty());
            case KernelOp.LayerNorm l -> firstOperand(node);
            case TensorOp.ScatterAdd s -> sumsInPlace(node);
            case TensorOp.ScatterAddLast s -> sumsInPlace(node);
            // A slot of its own is right for any other operation.
            default -> OptionalInt.empty();
        };
    }

    private OptionalInt firstOperand(Node node) {
        return diesHere(node.input(0), node) ? slot(node.input(0)) : OptionalInt.empty();
    }

    /** What is added to may be overwritten, but not what is added, which is read at other places. */
    private OptionalInt sumsInPlace(Node node) {
        boolean apart = !slot(node.input(0)).equals(slot(node.input(2)));
        return apart ? firstOperand(node) : OptionalInt.empty();
    }

    private OptionalInt slot(Node node) {
        Integer slot = slotOf.get(node);
        return slot == null ? OptionalInt.empty() : OptionalInt.of(slot);
    }

    /**
     * Whether this node may overwrite an operand, as it is the last to read it. Parameters are not overwritten here.
     */
    private boolean diesHere(Node operand, Node node) {
        Integer slot = slotOf.get(operand);
        return slot != null && parameters.get(slot).isEmpty() && diesHere((int) slot, node);
    }

    /**
     * Whether nothing reads a slot after this node, which reads it at the same places only. The results of an operation
     * are computed at once, so that those which are yet to be placed read it here too.
     */
    private boolean diesHere(int slot, Node node) {
        List<Node> results = operationOf.get(node);
        int reads = 0;
        for (Node result : results.subList(results.indexOf(node), results.size())) {
            for (Node input : result.inputs()) {
                if (slotOf.containsKey(input) && slotOf.get(input) == slot) {
                    reads++;
                    if (!input.type().equals(node.type())) {
                        return false;
                    }
                }
            }
        }
        return readers.get(slot) == reads;
    }

    private int allocate(Node node) {
        Dim size = node.shape().elements();
        DType dtype = node.type().dtype();
        double wanted = typical(size);
        int best = -1;
        double bestCost = Double.POSITIVE_INFINITY;
        for (int slot : free) {
            if (dtypes.get(slot) == dtype) {
                double waste = typicalSizes.get(slot) - wanted;
                // To grow a slot costs what it grows; to waste room costs little, for the room is there.
                double cost = waste < 0 ? -waste : Math.floor(waste / 8);
                if (cost < bestCost) {
                    best = slot;
                    bestCost = cost;
                }
            }
        }
        boolean reuse = best >= 0 && bestCost < wanted;
        if (reuse) {
            free.remove((Integer) best);
            return best;
        }
        return newSlot(dtype, Optional.empty());
    }

    private int newSlot(DType dtype, Optional<String> parameter) {
        dtypes.add(dtype);
        sizes.add(new LinkedHashSet<>());
        typicalSizes.add(0.0);
        parameters.add(parameter);
        return dtypes.size() - 1;
    }

    /**
     * An extent of one sequence of a typical length; {@link Symbols#BATCH} is the one symbol whose meaning counts here.
     */
    private static double typical(Dim dim) {
        return dim.estimate(symbol -> symbol.equals(Symbols.BATCH) ? 1 : TYPICAL_SIZE);
    }
}
