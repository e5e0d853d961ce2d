package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The place of one span relative to another. */
class BoundaryPlaceTest {
    @ParameterizedTest
    @CsvSource({
        "2, 5, SAME",
        "3, 5, SAME_END",
        "1, 5, SAME_END",
        "2, 4, SAME_START",
        "2, 6, SAME_START",
        "3, 4, AROUND",
        "1, 6, INSIDE",
        "0, 2, RIGHT",
        "0, 1, RIGHT",
        "5, 6, LEFT",
        "6, 9, LEFT",
        "1, 3, CROSSING",
        "4, 6, CROSSING",
    })
    void ofWordsThreeToFive(int start, int end, BoundaryPlace place) {
        assertEquals(place, BoundaryPlace.of(new BoundarySpan(2, 5), new BoundarySpan(start, end)));
    }

    @Test
    void eachIsComparedWithEach() {
        List<BoundarySpan> spans = List.of(new BoundarySpan(0, 1), new BoundarySpan(0, 3));
        assertArrayEquals(
                new long[] {
                    BoundaryPlace.SAME.ordinal(),
                    BoundaryPlace.SAME_START.ordinal(),
                    BoundaryPlace.SAME_START.ordinal(),
                    BoundaryPlace.SAME.ordinal()
                },
                BoundaryPlace.of(spans).toLongs());
        assertArrayEquals(new long[] {2, 2}, BoundaryPlace.of(spans).shape());
    }
}
