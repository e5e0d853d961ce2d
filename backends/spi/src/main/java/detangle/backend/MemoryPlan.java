package detangle.backend;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.SizeException;
import detangle.ir.TensorOp;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A plan of where the intermediate values of a program live: each in a slot. A view shares its operand's, and so does a
 * value that is computed in the place of an operand. The slot of a parameter is the memory that the parameter itself
 * lives in; all others lie in the arena of their element type, where slots that are needed at different times may lie
 * at one place. The plan is made once; {@link #layout} gives offsets for a binding of the symbols.
 */
public final class MemoryPlan {
    /** Slots begin at multiples of this many bytes: a cache line. */
    public static final int ALIGNMENT = 64;

    /** The end of a slot that is needed when all operations have been run. */
    public static final int FOR_GOOD = Integer.MAX_VALUE;

    /**
     * Room for a value, and for those that share its memory.
     *
     * @param parameter whose memory the slot is, by name; such a slot takes no room in an arena. It belongs to the
     *     parameter, its views, and at most one of the {@link #late} nodes, which writes the parameter's next value in
     *     the place of the present one.
     * @param first the operation that writes it, by its place in {@link Plan#operations}
     * @param last the last operation that reads it, or {@link #FOR_GOOD}
     */
    public record Slot(DType dtype, Dim elements, Optional<String> parameter, int first, int last) {}

    /** Offsets of the slots in their arenas and lengths of the arenas, both in elements. */
    public record Layout(List<Long> offsets, Map<DType, Long> arenaElements) {
        /** Returns the bytes of all arenas together. */
        public long bytes() {
            return arenaElements.entrySet().stream()
                    .mapToLong(e -> e.getValue() * e.getKey().bytes())
                    .sum();
        }
    }

    private final List<Slot> slots;
    private final Map<Node, Integer> slotOf;
    private final List<Node> late;

    /**
     * @param slotOf the slot of each node that needs memory; inputs and constants have none
     * @param late what {@link #late} returns
     */
    public MemoryPlan(List<Slot> slots, Map<Node, Integer> slotOf, List<Node> late) {
        this.slots = List.copyOf(slots);
        this.slotOf = Collections.unmodifiableMap(new IdentityHashMap<>(slotOf));
        this.late = List.copyOf(late);
    }

    /**
     * Returns the nodes that are computed after all others, in this order, and after outputs have been copied: only
     * updates need them, and computing them cannot fail. So they may overwrite parameters, and a run that fails has
     * changed nothing.
     */
    public List<Node> late() {
        return late;
    }

    /** Returns whether a value is its first operand's elements as they stand in memory, so that it needs no memory. */
    public static boolean isView(Node node) {
        return node.op() instanceof TensorOp.Reshape || node.op() instanceof TensorOp.After;
    }

    public List<Slot> slots() {
        return slots;
    }

    /** Returns the index of the node's slot, if it has one. */
    public OptionalInt slot(Node node) {
        Integer slot = slotOf.get(node);
        return slot == null ? OptionalInt.empty() : OptionalInt.of(slot);
    }

    /**
     * Returns the offsets when the symbols have these sizes.
     *
     * @throws SizeException if one is negative, or if they overflow 64 bits together
     */
    public Layout layout(Map<String, Long> bindings) {
        long[] sizes = slots.stream()
                .mapToLong(slot ->
                        slot.parameter().isPresent() ? 0 : slot.elements().evaluate(bindings))
                .toArray();
        long[] offsets = new long[sizes.length];
        long[] ends = new long[DType.values().length];
        new Arrangement(slots).place(sizes, offsets, ends);
        Map<DType, Long> arenas = new EnumMap<>(DType.class);
        for (DType dtype : DType.values()) {
            if (ends[dtype.ordinal()] > 0) {
                arenas.put(dtype, ends[dtype.ordinal()]);
            }
        }
        return new Layout(Arrays.stream(offsets).boxed().toList(), Collections.unmodifiableMap(arenas));
    }
}
