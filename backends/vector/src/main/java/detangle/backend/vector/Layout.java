package detangle.backend.vector;

import detangle.backend.MemoryPlan;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.SizeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the slots of a memory plan begin, for any sizes: as {@link MemoryPlan#layout} says, without an object for each
 * run.
 */
final class Layout {
    /** More than any memory, and so few that their bytes can be added up. */
    private static final long MOST_ELEMENTS = 1L << 48;

    private final SizeTable table;
    private final List<Slot> slots = new ArrayList<>();

    /** @param sizes the places of the sizes that it holds one after another */
    private record Slot(DType dtype, int[] sizes) {}

    Layout(SizeTable table, MemoryPlan plan) {
        this.table = table;
        for (MemoryPlan.Slot slot : plan.slots()) {
            // The memory of a parameter is there already.
            List<Dim> sizes = slot.parameter().isPresent() ? List.of() : slot.sizes();
            slots.add(new Slot(slot.dtype(), table.slots(sizes)));
        }
    }

    /** Adds a slot of its own for a value that the plan has none for; returns its number. */
    int add(DType dtype, Dim elements) {
        slots.add(new Slot(dtype, new int[] {table.slot(elements)}));
        return slots.size() - 1;
    }

    int slots() {
        return slots.size();
    }

    /**
     * Lays the slots out.
     *
     * @param sizes as {@link SizeTable#evaluate} leaves them
     * @param offsets are filled: where each slot begins
     * @param ends are filled: elements of each type, by ordinal
     * @throws SizeException if a slot is larger than any memory
     */
    void place(long[] sizes, long[] offsets, long[] ends) {
        Arrays.fill(ends, 0);
        for (int i = 0; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            long size = 0;
            for (int of : slot.sizes) {
                if (sizes[of] < 0) {
                    throw tooLarge(sizes[of]);
                }
                size = Math.max(size, sizes[of]);
            }
            int type = slot.dtype.ordinal();
            long unit = MemoryPlan.ALIGNMENT / slot.dtype.bytes();
            offsets[i] = ends[type];
            if (size > MOST_ELEMENTS || ends[type] + size > MOST_ELEMENTS) {
                throw tooLarge(size);
            }
            ends[type] += Math.ceilDiv(size, unit) * unit;
        }
    }

    private static SizeException tooLarge(long size) {
        return new SizeException("a value of " + size + " elements does not fit into memory");
    }
}
