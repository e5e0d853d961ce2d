package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Copies of results are whole, and their memory comes back. */
class ResultMemoryTest {
    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    private static void assertCopies(ResultMemory memory, int count, boolean isNative) {
        byte[] bytes = bytes(count);
        MemorySegment copy = memory.copy(MemorySegment.ofArray(bytes));
        assertEquals(isNative, copy.isNative());
        assertArrayEquals(bytes, copy.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void smallCopiesAreOnTheHeapAndLargeOnesAreNot() {
        ResultMemory memory = new ResultMemory(Long.MAX_VALUE);
        int large = (int) ResultMemory.LARGE;
        assertCopies(memory, 0, false);
        assertCopies(memory, large - 1, false);
        assertCopies(memory, large, true);
        assertCopies(memory, 3 * large + 5, true);
    }

    @Test
    void beyondTheLimitCopiesAreOnTheHeapUntilOthersAreGone() throws InterruptedException {
        int large = (int) ResultMemory.LARGE;
        ResultMemory memory = new ResultMemory(2L * large);
        MemorySegment first = memory.copy(MemorySegment.ofArray(bytes(large + 8)));
        assertTrue(first.isNative());
        assertCopies(memory, large, false);
        assertEquals(large + 8, memory.taken());
        first = null;
        for (int i = 0; memory.taken() > 0 && i < 200; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertEquals(0, memory.taken());
        assertCopies(memory, 2 * large, true);
    }
}
