package detangle.backend.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.MemoryPlan;
import detangle.ir.DType;
import detangle.ir.Dim;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Memory of runs is kept while runs need it, and let go afterwards. */
class FrameMemoryTest {
    /** A frame whose runs need memory for so many numbers. */
    private static Frame frame(int elements) {
        SizeTable table = new SizeTable();
        Layout layout = new Layout(table, new MemoryPlan(List.of(), Map.of(), List.of()));
        layout.add(DType.F32, Dim.of(elements));
        return new Frame(table, layout.offsets(), new Object[0], 0, 0, false);
    }

    @Test
    void framesThatNoRunUsesAreLetGo() {
        FramePool pool = new FramePool(() -> frame(0));
        FramePool.Lease first = pool.take();
        FramePool.Lease second = pool.take();
        assertNotSame(first.frame(), second.frame());
        Frame frame = first.frame();
        first.giveBack();
        pool.sweep();
        FramePool.Lease again = pool.take();
        assertSame(frame, again.frame());
        again.giveBack();
        pool.sweep();
        pool.sweep();
        assertNotSame(frame, pool.take().frame());
    }

    /** Runs of one length place nothing anew, and need their memory all the same. */
    @Test
    void memoryThatRunsOfOneLengthNeedStays() {
        Frame frame = frame(1000);
        assertTrue(frame.begin());
        frame.memory().place(frame.sizes());
        frame.reserve();
        frame.end();
        Object memory = frame.arena(DType.F32);
        for (int i = 0; i < 3; i++) {
            assertFalse(frame.begin());
            frame.trim();
            assertTrue(memory == frame.arena(DType.F32));
        }
        frame.trim();
        assertTrue(frame.begin());
    }

    /** A run may end after its program has been closed. */
    @Test
    void aFrameThatComesBackLateIsNotKept() {
        FramePool pool = new FramePool(() -> frame(0));
        FramePool.Lease lease = pool.take();
        pool.close();
        lease.giveBack();
        assertNotSame(lease.frame(), pool.take().frame());
    }

    @Test
    void memoryShrinksToWhatRunsNeed() {
        Arenas arenas = new Arenas();
        long[] much = new long[DType.values().length];
        long[] little = much.clone();
        much[DType.F32.ordinal()] = 1000;
        little[DType.F32.ordinal()] = 100;
        arenas.fit(much);
        arenas.grow(much);
        assertTrue(arenas.fit(little));
        assertEquals(1000, ((float[]) arenas.array(DType.F32)).length);
        arenas.trim(); // A run has needed much.
        assertTrue(arenas.fit(little));
        assertTrue(arenas.trim());
        assertFalse(arenas.fit(little));
        arenas.grow(little);
        assertEquals(100, ((float[]) arenas.array(DType.F32)).length);
    }
}
