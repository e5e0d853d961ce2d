package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Work is divided so that the memory of a run is bounded. */
class GroupsTest {
    private static final long HALF = 1 << 23;

    private static List<List<Long>> groups(Long... members) {
        return Groups.of(List.of(members), member -> member);
    }

    @Test
    void aGroupIsAsLargeAsItsLargestMemberTimesTheirNumber() {
        assertEquals(List.of(), groups());
        assertEquals(List.of(List.of(HALF, HALF)), groups(HALF, HALF));
        assertEquals(List.of(List.of(HALF, HALF), List.of(1L)), groups(HALF, HALF, 1L));
        assertEquals(List.of(List.of(HALF, 1L), List.of(HALF + 1), List.of(1L)), groups(HALF, 1L, HALF + 1, 1L));
        assertEquals(List.of(List.of(1L), List.of(2 * HALF)), groups(1L, 2 * HALF));
        // What a group has left behind does not count in the next one.
        assertEquals(List.of(List.of(2 * HALF), List.of(1L, 1L, 1L)), groups(2 * HALF, 1L, 1L, 1L));
        assertEquals(List.of(List.of(9 * HALF), List.of(9 * HALF)), groups(9 * HALF, 9 * HALF));
    }

    private static List<String> parts(int size, long maxSize) {
        return Groups.parts(size, maxSize).stream().map(Arrays::toString).toList();
    }

    @Test
    void partsFollowOneAnother() {
        assertEquals(List.of("[0, 4]", "[4, 8]", "[8, 10]"), parts(10, 4));
        assertEquals(List.of("[0, 5]", "[5, 10]"), parts(10, 5));
        assertEquals(List.of("[0, 10]"), parts(10, Long.MAX_VALUE));
        assertEquals(List.of("[0, 1]", "[1, 2]"), parts(2, 0));
        assertEquals(List.of(), parts(0, 5));
    }
}
