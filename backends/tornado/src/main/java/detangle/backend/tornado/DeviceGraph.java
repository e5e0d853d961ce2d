package detangle.backend.tornado;

import detangle.backend.BackendException;
import detangle.backend.InputException;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.tornado.Launch.Work;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoProfilerResult;
import uk.ac.manchester.tornado.api.WorkerGrid3D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.ProfilerMode;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * A program as one graph of tasks. What never changes is copied to the device once; inputs and sizes are copied there at each
 * run, and outputs are copied back. Sizes are data: the graph runs any shape that its arrays have room for.
 */
final class DeviceGraph implements TornadoExecutable.Graph {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final String device;
    private final String name;
    private final Program program;
    private final Buffers buffers;
    private final List<Launch> launches;
    private final List<Node> checked;
    private final List<WorkerGrid3D> grids = new ArrayList<>();
    private final IntArray sizes;
    private final IntArray faults;
    private final TornadoExecutionPlan plan;
    private Map<String, Long> bound = Map.of();
    private boolean isBound;

    /** What TornadoVM wrote of times before this run; it keeps all. */
    private int logged;

    /** @param shapes sizes of the symbols to make room for */
    DeviceGraph(Plan plan, List<Map<String, Long>> shapes, Accelerator accelerator) {
        TornadoDevice device = accelerator.tornado();
        this.device = accelerator.name();
        this.program = plan.program();
        this.buffers = new Buffers(plan, shapes);
        Lowering lowering = Lowering.of(program, buffers);
        this.faults = lowering.faults();
        this.launches = lowering.launches();
        this.checked = lowering.checked();
        int[] begins = new int[launches.size() + 1];
        for (int i = 0; i < launches.size(); i++) {
            begins[i + 1] =
                    begins[i] + launches.get(i).work().apply(shapes.getLast()).sizes().length;
        }
        this.sizes = new IntArray(begins[launches.size()]);
        DeviceMemory.require(buffers.bytes(), device, plan.program().name());

        this.name = "detangle" + NUMBERS.incrementAndGet();
        TaskGraph graph = new TaskGraph(name);
        graph.transferToDevice(
                DataTransferMode.FIRST_EXECUTION, buffers.unchanging().toArray());
        List<Object> given = new ArrayList<>(List.of(sizes, faults));
        buffers.inputs().values().forEach(a -> given.add(a.array()));
        buffers.computedOnce().values().forEach(a -> given.add(a.array()));
        graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, given.toArray());
        GridScheduler scheduler = new GridScheduler();
        for (int i = 0; i < launches.size(); i++) {
            Launch launch = launches.get(i);
            IntArray own = IntArray.fromElements(begins[i], launch.fault());
            graph.transferToDevice(DataTransferMode.FIRST_EXECUTION, own);
            List<Object> arguments = new ArrayList<>(List.of(new KernelContext(), sizes, own));
            arguments.addAll(launch.arguments());
            TaskCalls.add(graph, task(i), launch.task(), arguments.toArray());
            WorkerGrid3D grid = new WorkerGrid3D(launch.threads(), 1, 1);
            grid.setLocalWork(launch.threads(), 1, 1);
            grids.add(grid);
            scheduler.addWorkerGrid(name + "." + task(i), grid);
        }
        List<Object> wanted = new ArrayList<>(List.of(faults));
        for (Output output : program.outputs()) {
            Object array = buffers.of(output.node()).array();
            if (!wanted.contains(array)) {
                wanted.add(array);
            }
        }
        graph.transferToHost(DataTransferMode.EVERY_EXECUTION, wanted.toArray());
        this.plan =
                new TornadoExecutionPlan(graph.snapshot()).withDevice(device).withGridScheduler(scheduler);
    }

    @Override
    public boolean fits(Map<String, Long> bindings) {
        return buffers.fit(bindings);
    }

    private void bind(Map<String, Long> bindings) {
        if (isBound && bound.equals(bindings)) {
            return;
        }
        int at = 0;
        for (int i = 0; i < launches.size(); i++) {
            Launch launch = launches.get(i);
            Work work = launch.work().apply(bindings);
            for (int size : work.sizes()) {
                sizes.set(at++, size);
            }
            grids.get(i).setGlobalWork((long) work.x() * launch.threads(), work.y(), work.z());
        }
        buffers.bind(bindings);
        bound = Map.copyOf(bindings);
        isBound = true;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Map<String, Long> bindings, Optional<Profile> profile) {
        bind(bindings);
        buffers.inputs().forEach((node, array) -> array.copyFrom(inputs.get(((TensorOp.Input) node.op()).name())));
        faults.init(0);
        try {
            if (profile.isPresent()) {
                execute(profile.get());
            } else {
                plan.execute();
            }
        } catch (RuntimeException e) {
            throw new BackendException("the device failed: " + e.getMessage(), e);
        }
        for (int i = 0; i < checked.size(); i++) {
            if (faults.get(i) != 0) {
                throw new InputException(
                        "an id is outside its table of " + tableRows(checked.get(i), bindings) + " rows");
            }
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (Output output : program.outputs()) {
            Node node = output.node();
            results.put(output.name(), buffers.of(node).toTensor(node.shape().evaluate(bindings)));
        }
        return results;
    }

    /** Times are the device's own. TornadoVM has those of tasks only in a text. */
    private void execute(Profile profile) {
        plan.withProfiler(ProfilerMode.SILENT);
        try {
            TornadoProfilerResult times = plan.execute().getProfilerResult();
            String log = times.getProfileLog();
            JsonNode tasks = new JsonMapper().readTree(log.substring(logged)).path(name);
            logged = log.length();
            for (int i = 0; i < launches.size(); i++) {
                String nanos = tasks.path(name + "." + task(i))
                        .path("TASK_KERNEL_TIME")
                        .asString("0");
                profile.add(device, launches.get(i).operation(), Long.parseLong(nanos));
            }
            profile.add(device, "transfer", times.getDataTransfersTime());
        } finally {
            plan.withoutProfiler();
        }
    }

    private static String task(int launch) {
        return "t" + launch;
    }

    private static long tableRows(Node node, Map<String, Long> bindings) {
        return switch (node.op()) {
            case KernelOp.Embedding e -> node.input(1).type().dim(0).evaluate(bindings);
            case TensorOp.GatherLast g -> node.input(0).type().dim(-1).evaluate(bindings);
            default -> node.input(0).type().dim(0).evaluate(bindings);
        };
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
