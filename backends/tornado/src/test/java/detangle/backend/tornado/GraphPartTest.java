package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.tornado.Launch.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Launches are divided into graphs that TornadoVM has room for. */
class GraphPartTest {
    private static final int OWN_ARGUMENTS = 3;

    /** Arrays of a training between its passes: values that the second reads, weights, and gradients. */
    private static final int ARRAYS = 400;

    private static Launch launch(FloatArray x, FloatArray y) {
        return new Launch(
                "op", "op", TaskClass.of(ReverseKernel.class), List.of(x, y), 0, 1, b -> new Work(new int[1], 1, 1, 1));
    }

    /** A pass that makes an array from each one before it, and one that reads them in the reverse order. */
    private static List<Launch> launches() {
        List<FloatArray> arrays =
                IntStream.range(0, ARRAYS).mapToObj(i -> new FloatArray(1)).toList();
        List<Launch> launches = new ArrayList<>();
        for (int i = 1; i < ARRAYS; i++) {
            launches.add(launch(arrays.get(i - 1), arrays.get(i)));
        }
        for (int i = ARRAYS - 1; i > 0; i--) {
            launches.add(launch(arrays.get(i), arrays.get(i - 1)));
        }
        return launches;
    }

    private static List<GraphPart> parts(List<Launch> launches, int late) {
        return GraphPart.of(launches, OWN_ARGUMENTS, late, Set.of(), Set.of());
    }

    /** An array that a graph hands on without using it takes one node of the graph. */
    @Test
    void manyArraysThatPassLeaveRoomForLaunches() {
        List<Launch> launches = launches();
        List<GraphPart> parts = parts(launches, launches.size());
        assertTrue(parts.stream().anyMatch(part -> part.handed().size() > ARRAYS - 80), "they pass between parts");
        assertTrue(parts.size() < 20, () -> "there are " + parts.size() + " parts");
        assertEquals(launches.size(), parts.getLast().end());
    }

    @Test
    void lateLaunchesBeginAPart() {
        List<Launch> launches = launches();
        int late = launches.size() - 3;
        List<GraphPart> parts = parts(launches, late);
        assertEquals(1, parts.stream().filter(part -> part.first() == late).count());
        assertEquals(
                List.of(0),
                parts(launches.subList(0, 3), 0).stream().map(GraphPart::first).toList());
    }
}
