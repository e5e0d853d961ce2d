package detangle.backend.vector;

import detangle.backend.Arrangement;
import detangle.backend.MemoryPlan;
import detangle.backend.MemoryPlan.Slot;
import detangle.ir.DType;
import detangle.ir.Dim;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The slots of a memory plan, and slots for values that the plan lacks, with their sizes in a {@link SizeTable}. */
final class Layout {
    private final SizeTable table;
    private final List<Slot> slots = new ArrayList<>();

    /** The place of each slot's size in the table; -1 for the memory of a parameter, which is there already. */
    private final List<Integer> sizes = new ArrayList<>();

    Layout(SizeTable table, MemoryPlan plan) {
        this.table = table;
        plan.slots().forEach(this::add);
    }

    private void add(Slot slot) {
        slots.add(slot);
        sizes.add(slot.parameter().isPresent() ? -1 : table.slot(slot.elements()));
    }

    /** Adds a slot of its own for a value that the plan has none for; returns its number. */
    int add(DType dtype, Dim elements) {
        add(new Slot(dtype, elements, Optional.empty(), 0, MemoryPlan.FOR_GOOD));
        return slots.size() - 1;
    }

    /** Returns the object that lays out the slots, for one run at a time. All slots must be known. */
    Offsets offsets() {
        return new Offsets(
                new Arrangement(slots), sizes.stream().mapToInt(size -> size).toArray());
    }

    /** The places of slots at the sizes of a run. */
    static final class Offsets {
        private final Arrangement arrangement;
        private final int[] sizes;
        private final long[] elements;
        private final long[] offsets;
        private final long[] ends = new long[DType.values().length];

        private Offsets(Arrangement arrangement, int[] sizes) {
            this.arrangement = arrangement;
            this.sizes = sizes;
            this.elements = new long[sizes.length];
            this.offsets = new long[sizes.length];
        }

        /**
         * Lays the slots out.
         *
         * @param values as {@link SizeTable#evaluate} leaves them
         * @throws detangle.ir.SizeException if a slot is larger than any memory
         */
        void place(long[] values) {
            for (int i = 0; i < sizes.length; i++) {
                elements[i] = sizes[i] < 0 ? 0 : values[sizes[i]];
            }
            arrangement.place(elements, offsets, ends);
        }

        /** Returns the beginning of a slot. */
        int offset(int slot) {
            return (int) offsets[slot];
        }

        /** Elements of the memory of each type, by ordinal. */
        long[] ends() {
            return ends;
        }
    }
}
