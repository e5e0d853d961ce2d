package detangle.backend.tornado;

import detangle.backend.MemoryPlan;
import detangle.backend.MemoryPlan.Slot;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Symbols;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Assigns the slots of a memory plan to arrays of the device. A slot takes an array that another slot has left, and of
 * these the one whose size fits best; typical sizes decide if two sizes are not comparable.
 */
final class SharedSlots {
    private static final long TYPICAL_SIZE = 128;

    private final List<Room> rooms = new ArrayList<>();
    private final int[] roomOf;

    /** An array of the device, and what it must have room for. */
    private static final class Room {
        private final DType dtype;
        private final Set<Dim> sizes = new LinkedHashSet<>();
        private double typical;
        private int last;

        private Room(DType dtype) {
            this.dtype = dtype;
        }
    }

    SharedSlots(MemoryPlan plan) {
        List<Slot> slots = plan.slots();
        roomOf = new int[slots.size()];
        IntStream.range(0, slots.size())
                .boxed()
                .filter(i -> slots.get(i).parameter().isEmpty())
                .sorted(Comparator.comparingInt(i -> slots.get(i).first()))
                .forEach(i -> take(i, slots.get(i)));
    }

    /** Returns the array of a slot, by its number. */
    int array(int slot) {
        return roomOf[slot];
    }

    /** Returns the sizes that an array has at different times. */
    List<Dim> sizes(int array) {
        return List.copyOf(rooms.get(array).sizes);
    }

    private void take(int index, Slot slot) {
        double wanted = typical(slot.elements());
        int best = -1;
        double bestCost = wanted;
        for (int i = 0; i < rooms.size(); i++) {
            Room room = rooms.get(i);
            if (room.dtype == slot.dtype() && room.last < slot.first()) {
                double waste = room.typical - wanted;
                // A larger array costs the added memory; unused room costs little, as the memory is allocated anyway.
                double cost = waste < 0 ? -waste : Math.floor(waste / 8);
                if (cost < bestCost) {
                    best = i;
                    bestCost = cost;
                }
            }
        }
        if (best < 0) {
            rooms.add(new Room(slot.dtype()));
            best = rooms.size() - 1;
        }
        Room room = rooms.get(best);
        room.sizes.add(slot.elements());
        room.typical = Math.max(room.typical, wanted);
        room.last = slot.last();
        roomOf[index] = best;
    }

    /**
     * Returns an extent of one sequence of a typical length; {@link Symbols#BATCH} is the one symbol whose meaning
     * counts here.
     */
    private static double typical(Dim dim) {
        return dim.estimate(symbol -> symbol.equals(Symbols.BATCH) ? 1 : TYPICAL_SIZE);
    }
}
