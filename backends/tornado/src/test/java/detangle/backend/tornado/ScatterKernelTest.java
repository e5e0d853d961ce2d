package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.backend.tornado.Launch.Work;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Rows are added to a table of several groups by more ids than a chunk has. The test needs no device. */
class ScatterKernelTest {
    private static final int ROWS = 2 * ScatterKernel.ROWS + 5;
    private static final int WIDTH = ScatterKernel.THREADS + 3;
    private static final int IDS = ScatterKernel.THREADS + 20;

    private final Random random = new Random(7);
    private final FloatArray table = floats(ROWS * WIDTH);
    private final FloatArray updates = floats(IDS * WIDTH);
    private final IntArray faults = new IntArray(1);

    private FloatArray floats(int elements) {
        FloatArray array = new FloatArray(elements);
        for (int i = 0; i < elements; i++) {
            array.set(i, random.nextFloat());
        }
        return array;
    }

    private float[] scatter(IntArray ids, boolean backward) {
        FloatArray out = new FloatArray(ROWS * WIDTH);
        Unwritten.fill(out);
        faults.init(0);
        int groups = Math.ceilDiv(ROWS, ScatterKernel.ROWS);
        EmulatedGroup.run(
                TaskClass.of(ScatterKernel.class),
                ScatterKernel.THREADS,
                new Work(new int[] {ROWS, WIDTH, IDS}, groups, 1, 1),
                List.of(
                        IntArray.fromElements(ROWS, WIDTH, IDS),
                        IntArray.fromElements(0, 0),
                        ids,
                        faults,
                        table,
                        updates,
                        out),
                backward);
        return out.toHeapArray();
    }

    @Test
    void rowsAreAddedInTheOrderOfTheirIds() {
        IntArray ids = new IntArray(IDS);
        float[] expected = table.toHeapArray();
        for (int i = 0; i < IDS; i++) {
            // The first half of the table alone, so that each row comes several times and some do not.
            ids.set(i, random.nextInt(ROWS / 2));
            for (int column = 0; column < WIDTH; column++) {
                expected[ids.get(i) * WIDTH + column] += updates.get(i * WIDTH + column);
            }
        }
        assertArrayEquals(expected, scatter(ids, false));
        assertArrayEquals(expected, scatter(ids, true));
        assertEquals(0, faults.get(0));
    }

    @Test
    void anIdOutsideOfTheTableIsToldOf() {
        for (int wrong : new int[] {-1, ROWS}) {
            IntArray ids = new IntArray(IDS);
            ids.init(3);
            ids.set(IDS - 1, wrong);
            scatter(ids, false);
            assertEquals(1, faults.get(0));
        }
    }
}
