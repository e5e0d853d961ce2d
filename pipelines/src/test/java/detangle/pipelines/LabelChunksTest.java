package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Long texts and many labels are divided as GLiClass does. */
class LabelChunksTest {
    @Test
    void partsOverlapInCodePoints() {
        LabelChunks chunks = new LabelChunks(4, 1, 2);
        assertEquals(List.of("abcd", "defg", "gh"), chunks.of("abcdefgh"));
        assertEquals(List.of("abcd", "defg"), chunks.of("abcdefg"));
        assertEquals(List.of("abcd"), chunks.of("abcd"));
        assertEquals(List.of(""), chunks.of(""));
        assertEquals(List.of("a\ud83d\ude00bc", "cd"), chunks.of("a\ud83d\ude00bcd"));
    }

    @Test
    void labelsAreInGroups() {
        LabelChunks chunks = new LabelChunks(4, 1, 2);
        assertEquals(List.of(List.of("a", "b"), List.of("c")), chunks.of(List.of("a", "b", "c")));
        assertEquals(List.of(List.of("a", "b")), chunks.of(List.of("a", "b")));
        assertEquals(List.of(), chunks.of(List.of()));
    }

    /** As many as there are parts, times as many as there are groups. */
    @Test
    void readingsAreCountedWithoutDividing() {
        for (int overlap = 0; overlap < 4; overlap++) {
            LabelChunks chunks = new LabelChunks(4, overlap, 3);
            for (int length = 0; length < 20; length++) {
                String text = "\ud83d\ude00".repeat(length);
                for (int labels = 1; labels < 8; labels++) {
                    List<String> all = Collections.nCopies(labels, "label");
                    assertEquals((long) chunks.of(text).size() * chunks.of(all).size(), chunks.readings(text, labels));
                }
            }
        }
    }

    @Test
    void numbersThatAreLeftOutAreGliclass() {
        Optional<Integer> none = Optional.empty();
        assertEquals(Optional.empty(), LabelChunks.asked(none, none, Optional.of(3)));
        assertEquals(Optional.of(new LabelChunks(8192, 256, 5)), LabelChunks.asked(Optional.of(5), none, none));
        assertEquals(Optional.of(new LabelChunks(100, 99, 8)), LabelChunks.asked(none, Optional.of(100), none));
        assertEquals(Optional.of(new LabelChunks(1000, 256, 8)), LabelChunks.asked(none, Optional.of(1000), none));
        assertEquals(Optional.of(new LabelChunks(1, 0, 8)), LabelChunks.asked(none, Optional.of(1), none));
        assertEquals(
                Optional.of(new LabelChunks(10, 2, 3)),
                LabelChunks.asked(Optional.of(3), Optional.of(10), Optional.of(2)));
    }

    private static void assertRefused(String message, int text, int overlap, int labels) {
        assertEquals(
                message,
                assertThrows(PipelineException.class, () -> new LabelChunks(text, overlap, labels))
                        .getMessage());
    }

    @Test
    void partsThatCannotBeAreRefused() {
        assertRefused("a part has at least one character and one label", 0, 0, 1);
        assertRefused("a part has at least one character and one label", 1, 0, 0);
        assertRefused("parts of 4 characters cannot share 4: choose 0 to 3", 4, 4, 1);
        assertRefused("parts of 4 characters cannot share -1: choose 0 to 3", 4, -1, 1);
    }
}
