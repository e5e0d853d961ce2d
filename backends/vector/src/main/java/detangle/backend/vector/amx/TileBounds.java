package detangle.backend.vector.amx;

import java.lang.foreign.MemorySegment;

/** What is checked before machine code runs, which checks nothing itself. A failure is a fault of this backend. */
final class TileBounds {
    private TileBounds() {}

    static void check(boolean holds, String name, long value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " of a product of tiles cannot be " + value);
        }
    }

    /**
     * Checks that a segment contains parts of some bytes, {@code stride} bytes apart.
     *
     * @param parts how many there are, at least one
     */
    static void inside(MemorySegment segment, long parts, long stride, long bytes) {
        long end = Math.addExact(Math.multiplyExact(parts - 1, stride), bytes);
        if (end > segment.byteSize()) {
            throw new IndexOutOfBoundsException(
                    "a product of tiles reaches " + end + " bytes into a segment of " + segment.byteSize());
        }
    }

    /** Checks that a segment is where tiles may be: at an address that no collector changes, at the begin of a line. */
    static void tiles(MemorySegment segment) {
        if (!segment.isNative() || segment.address() % MatrixUnit.TILE_ROW != 0) {
            throw new IllegalArgumentException("tiles must be in native memory, at the begin of a line of the cache");
        }
    }

    static void writable(MemorySegment segment) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("a product of tiles cannot write to a segment that is only read");
        }
    }
}
