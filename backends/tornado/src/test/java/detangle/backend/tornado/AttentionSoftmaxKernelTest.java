package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Plan;
import detangle.backend.ShapeBinding;
import detangle.backend.tornado.Launch.Work;
import detangle.backend.tornado.cublaslt.CublasLtSession;
import detangle.backend.tornado.cublaslt.FakeCublasLt;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.testing.Closeness;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Runs the softmax of attention by itself on TornadoVM's first device, as programs run it only on a device with the
 * matrix library; a Java class stands in for that.
 */
class AttentionSoftmaxKernelTest {
    @Test
    void packed() throws Exception {
        AttentionCase one = new AttentionCase(2);
        check(one, one.packed(new int[] {70, 0, 3, 3}, true, true, false, s -> s));
    }

    @Test
    void paddedWithOneTerm() throws Exception {
        AttentionCase one = new AttentionCase(3);
        check(one, one.padded(2, 5, 66, true, false, 15));
    }

    private static void check(AttentionCase one, Program program) throws Exception {
        Accelerator device = Devices.first();
        Plan plan = Compiler.compile(program, Passes.optimisations());
        Map<String, Long> sizes = ShapeBinding.bind(program, one.values());
        Buffers buffers = new Buffers(plan, List.of(sizes));
        List<Launch> launches = Launcher.of(
                        plan, buffers, Optional.of(ComputePrecision.FP32), new AttentionMethods(false, true))
                .launches();
        buffers.bind(sizes);
        buffers.inputs()
                .forEach((input, array) -> array.copyFrom(one.values().get(((TensorOp.Input) input.op()).name())));
        try (CublasLtSession session = new CublasLtSession(new FakeCublasLt().library(), 5)) {
            for (Launch launch : launches) {
                Work work = launch.work().apply(sizes);
                List<Object> arguments =
                        new ArrayList<>(List.of(IntArray.fromElements(work.sizes()), IntArray.fromElements(0, 0)));
                arguments.addAll(launch.arguments());
                switch (launch.call()) {
                    case KernelTask task -> run(device, task, launch.threads(), work, arguments);
                    case LibraryCall call ->
                        session.launch(call.function(), EmulatedGraph.onHost(arguments), call.tuning(), 9);
                }
            }
        }
        Node node = plan.program().outputs().getFirst().node();
        Map<String, Tensor> ours =
                Map.of("y", buffers.of(node).toTensor(node.shape().evaluate(sizes)));
        double error = Closeness.nmse(new Interpreter(Precision.F64).run(program, one.values()), ours);
        assertTrue(error < 1e-11, () -> "it is off by " + error);
    }

    private static void run(Accelerator device, KernelTask task, int threads, Work work, List<Object> arguments)
            throws Exception {
        String name = "softmax" + System.nanoTime();
        TaskGraph graph = new TaskGraph(name);
        List<Object> all = new ArrayList<>(List.of(new KernelContext()));
        all.addAll(arguments);
        Object[] arrays = arguments.stream()
                .filter(a -> a instanceof TornadoNativeArray)
                .distinct()
                .toArray();
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, arrays);
        TaskCalls.add(graph, "t", task, all.toArray());
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, floats(arrays));
        WorkerGrid3D grid = new WorkerGrid3D(work.x() * threads, work.y(), work.z());
        grid.setLocalWork(threads, 1, 1);
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            plan.withDevice(device.tornado())
                    .withGridScheduler(new GridScheduler(name + ".t", grid))
                    .execute();
        }
    }

    private static Object[] floats(Object[] arrays) {
        return Arrays.stream(arrays).filter(a -> a instanceof FloatArray).toArray();
    }
}
