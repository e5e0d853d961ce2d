package detangle.backend.vector.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TileRoomTest {
    private static final int SIZES = 1000;

    @Test
    void sizesThatGrowLittleByLittleAllocateFewTimes() {
        TileRoom room = new TileRoom();
        Set<Long> addresses = new HashSet<>();
        for (int i = 1; i <= SIZES; i++) {
            MemorySegment memory = room.atLeast(64L * i);
            assertTrue(memory.byteSize() >= 64L * i);
            assertEquals(0, memory.address() % 64);
            addresses.add(memory.address());
        }
        // 1.5 to the power of 18 is above 1000.
        assertTrue(addresses.size() <= 20, addresses.size() + " times");
    }

    @Test
    void aSmallerSizeKeepsTheMemory() {
        TileRoom room = new TileRoom();
        MemorySegment memory = room.atLeast(4096);
        assertSame(memory, room.atLeast(64));
        assertSame(memory, room.atLeast(0));
    }
}
