package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Strides;
import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Operations that run on the device one after the other: what they need is copied there, and what others need of them is
 * copied back. Values that are the same at each run are copied once.
 */
final class DeviceGraph implements AutoCloseable {
    private static final int GROUP = 64;
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Map<Node, DeviceArray> given = new LinkedHashMap<>();
    private final Map<Node, DeviceArray> wanted = new LinkedHashMap<>();
    private final TornadoExecutionPlan plan;

    DeviceGraph(
            Program program,
            List<Node> nodes,
            Map<Node, Tensor> fixed,
            Map<String, Long> bindings,
            TornadoDevice device) {
        String name = "detangle" + NUMBERS.incrementAndGet();
        Map<Node, DeviceArray> arrays = new IdentityHashMap<>();
        TaskGraph graph = new TaskGraph(name);
        for (Node node : nodes) {
            for (Node operand : node.inputs()) {
                if (arrays.containsKey(operand) || nodes.contains(operand)) {
                    continue;
                }
                DeviceArray array = allocate(operand, bindings);
                arrays.put(operand, array);
                if (fixed.containsKey(operand)) {
                    array.copyFrom(fixed.get(operand));
                    graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, array.array());
                } else {
                    given.put(operand, array);
                    graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, array.array());
                }
            }
            arrays.put(node, allocate(node, bindings));
        }
        GridScheduler grids = new GridScheduler();
        for (int i = 0; i < nodes.size(); i++) {
            String task = "t" + i;
            int elements = task(graph, task, nodes.get(i), arrays);
            WorkerGrid1D grid = new WorkerGrid1D(Math.ceilDiv(elements, GROUP) * GROUP);
            grid.setLocalWork(GROUP, 1, 1);
            grids.addWorkerGrid(name + "." + task, grid);
        }
        Map<Node, List<Node>> users = program.users();
        for (Node node : nodes) {
            boolean leaves = program.outputs().stream().anyMatch(o -> o.node() == node)
                    || users.get(node).stream().anyMatch(u -> !nodes.contains(u));
            if (leaves) {
                wanted.put(node, arrays.get(node));
                graph.transferToHost(
                        DataTransferMode.EVERY_EXECUTION, arrays.get(node).array());
            }
        }
        ImmutableTaskGraph snapshot = graph.snapshot();
        this.plan = new TornadoExecutionPlan(snapshot).withDevice(device).withGridScheduler(grids);
    }

    private static DeviceArray allocate(Node node, Map<String, Long> bindings) {
        return DeviceArray.allocate(node.type().dtype(), node.shape().evaluate(bindings));
    }

    /** Adds the node's kernel; returns how many elements it computes. */
    private static int task(TaskGraph graph, String name, Node node, Map<Node, DeviceArray> arrays) {
        KernelOp.Elementwise op = (KernelOp.Elementwise) node.op();
        DeviceArray out = arrays.get(node);
        int[] shape = ints(out.shape());
        List<DeviceArray> operands = node.inputs().stream().map(arrays::get).toList();
        List<int[]> strides = operands.stream()
                .map(o -> Strides.broadcast(ints(o.shape()), shape))
                .toList();
        IntArray sizes = IntArray.fromArray(RegionKernel.sizes(shape, strides));
        graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, sizes);
        Object[] arguments = new Object[operands.size() + 3];
        arguments[0] = new KernelContext();
        arguments[1] = sizes;
        for (int k = 0; k < operands.size(); k++) {
            arguments[2 + k] = operands.get(k).array();
        }
        arguments[arguments.length - 1] = out.array();
        TaskCalls.add(graph, name, RegionKernel.task(op.region(), shape.length), arguments);
        return Strides.product(shape, 0, shape.length);
    }

    private static int[] ints(long[] sizes) {
        return Arrays.stream(sizes).mapToInt(Math::toIntExact).toArray();
    }

    void run(Map<Node, Tensor> values) {
        given.forEach((node, array) -> array.copyFrom(values.get(node)));
        try {
            plan.execute();
        } catch (RuntimeException e) {
            throw new BackendException("the device failed: " + e.getMessage(), e);
        }
        wanted.forEach((node, array) -> values.put(node, array.toTensor()));
    }

    @Override
    public void close() {
        try {
            plan.close();
        } catch (TornadoExecutionPlanException e) {
            throw new BackendException("the device did not free its memory: " + e.getMessage(), e);
        }
    }
}
