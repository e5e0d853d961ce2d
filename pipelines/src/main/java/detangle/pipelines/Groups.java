package detangle.pipelines;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** Divides work into runs of a program, so that a run's memory is bounded. */
final class Groups {
    /** Numbers of the largest tensor of a run: 64 MB. */
    static final long MAX_NUMBERS = 1 << 24;

    private Groups() {}

    /**
     * Groups of neighbours. A group's members are padded to its largest one, whose size times the number of members is
     * bounded; one that is too large stands alone.
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
