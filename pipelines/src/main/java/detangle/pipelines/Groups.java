package detangle.pipelines;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** Divides work into runs of a program, so that the memory of a run is bounded. */
final class Groups {
    /** The most numbers of the largest tensor of a run: 64 MB of floats. */
    static final long MAX_NUMBERS = 1 << 24;

    private Groups() {}

    /**
     * Returns groups of neighbours. The members of a group are padded to its largest one. The size of the largest one
     * times the number of members is bounded; a member that exceeds the bound is alone.
     *
     * @param numbers how many numbers a run needs for a member
     */
    static <T> List<List<T>> of(List<T> all, ToLongFunction<T> numbers) {
        List<List<T>> groups = new ArrayList<>();
        List<T> group = new ArrayList<>();
        long largest = 0;
        for (T member : all) {
            largest = Math.max(largest, numbers.applyAsLong(member));
            if (!group.isEmpty() && largest * (group.size() + 1) > MAX_NUMBERS) {
                groups.add(group);
                group = new ArrayList<>();
                largest = numbers.applyAsLong(member);
            }
            group.add(member);
        }
        if (!group.isEmpty()) {
            groups.add(group);
        }
        return groups;
    }

    /** Divides a range into parts of at most a size, as {@code [from, to)}. */
    static List<int[]> parts(int size, long maxSize) {
        int step = Math.clamp(maxSize, 1, Integer.MAX_VALUE / 2);
        List<int[]> parts = new ArrayList<>();
        for (int from = 0; from < size; from += step) {
            parts.add(new int[] {from, Math.min(size, from + step)});
        }
        return parts;
    }
}
