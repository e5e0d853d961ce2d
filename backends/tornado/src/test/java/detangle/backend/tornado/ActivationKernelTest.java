package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.Activation;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Tests the kernel of activations by itself, as programs run it only on a device with the matrix library. */
class ActivationKernelTest {
    @ParameterizedTest
    @EnumSource(Activation.class)
    void activatesWhereValuesAre(Activation activation) throws Exception {
        Accelerator device = Devices.first();
        // A thread has several values, the last of which are not there.
        int count = 2 * ActivationKernel.THREADS + 5;
        FloatArray values = new FloatArray(count + 1);
        for (int i = 0; i < count; i++) {
            values.set(i, (i % 25 - 12) / 4f);
        }
        values.set(count, 7f);
        IntArray sizes = IntArray.fromElements(-1, count);
        IntArray own = IntArray.fromElements(1, 0);
        TaskGraph graph = new TaskGraph("activation" + activation.ordinal());
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, values, sizes, own);
        TaskCalls.add(
                graph,
                "t",
                TaskClass.of(ActivationKernel.class),
                new KernelContext(),
                sizes,
                own,
                values,
                DeviceFunctions.number(activation));
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, values);
        int threads = ActivationKernel.work(count).x() * ActivationKernel.THREADS;
        WorkerGrid3D grid = new WorkerGrid3D(threads, 1, 1);
        grid.setLocalWork(ActivationKernel.THREADS, 1, 1);
        FloatArray given = FloatArray.fromArray(values.toHeapArray());
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withDevice(device.tornado())
                    .withGridScheduler(new GridScheduler("activation" + activation.ordinal() + ".t", grid))
                    .execute();
        }
        for (int i = 0; i < count; i++) {
            float expected = DeviceFunctions.activation(DeviceFunctions.number(activation), given.get(i));
            assertEquals(expected, values.get(i), 1e-5f);
        }
        assertEquals(7f, values.get(count), "behind the last");
    }
}
