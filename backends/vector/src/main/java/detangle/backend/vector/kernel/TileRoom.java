package detangle.backend.vector.kernel;

import detangle.backend.vector.amx.MatrixUnit;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Native memory for tiles, which grows and stays. It grows by half at least, so that sizes that become larger little by
 * little allocate few times. What it has outgrown is freed by the garbage collector.
 */
public final class TileRoom {
    private MemorySegment memory = MemorySegment.NULL;

    /** Makes room of no bytes. */
    public TileRoom() {}

    /** Returns at least this many bytes, from the begin of a line of the cache on; they contain what was left there. */
    MemorySegment atLeast(long bytes) {
        long there = memory.byteSize();
        if (there < bytes) {
            memory = Arena.ofAuto().allocate(Math.max(bytes, there + there / 2), MatrixUnit.TILE_ROW);
        }
        return memory;
    }
}
