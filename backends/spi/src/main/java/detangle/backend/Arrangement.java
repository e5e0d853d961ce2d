package detangle.backend;

import detangle.ir.DType;
import detangle.ir.SizeException;
import java.util.Arrays;
import java.util.List;

/**
 * Computes where slots of memory begin in the arenas of their element types, for any sizes. Slots that are needed at
 * different times may lie at the same place. The largest are placed first, each in the smallest gap that it fits
 * between those that are needed while it is (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net
 * Inference, 2020, section 5.2).
 *
 * <p>An arrangement keeps its arrays, so that placing slots makes no objects. One thread may use it at a time.
 */
public final class Arrangement {
    /** The most elements of a slot: more than any memory has, and few enough that bytes can be added up. */
    private static final long MAX_ELEMENTS = 1L << 48;

    private final DType[] dtypes;
    private final int[] first;
    private final int[] last;

    /** The slots by size, the largest first. Sizes change little from run to run, and so does this order. */
    private final int[] bySize;

    /** The slots that have been placed, by where they begin. */
    private final int[] byOffset;

    /** Makes room for slots that are not the memory of a parameter. */
    public Arrangement(List<MemoryPlan.Slot> slots) {
        int count = slots.size();
        dtypes = new DType[count];
        first = new int[count];
        last = new int[count];
        bySize = new int[count];
        byOffset = new int[count];
        for (int i = 0; i < count; i++) {
            MemoryPlan.Slot slot = slots.get(i);
            dtypes[i] = slot.dtype();
            first[i] = slot.first();
            last[i] = slot.last();
            bySize[i] = i;
        }
    }

    /**
     * Places the slots.
     *
     * @param sizes the size of each slot, in elements; they are rounded up to whole cache lines here. A slot of size 0
     *     begins at 0.
     * @param offsets an array that is filled with the beginning of each slot, in elements
     * @param ends an array that is filled with the elements of the arena of each type, by ordinal
     * @throws SizeException if a size is negative, or larger than any memory
     */
    public void place(long[] sizes, long[] offsets, long[] ends) {
        Arrays.fill(ends, 0);
        for (int i = 0; i < bySize.length; i++) {
            long unit = MemoryPlan.ALIGNMENT / dtypes[i].bytes();
            check(sizes[i]);
            sizes[i] = Math.ceilDiv(sizes[i], unit) * unit;
            offsets[i] = 0;
        }
        sort(sizes);
        int placed = 0;
        for (int slot : bySize) {
            if (sizes[slot] == 0) {
                break;
            }
            offsets[slot] = gap(slot, placed, sizes, offsets);
            int type = dtypes[slot].ordinal();
            ends[type] = Math.max(ends[type], offsets[slot] + sizes[slot]);
            check(ends[type]);
            int at = placed++;
            for (; at > 0 && offsets[byOffset[at - 1]] > offsets[slot]; at--) {
                byOffset[at] = byOffset[at - 1];
            }
            byOffset[at] = slot;
        }
    }

    private static void check(long size) {
        if (size < 0 || size > MAX_ELEMENTS) {
            throw new SizeException("a value of " + size + " elements does not fit into memory");
        }
    }

    /**
     * Sorts by insertion, as the order of the last time is nearly right. Equal slots keep the order of their numbers.
     */
    private void sort(long[] sizes) {
        for (int i = 1; i < bySize.length; i++) {
            int slot = bySize[i];
            int at = i;
            for (; at > 0 && isBefore(slot, bySize[at - 1], sizes); at--) {
                bySize[at] = bySize[at - 1];
            }
            bySize[at] = slot;
        }
    }

    private static boolean isBefore(int a, int b, long[] sizes) {
        return sizes[a] > sizes[b] || sizes[a] == sizes[b] && a < b;
    }

    /** Finds the smallest gap between slots of the type that are needed at the same time, or the place behind them. */
    private long gap(int slot, int placed, long[] sizes, long[] offsets) {
        long best = -1;
        long bestRest = Long.MAX_VALUE;
        long end = 0;
        for (int i = 0; i < placed; i++) {
            int other = byOffset[i];
            if (dtypes[other] != dtypes[slot] || first[other] > last[slot] || last[other] < first[slot]) {
                continue;
            }
            long rest = offsets[other] - end - sizes[slot];
            if (rest >= 0 && rest < bestRest) {
                best = end;
                bestRest = rest;
            }
            end = Math.max(end, offsets[other] + sizes[other]);
        }
        return best >= 0 ? best : end;
    }
}
