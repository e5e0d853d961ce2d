package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import detangle.ir.Tensor;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A warm forward pass allocates its outputs and little else; vectors that C2 boxes would be megabytes. */
class AllocationTest {
    private static final int WARM_UP = 600;
    private static final int RUNS = 1000;
    private static final long MAX_OTHER_BYTES = 8_000;

    @Test
    void warmRunsAllocateTheirOutputs() {
        int batch = 2;
        int length = 24;
        long[] ids = new Random(1).longs((long) batch * length, 5, 1000).toArray();
        long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        Map<String, Tensor> inputs =
                Map.of("input_ids", Tensor.of(ids, batch, length), "attention_mask", Tensor.of(mask, batch, length));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Session session = Session.load(
                DetangleProcess.HOME.resolve("models/pretrained/banking77-small"),
                SessionOptions.DEFAULT.withHiddenStates(true))) {
            long outputs = 0;
            for (int i = 0; i < WARM_UP; i++) {
                outputs = session.run(inputs).values().stream()
                        .mapToLong(t -> t.data().byteSize())
                        .sum();
            }
            long before = threads.getTotalThreadAllocatedBytes();
            for (int i = 0; i < RUNS; i++) {
                session.run(inputs);
            }
            long each = (threads.getTotalThreadAllocatedBytes() - before) / RUNS;
            long others = each - outputs;
            assertTrue(others < MAX_OTHER_BYTES, "a run allocates " + others + " bytes beside its outputs");
        }
    }
}
