package detangle.compiler;

import detangle.backend.MemoryPlan;
import detangle.backend.MemoryPlan.Slot;
import detangle.backend.Plan;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Update;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Gives each intermediate value a slot for as long as it is read. A view shares its operand's; an elementwise result
 * takes over an operand that dies with it, and so does a sum at ids. What a parameter becomes is written into the
 * parameter's own memory where it is elementwise and nothing reads the old value afterwards. Sizes are symbolic, so the
 * plan holds at every batch and length; where slots lie is decided when the sizes are known.
 */
public final class MemoryPlanner {
    private final List<Slot> slots = new ArrayList<>();
    private final Map<String, Integer> slotOfParameter = new HashMap<>();
    private final Map<Node, Integer> slotOf = new IdentityHashMap<>();

    /** The number of operands, outputs and updates that are still to read each slot. */
    private final Map<Integer, Integer> readers = new HashMap<>();

    /** Returns all results of the operation that computes a node. */
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
        List<List<Node>> operations = Plan.operations(program, late);
        operations.forEach(results -> results.forEach(node -> operationOf.put(node, results)));
        for (int now = 0; now < operations.size(); now++) {
            for (Node node : operations.get(now)) {
                if (eachRun.contains(node) && !(node.op() instanceof TensorOp.Input)) {
                    int slot = slot(node, lateSet.contains(node) ? inPlace(node, program) : OptionalInt.empty(), now);
                    slotOf.put(node, slot);
                    readers.merge(slot, uses.get(node), Integer::sum);
                    // Operands are read up to now: a kernel must not write where it still reads.
                    for (Node operand : node.inputs()) {
                        read(operand, now);
                    }
                }
            }
        }
        for (Node root : program.roots()) {
            needUntil(slotOf.get(root), MemoryPlan.FOR_GOOD);
        }
        return new MemoryPlan(slots, slotOf, late);
    }

    private void read(Node operand, int now) {
        Integer slot = slotOf.get(operand);
        if (slot != null) {
            readers.merge(slot, -1, Integer::sum);
            needUntil(slot, now);
        }
    }

    /** @param index the number of a slot; null for a value that has none */
    private void needUntil(Integer index, int operation) {
        if (index != null) {
            Slot slot = slots.get(index);
            int last = Math.max(slot.last(), operation);
            slots.set(index, new Slot(slot.dtype(), slot.elements(), slot.parameter(), slot.first(), last));
        }
    }

    /** Returns the slot of a parameter that becomes this node's value, if nothing else reads what it is now. */
    private OptionalInt inPlace(Node node, Program program) {
        for (Update update : program.updates()) {
            Integer slot = slotOf.get(update.parameter());
            if (update.value() == node && slot != null && diesHere(slot, node)) {
                return OptionalInt.of(slot);
            }
        }
        return OptionalInt.empty();
    }

    private int slot(Node node, OptionalInt inPlace, int now) {
        if (inPlace.isPresent()) {
            return inPlace.getAsInt();
        }
        if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
            return slotOfParameter.computeIfAbsent(name, n -> newSlot(node, Optional.of(n), now));
        }
        OptionalInt shared = shared(node);
        return shared.isPresent() ? shared.getAsInt() : newSlot(node, Optional.empty(), now);
    }

    private int newSlot(Node node, Optional<String> parameter, int now) {
        slots.add(new Slot(node.type().dtype(), node.shape().elements(), parameter, now, now));
        return slots.size() - 1;
    }

    /** Returns the slot of an operand that this node is a view of, or may overwrite. */
    private OptionalInt shared(Node node) {
        if (MemoryPlan.isView(node)) {
            return slot(node.input(0));
        }
        return switch (node.op()) {
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

    /**
     * A sum at ids may overwrite the operand that is added to, but not the added one, which is read at other places.
     */
    private OptionalInt sumsInPlace(Node node) {
        boolean apart = !slot(node.input(0)).equals(slot(node.input(2)));
        return apart ? firstOperand(node) : OptionalInt.empty();
    }

    private OptionalInt slot(Node node) {
        Integer slot = slotOf.get(node);
        return slot == null ? OptionalInt.empty() : OptionalInt.of(slot);
    }

    /**
     * Returns whether this node may overwrite an operand, as it is the last to read it. Parameters are not overwritten
     * here.
     */
    private boolean diesHere(Node operand, Node node) {
        Integer slot = slotOf.get(operand);
        return slot != null && slots.get(slot).parameter().isEmpty() && diesHere((int) slot, node);
    }

    /**
     * Returns whether nothing reads a slot after this node, and this node reads it only at the places that it writes.
     * The results of an operation are computed together, so that its results without a slot yet read it here too.
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
}
