package detangle.backend;

import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.SizeException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where the intermediate values of a program live: each in a slot of the arena of its element type. Values whose
 * lifetimes do not overlap share a slot; a view shares its operand's. The slot of a parameter is the memory that the
 * parameter itself lives in. The plan is made once; {@link #layout} gives offsets for a binding of the symbols.
 */
public final class MemoryPlan {
    /** Slots begin at multiples of this many bytes: a cache line. */
    public static final int ALIGNMENT = 64;

    /** More than any memory, and so few that their bytes can be added up. */
    private static final long MOST_ELEMENTS = 1L << 48;

    /**
     * Room for the largest of several sizes, in elements.
     *
     * @param parameter whose memory the slot is, by name; such a slot takes no room in an arena. It belongs to the
     *     parameter, its views, and at most one of the {@link #late} nodes, which writes the parameter's next value in
     *     the place of the present one.
     */
    public record Slot(DType dtype, List<Dim> sizes, Optional<String> parameter) {
        public Slot {
            sizes = List.copyOf(sizes);
        }
    }

    /** Offsets of the slots in their arenas and lengths of the arenas, both in elements. */
    public record Layout(List<Long> offsets, Map<DType, Long> arenaElements) {
        /** Bytes of all arenas together. */
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
     * The nodes that are computed after all others, in this order, and after outputs have been copied: only updates
     * need them, and computing them cannot fail. So they may overwrite parameters, and a run that fails has changed
     * nothing.
     */
    public List<Node> late() {
        return late;
    }

    public List<Slot> slots() {
        return slots;
    }

    /** The index of the node's slot, if it has one. */
    public OptionalInt slot(Node node) {
        Integer slot = slotOf.get(node);
        return slot == null ? OptionalInt.empty() : OptionalInt.of(slot);
    }

    /** The offsets when the symbols have these sizes; a {@link SizeException} if one is negative, or if they overflow 64 bits together. */
    public Layout layout(Map<String, Long> bindings) {
        Map<DType, Long> ends = new EnumMap<>(DType.class);
        Long[] offsets = new Long[slots.size()];
        for (int i = 0; i < offsets.length; i++) {
            Slot slot = slots.get(i);
            if (slot.parameter().isPresent()) {
                offsets[i] = 0L;
                continue;
            }
            long size = slot.sizes().stream()
                    .mapToLong(d -> d.evaluate(bindings))
                    .max()
                    .orElse(0);
            long unit = ALIGNMENT / slot.dtype().bytes();
            offsets[i] = ends.getOrDefault(slot.dtype(), 0L);
            long end = offsets[i] + Math.ceilDiv(size, unit) * unit;
            if (size < 0 || size > MOST_ELEMENTS || end > MOST_ELEMENTS) {
                throw new SizeException("a value of " + size + " elements does not fit into memory");
            }
            ends.put(slot.dtype(), end);
        }
        return new Layout(List.of(offsets), Collections.unmodifiableMap(ends));
    }
}
