package detangle.backend.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.HalfFloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.LongArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** The values of memory that nothing has written: NaN, and integers that are neither an index nor 0 or 1. */
final class Unwritten {
    static final int INT = Integer.MIN_VALUE / 2;
    static final byte BYTE = 0x55;

    /** Both of the types that have 16 bits read it as NaN. */
    private static final short HALF = 0x7fc1;

    private Unwritten() {}

    /** Fills an array. */
    static void fill(TornadoNativeArray array) {
        MemorySegment memory = array.getSegment();
        int size = array.getSize();
        switch (array) {
            case FloatArray floats -> {
                for (int i = 0; i < size; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
                }
            }
            case IntArray ints -> {
                for (int i = 0; i < size; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_INT, i, INT);
                }
            }
            case LongArray longs -> {
                for (int i = 0; i < size; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_LONG, i, INT);
                }
            }
            case ByteArray bytes -> memory.fill(BYTE);
            case ShortArray shorts -> halves(memory, size);
            case HalfFloatArray halves -> halves(memory, size);
            default -> throw new AssertionError(array.getClass());
        }
    }

    private static void halves(MemorySegment memory, int size) {
        for (int i = 0; i < size; i++) {
            memory.setAtIndex(ValueLayout.JAVA_SHORT, i, HALF);
        }
    }
}
